"""A drive to compare: five communes, messages of several campaigns, figures with every fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import pytest
from sqlalchemy import text

from campaigns.campaigns import Campaign
from campaigns.messages import Change, settle
from campaigns.routes import Route
from campaigns.states import Cause, MessageState
from outreach import apps, entering, opt_outs
from outreach.accounts import Role, User
from outreach.area_names import Level
from outreach.areas import Area
from outreach.database import db, transaction, write_connection
from outreach.entering import Entry
from outreach.organisations import Organisation
from outreach.uptake import Source
from tests.campaigns.expanding import expand
from tests.drive import at
from tests.stage import Stage, numbers_of

M = MessageState
FIRST, LAST = date(2020, 8, 6), date(2020, 8, 20)
PERIOD = {"app": "BLUEZONE", "from": "2020-08-06", "to": "2020-08-20"}
PEOPLE = {"29971": 1000, "29983": 800, "29974": 2000, "29977": 600, "29980": None}


@dataclass
class Scene:
    """Everything a comparison needs, by short calls; areas by their codes."""

    stage: Stage
    staff: User
    app_id: int
    receipts: Route
    silent: Route
    ids: dict[str, int] = field(default_factory=dict)
    _used: int = 0

    def report(self, code: str, day: str, installs: int, *, of: date | None = None) -> None:
        """A figure entered at 14:00 of a day like "6/8", of that day or an earlier one."""
        now = at(f"{day} 14:00")
        entry = Entry(self.ids[code], str(installs), "đã kiểm tra", str(installs))
        entering.enter(self.app_id, entry, of or now.date(), Source.FORM, self.staff.id)

    def send(
        self,
        day: str,
        people: dict[str, int],
        *,
        silent: bool = False,
        opted_out: int = 0,
        **changes: object,
    ) -> Campaign:
        """A campaign started at 8:00 of a day: so many new people in each area; the first
        `opted_out` of them want nothing. All its messages are queued."""
        at(f"{day} 8:00")
        route = self.silent if silent else self.receipts
        owner = route.organisation_id
        for code, count in people.items():
            phones = numbers_of(route.networks[0], count, self._used)
            self._used += count
            self.stage.subscribe(db.session.get_one(Organisation, owner), phones, self.ids[code])
            if opted_out:
                opt_outs.add(phones[:opted_out], "phone", None)
        campaign = self.stage.started([route.id], **changes)
        assert expand(self.stage, campaign)
        return campaign

    def move(self, campaign: Campaign, *ways: tuple[MessageState, int]) -> None:
        """Let the first messages of a campaign end so, so many of each."""
        with write_connection(db.engine) as connection:
            query = text("SELECT id FROM messages WHERE campaign_id = :c ORDER BY area_id, id")
            ids = list(connection.execute(query, {"c": campaign.id}).scalars())
            for state, count in ways:
                mine, ids = ids[:count], ids[count:]
                assert len(mine) == count
                for cause, step in _way(state):
                    assert settle(connection, cause, [Change(i, step) for i in mine]) == count
        db.session.rollback()


def _way(state: MessageState) -> list[tuple[Cause, MessageState]]:
    begin = [(Cause.CLAIMED, M.SENDING)]
    if state in (M.REJECTED, M.IN_DOUBT, M.ACCEPTED):
        return [*begin, (Cause.ANSWER, state)]
    return [*begin, (Cause.ANSWER, M.ACCEPTED), (Cause.RECEIPT, state)]


@pytest.fixture
def scene(
    stage: Stage, vnpt: Organisation, viettel: Organisation, make_person: Callable[..., User]
) -> Scene:
    """Five communes of Hồng Ngự, one of which nobody has counted, and a hamlet; nothing sent and
    nothing reported yet."""
    at("20/8 14:00")
    apps.add("NCOVI", "NCOVI", "https://ncovi.vn", actor_id=None)
    made = Scene(
        stage,
        make_person(Role.STAFF, stage.owner, name="Tâm"),
        apps.by_code("BLUEZONE").id,
        stage.route(vnpt, 9, networks=["vinaphone"], price=300),
        stage.route(viettel, 9, networks=["viettel"], price=200, gives_receipts=False),
    )
    with transaction() as session:
        for code, name in (("29974", "Thường Phước 2"), ("29977", "Thường Lạc"), ("29980", "Mới")):
            session.add(_area(code, f"Xã {name}", stage.land.district))
        session.add(_area("29971H1", "Ấp Long Hữu", stage.land.commune, Level.HAMLET, "Ấp"))
        session.flush()
        for number, area in enumerate(session.query(Area).order_by(Area.code)):
            made.ids[area.code] = area.id
            if area.level is Level.COMMUNE:
                area.population = PEOPLE[area.code]
                area.lat, area.lon = 10.75 + number / 50, 105.2 + (number % 3) / 30
    return made


def _area(
    code: str, name: str, parent_id: int, level: Level = Level.COMMUNE, kind: str = "Xã"
) -> Area:
    return Area(area_list=2020, code=code, level=level, kind=kind, name=name, parent_id=parent_id)


@pytest.fixture
def drive_done(scene: Scene) -> Scene:
    """A fortnight in which everything happened that figures must survive."""
    for code, installs in (("29971", 40), ("29983", 20), ("29974", 60)):
        for number in range(1, 21):
            if (code, number) in {("29971", 12), ("29983", 6), ("29983", 20)}:
                continue  # a day without a figure; the first and the last of the period
            scene.report(code, f"{number}/8", installs + number * (3 if number > 10 else 1))
    scene.report("29977", "1/8", 30)  # nothing since: it did not move
    scene.report("29971", "13/8", 62, of=date(2020, 8, 9))  # corrections, one downwards
    scene.report("29974", "20/8", 100, of=date(2020, 8, 18))
    scene.report("29974", "20/8", 101, of=date(2020, 8, 20))
    scene.report("29974", "20/8", 99, of=date(2020, 8, 20))
    before = scene.send("3/8", {"29977": 40}, name="Trước đó", areas=["29977"])
    scene.move(before, (M.DELIVERED, 40))
    wave = scene.send("10/8", {"29971": 20, "29971H1": 10, "29983": 4}, opted_out=2, name="Đợt 1")
    scene.move(
        wave, (M.DELIVERED, 10), (M.ACCEPTED, 5), (M.UNDELIVERED, 4), (M.REJECTED, 3),
        (M.IN_DOUBT, 2), (M.CARRIER_EXPIRED, 2),
    )  # fmt: skip
    silent = scene.send("12/8", {"29980": 12}, silent=True, name="Đợt 2", areas=["29980"])
    scene.move(silent, (M.ACCEPTED, 12))
    other = scene.send("11/8", {"29974": 50}, name="App khác", apps=["NCOVI"], areas=["29974"])
    scene.move(other, (M.DELIVERED, 50))
    at("20/8 16:00")
    return scene
