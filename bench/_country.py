"""The whole country in a database: 10,614 communes, 60 days of figures of two apps, a million
messages in two finished campaigns, and a dozen more that wait or were called off.

Everything that has rules goes through them (lists' numbers, submitting, approving, expanding);
only what carriers would have answered is written straight into the rows, and counted from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from campaigns import approvals, composing, counts, expansion, life, preparing, routes
from campaigns.campaigns import Campaign
from campaigns.routes import NewRoute, Protocol
from outreach import accounts, apps, area_loading, areas, clock, numbers, organisations, subscribers
from outreach.accounts import Role, User
from outreach.database import as_rows, db, rowset, transaction, write_connection
from outreach.organisations import Kind, Organisation
from outreach.settings import Settings

DAYS = 60
PASSWORD = "một mật khẩu để đo"
PROVINCES = ("79", "01", "38", "40", "75", "77", "48", "45", "87", "92")
DISTRICT = "870"
FIRST = {"viettel": 84_960_000_000, "vinaphone": 84_910_000_000}
_US = clock.to_microseconds


def lay(settings: Settings, areas_file: Path, people: int, say: Callable[[str], None]) -> None:
    """Fill an empty database, inside an application context."""
    lay_drive(areas_file, say)
    for network in FIRST:
        _lay_list(_carrier(network), people // 2)
    say("lists")
    _lay_campaigns(settings, say)
    with write_connection(db.engine) as connection:
        connection.execute(text("ANALYZE"))


def lay_drive(areas_file: Path, say: Callable[[str], None]) -> None:
    """The part that nobody is messaged in: areas, people, and what every commune reported."""
    with transaction():
        subscribers.add_default_groups(db.session.connection())
    area_loading.load_file(areas_file, 2020, actor_id=None)
    say("areas")
    _lay_people()
    _lay_figures()
    say("figures")


def _carrier(network: str) -> Organisation:
    found: Organisation = db.session.execute(
        db.select(Organisation).filter_by(network=network)
    ).scalar_one()
    return found


def _lay_people() -> None:
    province = areas.by_code("87", 2020).id
    district = areas.by_code(DISTRICT, 2020).id
    commune = areas.by_code("29974", 2020).id
    country = organisations.add("Bộ (đo)", Kind.CULTURE, actor_id=None)
    office = organisations.add("Phòng VH&TT (đo)", Kind.CULTURE, area_id=district, actor_id=None)
    staff = organisations.add("Sở TT&TT (đo)", Kind.OFFICE, area_id=province, actor_id=None)
    people: list[tuple[str, Role, Organisation, int | None]] = [
        ("nuoc1@example.vn", Role.CULTURE, country, None),
        ("nuoc2@example.vn", Role.CULTURE, country, None),
        ("huyen@example.vn", Role.CULTURE, office, None),
        ("tinh@example.vn", Role.STAFF, staff, None),
        ("xa@example.vn", Role.REPORTER, office, commune),
        ("quantri@example.vn", Role.ADMIN, country, None),
    ]
    for network in FIRST:
        carrier = organisations.add(f"Carrier {network}", Kind.CARRIER, network, actor_id=None)
        people.append((f"{network}@example.vn", Role.LIAISON, carrier, None))
        _lay_route(carrier, network)
    for email, role, where, area_id in people:
        accounts.add(email, role, where, area_id, name=email, password=PASSWORD, actor_id=None)
    for code, name in (("BLUEZONE", "Bluezone"), ("SMARTTHANHHOA", "Smart Thanh Hóa")):
        apps.add(code, name, "https://bluezone.gov.vn", actor_id=None)


def _lay_route(carrier: Organisation, network: str) -> None:
    routes.add(
        NewRoute(
            name=network,
            protocol=Protocol.SMPP,
            organisation_id=carrier.id,
            host="127.0.0.1",
            port=9,
            system_id="bench",
            password_sealed=numbers.sealer().seal_blob(b"bench"),
            senders=["BLUEZONE"],
            rate=1000.0,
            price=250,
            networks=[network],
        ),
        actor_id=None,
    )


def _lay_figures() -> None:
    """Every commune, every day, both apps: a rising share of its people, reported before 15:00."""
    today = clock.local(clock.now()).date()
    days = [today - timedelta(days=DAYS - number) for number in range(DAYS)]
    who = accounts.by_email("tinh@example.vn").id
    table = rowset(
        db.engine.dialect.name,
        [("number", "integer"), ("day", "text"), ("at", "integer")],
        "days",
    )
    # 14:30 in Vietnam is 07:30 UTC.
    rows = [
        [n, day.isoformat(), _US(clock.parse_moment(f"{day}T14:30:00+07:00"))]
        for n, day in enumerate(days)
    ]
    as_day = "d.day" if db.engine.dialect.name == "sqlite" else "d.day::date"
    for app in apps.every():
        with write_connection(db.engine) as connection:
            connection.execute(
                text(
                    "INSERT INTO uptake_reports (app_id, area_id, day, edition, installs, as_of,"
                    " reported_at, late, source, reason, reported_by_id)"
                    f" SELECT :app, a.id, {as_day}, 1,"
                    " COALESCE(a.population, 5000) * (10 + a.id % 7 + d.number) / 1000,"
                    f" d.at, d.at, {_false()}, 'grid', '', :who FROM areas a, {table} d"
                    " WHERE a.level = 'commune'"
                ),
                {"app": app.id, "who": who, "days": as_rows(rows)},
            )


def _false() -> str:
    return "0" if db.engine.dialect.name == "sqlite" else "FALSE"


def _lay_list(carrier: Organisation, people: int) -> None:
    communes = [
        row[0]
        for row in db.session.execute(
            text("SELECT id FROM areas WHERE level = 'commune' ORDER BY code")
        )
    ]
    with transaction() as session:
        upload = subscribers.SubscriberList(
            organisation_id=carrier.id,
            filename="do.csv",
            size=0,
            stored_as=f"none {carrier.id}",
            state=subscribers.ListState.DONE,
            purpose="bench",
            source="invented",
            obtained_on=clock.now().date(),
            created_at=clock.now(),
        )
        session.add(upload)
        session.flush()
        list_id, owner, first = upload.id, carrier.id, FIRST[carrier.network or ""]
    for phones in _phones(first, people):
        with transaction() as session:
            ids = numbers.ensure(session.connection(), numbers.sealer(), phones)
            session.execute(
                subscribers.Subscriber.__table__.insert(),
                [
                    {
                        "organisation_id": owner,
                        "number_id": ids[phone],
                        "area_id": communes[(int(phone[1:]) - first) * len(communes) // people],
                        "group_bits": 1,
                        "list_id": list_id,
                    }
                    for phone in phones
                ],
            )


def _phones(first: int, people: int) -> Iterator[list[str]]:
    for start in range(0, people, 20_000):
        count = min(20_000, people - start)
        yield [f"+{first + start + i}" for i in range(count)]


def _lay_campaigns(settings: Settings, say: Callable[[str], None]) -> None:
    author, approver = (accounts.by_email(f"nuoc{n}@example.vn") for n in (1, 2))
    provinces = [
        row[0]
        for row in db.session.execute(text("SELECT code FROM areas WHERE level = 'province'"))
    ]
    for number, network in enumerate(FIRST, start=1):
        campaign = _approved(f"Cả nước {network}", provinces, [number], author, approver, settings)
        life.start(campaign, approver.id)
        _expand(campaign.id, settings)
        _carry(campaign.id)
        life.complete(life.get(campaign.id))
        say(f"campaign {network}")
    for place, code in enumerate(PROVINCES):
        draft = composing.create(_draft(f"Tỉnh {code}", [code], [1], author), author.id, settings)
        if place % 2:
            life.cancel(draft, author.id)


def _draft(name: str, codes: list[str], route_ids: list[int], author: User) -> composing.Draft:
    now = clock.now()
    return composing.Draft(
        name=name,
        apps=["BLUEZONE"],
        kind="notice",
        organisation=author.organisation_id or 0,
        sender="BLUEZONE",
        wording={"vi": "{xa}: cài {ung_dung} tại {link}"},
        strip_marks=True,
        areas=codes,
        routes=route_ids,
        not_before=str(clock.iso(now - timedelta(hours=1))),
        not_after=str(clock.iso(now + timedelta(days=2))),
        hours="00:00-24:00",
        selection_rule="everyone",
    )


def _approved(
    name: str,
    codes: list[str],
    route_ids: list[int],
    author: User,
    approver: User,
    settings: Settings,
) -> Campaign:
    draft = _draft(name, codes, route_ids, author)
    campaign = composing.create(draft, author.id, settings)
    approvals.submit(campaign, author, settings)
    approvals.approve(campaign, approver, campaign.digest or "")
    return life.get(campaign.id)


def _expand(campaign_id: int, settings: Settings) -> None:
    campaign = life.get(campaign_id)
    audience = preparing.audience_of(campaign, settings)
    approved = campaign.recipients_counted or 0
    db.session.rollback()
    if not expansion.expand(db.engine, audience, approved):
        raise RuntimeError("the expansion did not end")


_WORDS = (
    "CASE WHEN id % 100 < 88 THEN 'delivered' WHEN id % 100 < 93 THEN 'accepted'"
    " WHEN id % 100 < 97 THEN 'undelivered' WHEN id % 100 < 99 THEN 'rejected'"
    " ELSE 'in_doubt' END"
)


def _carry(campaign_id: int) -> None:
    """What carriers would have answered: most delivered, one in a hundred in doubt."""
    values = {"c": campaign_id, "now": _US(clock.now())}
    statements = (
        f"UPDATE messages SET state = {_WORDS}, attempts = 1, changed_at = :now,"
        " reason = CASE WHEN id % 100 = 99 THEN 'no_answer' WHEN id % 100 >= 97 THEN '0x0000000B'"
        " WHEN id % 100 >= 93 THEN '027' END WHERE campaign_id = :c",
        "INSERT INTO attempts (message_id, number, part, parts, route_id, carrier_id, outcome,"
        " code, answered_at, receipt, receipt_code, receipt_at)"
        " SELECT id, 1, 1, 1, route_id, 'b' || id,"
        " CASE state WHEN 'rejected' THEN 'refused' WHEN 'in_doubt' THEN 'no_answer'"
        " ELSE 'accepted' END, CASE WHEN state = 'rejected' THEN reason END, :now,"
        " CASE WHEN state IN ('delivered', 'undelivered') THEN state END,"
        " CASE WHEN state = 'undelivered' THEN reason END, :now"
        " FROM messages WHERE campaign_id = :c",
        "UPDATE batches SET done_at = :now WHERE campaign_id = :c",
        "DELETE FROM counts WHERE campaign_id = :c",
        "DELETE FROM count_deltas WHERE campaign_id = :c",
        "INSERT INTO counts (campaign_id, area_id, route_id, state, messages, segments)"
        " SELECT campaign_id, area_id, route_id, state, COUNT(*), SUM(segments) FROM messages"
        " WHERE campaign_id = :c GROUP BY campaign_id, area_id, route_id, state",
        "INSERT INTO messages_in_doubt (message_id, campaign_id, reason, since) SELECT id,"
        " campaign_id, reason, :now FROM messages WHERE campaign_id = :c AND state = 'in_doubt'",
        "INSERT INTO reason_counts (state, campaign_id, route_id, reason, messages, segments)"
        " SELECT state, campaign_id, route_id, reason, COUNT(*), SUM(segments) FROM messages"
        " WHERE campaign_id = :c AND state IN ('undelivered', 'rejected', 'in_doubt')"
        " GROUP BY state, campaign_id, route_id, reason",
    )
    with write_connection(db.engine) as connection:
        for statement in statements:
            names = {name for name in values if f":{name}" in statement}
            connection.execute(text(statement), {name: values[name] for name in names})
        counts.rebuild(connection, [campaign_id])
