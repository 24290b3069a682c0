"""A drive to compare: five communes, messages of several campaigns, figures with every fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import text

from campaigns import compare, compare_asking
from campaigns.campaigns import Campaign
from campaigns.compare import Comparison, Row
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
from tests import snapshots
from tests.campaigns.expanding import expand
from tests.drive import at
from tests.stage import Stage, numbers_of

M = MessageState
FIRST, LAST = date(2020, 8, 6), date(2020, 8, 20)
PERIOD = {"app": "BLUEZONE", "from": "2020-08-06", "to": "2020-08-20"}
VIETNAM = timezone(timedelta(hours=7))
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
    scene._used, lists = snapshots.laid("drive_done", lambda: _let_happen(scene))
    scene.stage.list_ids.update(lists)
    at("20/8 16:00")
    return scene


def _let_happen(scene: Scene) -> tuple[int, dict[int, int]]:
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
    return scene._used, dict(scene.stage.list_ids)


def from_raw_rows(scene: Scene, first: date, last: date) -> dict[str, dict[str, Any]]:
    """The same figures by plain loops over messages, orders' counts and uptake reports, one row at
    a time: by the code of each commune."""
    db.session.rollback()
    areas = {row.id: row for row in db.session.execute(text("SELECT * FROM areas"))}
    communes = [row for row in areas.values() if row.level == "commune"]
    found: dict[str, dict[str, Any]] = {}
    for area in communes:
        before, after = (_figure(scene, area.id, day) for day in (first, last))
        found[area.code] = dict.fromkeys(
            ("messaged", "delivered", "cost", "silent", "earlier", "across"), 0
        ) | {
            "name": area.name,
            "population": area.population,
            "installs_from": before,
            "installs_to": after,
            "rate_from": _rate(before, area.population),
            "rate_to": _rate(after, area.population),
        }
    _add_messages(scene, found, areas, first, last)
    _add_orders(scene, found, areas, first, last)
    return found


def _add_messages(
    scene: Scene, found: dict[str, dict[str, Any]], areas: dict[int, Any], first: date, last: date
) -> None:
    messages = db.session.execute(
        text(
            "SELECT m.area_id, m.state, m.segments, r.price, r.gives_receipts, c.started_at,"
            " c.completed_at FROM messages m JOIN campaigns c ON c.id = m.campaign_id"
            " JOIN campaign_apps a ON a.campaign_id = c.id JOIN routes r ON r.id = m.route_id"
            " WHERE a.app_id = :app"
        ),
        {"app": scene.app_id},
    )
    for area_id, state, segments, price, receipts, started, completed in messages:
        day = _day(started)
        taken = state in {"accepted", "delivered", "undelivered", "carrier_expired"}
        if day > last or not taken:
            continue
        area = areas[area_id]
        area = area if area.level == "commune" else areas[area.parent_id]
        seen = found[area.code]
        if day < first:
            seen["earlier"] += 1
            seen["across"] += completed is None or _day(completed) >= first
            continue
        seen["messaged"] += 1
        seen["delivered"] += state == "delivered"
        seen["cost"] += segments * price
        seen["silent"] += not receipts


def _add_orders(
    scene: Scene, found: dict[str, dict[str, Any]], areas: dict[int, Any], first: date, last: date
) -> None:
    rows = db.session.execute(
        text(
            "SELECT o.id, c.area_id, c.edition, c.sent, c.delivered, c.cost, o.started_at, o.state,"
            " o.changed_at, o.finished_at, w.not_after FROM order_counts c"
            " JOIN broadcast_orders o ON o.id = c.order_id JOIN campaigns w ON w.id = o.campaign_id"
            " JOIN campaign_apps a ON a.campaign_id = w.id WHERE a.app_id = :app"
        ),
        {"app": scene.app_id},
    ).all()
    newest: dict[tuple[int, int], Any] = {}
    for row in rows:
        known = newest.get((row.id, row.area_id))
        if known is None or row.edition > known.edition:
            newest[(row.id, row.area_id)] = row
    for row in newest.values():
        day, seen = _day(row.started_at), found[areas[row.area_id].code]
        told = row.changed_at if row.state == "withdrawn" else row.finished_at
        over = _day(row.not_after if told is None else min(told, row.not_after))
        if day < first:
            seen["earlier"] += row.sent
            seen["across"] += row.sent if over >= first else 0
        elif day <= last:
            seen["messaged"] += row.sent
            seen["delivered"] += row.delivered or 0
            seen["cost"] += row.cost or 0
            seen["silent"] += row.sent if row.delivered is None else 0


def _day(microseconds: int) -> date:
    return datetime.fromtimestamp(microseconds / 1e6, VIETNAM).date()


def _figure(scene: Scene, area_id: int, day: date) -> int | None:
    reports = db.session.execute(
        text(
            "SELECT day, edition, installs FROM uptake_reports WHERE app_id = :p AND area_id = :a"
        ),
        {"p": scene.app_id, "a": area_id},
    )
    known = [(str(d), edition, n) for d, edition, n in reports if str(d) <= day.isoformat()]
    return max(known)[2] if known else None


def _rate(installs: int | None, people: int | None) -> float | None:
    return None if installs is None or not people else installs / people * 100


def compared(*codes: str, first: date = FIRST, last: date = LAST) -> Comparison:
    """What somebody sees who compares these areas, by default the district's communes."""
    at("20/8 16:00")
    db.session.rollback()
    return compare.of(
        compare_asking.ask("BLUEZONE", first.isoformat(), last.isoformat(), codes or ("870",))
    )


def rows(*codes: str, **period: date) -> dict[str, Row]:
    return {row.area.code: row for row in compared(*codes, **period).rows}
