"""What tests of lists share: the letters' areas, a carrier, and a list received."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date

import pytest

from outreach import area_loading
from outreach.example.letters import AREAS_FILE
from outreach.lists import importing, uploads
from outreach.lists.uploads import Choices, Purpose
from outreach.organisations import Organisation
from outreach.subscribers import SubscriberList, list_by_id

PURPOSE = Purpose("Mời cài Bluezone", "VNPT Đồng Tháp", date(2020, 8, 1))

Receive = Callable[..., SubscriberList]


@pytest.fixture
def carrier(vnpt: Organisation) -> Organisation:
    """VNPT, in a country of the letters' areas."""
    area_loading.load_file(AREAS_FILE, actor_id=None)
    return vnpt


@pytest.fixture
def receive(carrier: Organisation) -> Receive:
    """Receive text or bytes as a list of the carrier's, or another `owner`'s."""

    def receive(
        content: str | bytes,
        filename: str = "danh sách.csv",
        owner: Organisation = carrier,
        purpose: Purpose = PURPOSE,
        **choices: object,
    ) -> SubscriberList:
        data = content.encode() if isinstance(content, str) else content
        return uploads.receive(
            io.BytesIO(data),
            filename,
            owner.id,
            purpose,
            Choices(**choices),  # type: ignore[arg-type]
            actor_id=None,
        )

    return receive


@pytest.fixture
def bring_in(receive: Receive) -> Receive:
    """Receive a list and import it."""

    def bring_in(content: str | bytes, **options: object) -> SubscriberList:
        upload = receive(content, **options)
        importing.run_import(upload.id)
        return list_by_id(upload.id)

    return bring_in
