"""An installation with short leases, so that a fault is over in seconds."""

from __future__ import annotations

import pytest

from tests.stage import Stage


@pytest.fixture
def short(stage: Stage) -> Stage:
    """The stage, with leases of two seconds and carriers that must answer within two."""
    changes = {"lease_seconds": 2.0, "answer_seconds": 2.0}
    stage.settings = stage.settings.model_copy(update=changes)
    stage.app.config["OUTREACH"] = stage.settings
    return stage
