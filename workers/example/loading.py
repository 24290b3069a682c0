"""Loading the example, in steps that may be killed anywhere and begun again.

`prepare` runs before any process starts: the clock goes to August 2020, and areas, offices,
people and routes are laid. `load` runs with the workers: two messy lists through the real import,
opt-outs, then three campaigns: one that was over ten days ago, one that waits for its facts to be
checked, and one that one officer writes, the health office checks and another officer approves, and
that starts at once.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select

from campaigns import approvals, composing, facts, life, routes
from campaigns.campaigns import Campaign
from campaigns.routes import NewRoute, Protocol, Route
from campaigns.states import EDITABLE, CampaignState
from outreach import (
    accounts,
    apps,
    area_loading,
    areas,
    clock,
    installation,
    opt_outs,
    organisations,
    subscribers,
)
from outreach.accounts import Role, User
from outreach.database import db, transaction
from outreach.example import letters, uptake
from outreach.example import subscribers as invented
from outreach.lists import following, uploads
from outreach.lists.uploads import Choices, Purpose
from outreach.numbers import sealer
from outreach.organisations import Kind, Organisation
from outreach.settings import Settings
from outreach.subscribers import ListState, SubscriberList
from workers.example import carriers, finished, reminded, reported

STATE: Final = "example"
PREPARED: Final = "prepared"
LOADED: Final = "loaded"
# The Thursday Hồng Ngự's letter counts its 5.05%, when the communes' figures are due.
BEGINS: Final = datetime(2020, 8, 20, 15, 20, tzinfo=clock.VIETNAM)
DISTRICT: Final = "870"
SENDER: Final = "UBND HNGU"
FINISHED: Final = "Bluezone gửi trước: 3 xã (ví dụ)"
FINISHED_AREAS: Final = ("29971", "29980", "29992")
FINISHED_FOR: Final = timedelta(days=10)
CAMPAIGN: Final = "Bluezone đợt 1: huyện Hồng Ngự (ví dụ)"
WAITING: Final = "Bluezone đợt 2: nhắc 4 xã (ví dụ)"
WAITING_AREAS: Final = ("29962", "29983", "29995", "29998")
ORDERED: Final = "Bluezone: phiếu đề nghị MobiFone (ví dụ)"
WAITS_FOR: Final = timedelta(days=7)
# Hải Dương's message of 2021, made local.
WORDING: Final = (
    "BCĐ phòng, chống Covid-19 huyện Hồng Ngự đề nghị toàn bộ người dân {xa} cài đặt ứng dụng "
    "{ung_dung} trên điện thoại thông minh và mời người thân cùng cài đặt để có thể truy vết nhanh "
    "chóng các trường hợp tiếp xúc gần với người nhiễm, nghi nhiễm Covid-19, góp phần khoanh vùng, "
    "dập dịch một cách nhanh chóng, hiệu quả. Cài đặt tại {link}"
)
SHORT_WORDING: Final = (
    "UBND huyện Hồng Ngự đề nghị bà con {xa} cài đặt {ung_dung} để phòng, chống Covid-19. "
    "Cài đặt tại {link}"
)
REMINDER: Final = (
    "Bà con {xa} chưa cài {ung_dung} xin cài đặt tại {link}. Cần hướng dẫn, bà con đến Bộ phận "
    "tiếp nhận và trả kết quả của xã."
)

OFFICES: Final = (
    ("VNPT Hồng Ngự (ví dụ)", Kind.CARRIER, "vinaphone"),
    ("Viettel Hồng Ngự (ví dụ)", Kind.CARRIER, "viettel"),
    ("MobiFone Hồng Ngự (ví dụ)", Kind.CARRIER, "mobifone"),
    ("Phòng Văn hóa và Thông tin huyện Hồng Ngự (ví dụ)", Kind.CULTURE, None),
    ("Phòng Y tế huyện Hồng Ngự (ví dụ)", Kind.HEALTH, None),
    ("Phòng Văn hóa và Thông tin huyện Thạch Thành (ví dụ)", Kind.CULTURE, None),
)
OTHER_AREAS: Final = {5: uptake.TWO_APPS}
"""The area of an office, by its place in OFFICES, where it is not DISTRICT."""
# Invented people: e-mail, role, place in OFFICES, name.
PEOPLE: Final = (
    ("soan@example.vn", Role.CULTURE, 3, "Cán bộ soạn tin"),
    ("duyet@example.vn", Role.CULTURE, 3, "Cán bộ duyệt tin"),
    ("vnpt@example.vn", Role.LIAISON, 0, "Đầu mối VNPT"),
    ("viettel@example.vn", Role.LIAISON, 1, "Đầu mối Viettel"),
    ("mobifone@example.vn", Role.LIAISON, 2, "Đầu mối MobiFone"),
    ("yte@example.vn", Role.HEALTH, 4, "Cán bộ Phòng Y tế"),
    ("solieu@example.vn", Role.STAFF, 3, "Cán bộ số liệu"),
    ("xa@example.vn", Role.REPORTER, 3, "Người báo số xã Thường Phước 2"),
    ("thachthanh@example.vn", Role.STAFF, 5, "Cán bộ số liệu Thạch Thành"),
    ("quantri@example.vn", Role.ADMIN, 3, "Quản trị"),
)


def is_loaded() -> bool:
    """Whether the example is there in full."""
    return installation.get(STATE) == LOADED


def prepare(settings: Settings) -> None:
    """Lay everything that needs no worker, all or nothing; then see that the ports are right."""
    carriers.lay_out(settings)
    if installation.get(STATE) is None:
        installation.refuse_if_used()
        clock.set_offset(BEGINS - clock.real_now())
        area_loading.load_file(letters.AREAS_FILE, 2020, actor_id=accounts.system().id)
        with transaction():
            _lay_apps()
            _lay_offices(settings)
            uptake.lay(
                officer_id=accounts.by_email("solieu@example.vn").id,
                reporter_id=accounts.by_email("xa@example.vn").id,
            )
            reminded.lay(
                accounts.by_email("xa@example.vn"),
                accounts.by_email("solieu@example.vn"),
                accounts.by_email("quantri@example.vn"),
                settings,
            )
            uptake.lay_two_apps(officer_id=accounts.by_email("thachthanh@example.vn").id)
            installation.keep_clock_offset(clock.offset())
            installation.put(STATE, PREPARED)
    _follow_ports(settings)


def _lay_apps() -> None:
    known = {app.code for app in apps.every()}
    for app in letters.APPS:
        if app.code not in known:
            apps.add(app.code, app.name, app.link, app.description, actor_id=accounts.system().id)


def _lay_offices(settings: Settings) -> None:
    system = accounts.system().id
    made = carriers.secrets_of(settings)
    offices = [
        organisations.add(name, kind, network, _area_of(place, kind), actor_id=system)
        for place, (name, kind, network) in enumerate(OFFICES)
    ]
    commune = areas.by_code(uptake.REPORTER_COMMUNE, 2020).id
    for email, role, place, name in PEOPLE:
        area_id = commune if role is Role.REPORTER else None
        accounts.add(
            email, role, offices[place], area_id, name=name, password=made.people, actor_id=system
        )
    subscribers.add_default_groups(db.session.connection())
    port, _control = carriers.ports_of(settings)
    for office in offices[:2]:
        _lay_route(office, port, made, system)


def _area_of(place: int, kind: Kind) -> int | None:
    """The area an office answers for; a carrier's people answer for none."""
    code = OTHER_AREAS.get(place, DISTRICT)
    return None if kind is Kind.CARRIER else areas.by_code(code, 2020).id


def _lay_route(office: Organisation, port: int, made: carriers.Secrets, system: int) -> None:
    network = office.network or ""
    carrier = carriers.CARRIERS[network]
    routes.add(
        NewRoute(
            name=office.name.split()[0],
            protocol=Protocol.SMPP,
            organisation_id=office.id,
            host="127.0.0.1",
            port=port,
            system_id=carrier.system_id,
            password_sealed=sealer().seal_blob(getattr(made, network).encode()),
            senders=[SENDER],
            rate=carrier.rate,
            price=carrier.price,
            networks=[network],
        ),
        actor_id=system,
    )


def _follow_ports(settings: Settings) -> None:
    port, _control = carriers.ports_of(settings)
    with transaction() as session:
        for route in session.scalars(select(Route).where(Route.host == "127.0.0.1")):
            route.port = port


def load(settings: Settings, say: Callable[[str], None]) -> None:
    """Lists, opt-outs and the campaigns, each once; `say` tells a person what is being done."""
    with tempfile.TemporaryDirectory() as folder:
        for listed in invented.write_lists(Path(folder)):
            _import(listed, say)
    opt_outs.add(invented.opted_out(), "ví dụ: từ chối (invented)", accounts.system().id)
    lay_campaigns(settings, say)
    installation.put(STATE, LOADED)


def _import(listed: invented.ListFile, say: Callable[[str], None]) -> None:
    known = db.session.scalar(
        select(SubscriberList).where(SubscriberList.filename == listed.path.name)
    )
    if known is None:
        owner = db.session.scalars(
            select(Organisation).where(Organisation.network == listed.network)
        ).one()
        purpose = Purpose(invented.PURPOSE, invented.SOURCE, clock.local(clock.now()).date())
        with listed.path.open("rb") as file:
            known = uploads.receive(
                file,
                listed.path.name,
                owner.id,
                purpose,
                Choices({}, areas.by_code(DISTRICT, 2020).id, False),
                actor_id=accounts.system().id,
            )
    if known.state is not ListState.DONE:
        known = following.follow(known.id, lambda _list: None)
    say(
        f"{known.filename}: read {known.read}, added {known.added}, joined {known.joined},"
        f" rejected {known.rejected}"
    )


def lay_campaigns(settings: Settings, say: Callable[[str], None]) -> None:
    """The campaign that is over, yesterday's report, the one that waits, the order to a carrier
    that keeps its list to itself, and the one that is sent; each once."""
    _lay_finished(settings, say)
    reported.lay(areas.by_code(DISTRICT, 2020), accounts.by_email("solieu@example.vn"))
    _lay_waiting(settings, say)
    _order(settings, say)
    _send_campaign(settings, say)


def _lay_finished(settings: Settings, say: Callable[[str], None]) -> None:
    if _known(FINISHED) is not None:
        return
    people = finished.People(_author(), _approver(), _checker())
    began = clock.now() - FINISHED_FOR
    draft = _draft(FINISHED, SHORT_WORDING, FINISHED_AREAS, began, people.author)
    campaign = finished.lay(draft, people, began, settings)
    say(f"{FINISHED}: {campaign.recipients_counted} people")


def _lay_waiting(settings: Settings, say: Callable[[str], None]) -> None:
    author = _author()
    draft = _draft(WAITING, REMINDER, WAITING_AREAS, clock.now() + WAITS_FOR, author)
    campaign = _known(WAITING) or composing.create(draft, author.id, settings)
    if campaign.state in EDITABLE:
        approvals.submit(campaign, author, settings)
        say(f"{WAITING}: {campaign.recipients_counted} people")


def _send_campaign(settings: Settings, say: Callable[[str], None]) -> None:
    draft = _draft(CAMPAIGN, WORDING, (DISTRICT,), clock.now(), _author())
    campaign = _brought_to_start(draft, settings)
    say(f"{CAMPAIGN}: {campaign.recipients_counted} people")


def _order(settings: Settings, say: Callable[[str], None]) -> None:
    """MobiFone texts its own subscribers: its liaison finds the order open."""
    mobifone = db.session.scalars(
        select(Organisation.id).where(Organisation.network == "mobifone")
    ).one()
    draft = _draft(ORDERED, SHORT_WORDING, (DISTRICT,), clock.now(), _author())
    draft = replace(draft, routes=[], orders=[mobifone], networks=["mobifone"])
    _brought_to_start(draft, settings)
    say(ORDERED)


def _brought_to_start(draft: composing.Draft, settings: Settings) -> Campaign:
    """Written, submitted, its facts checked, approved and started, from wherever it stands."""
    author, approver = _author(), _approver()
    campaign = _known(draft.name) or composing.create(draft, author.id, settings)
    if campaign.state in EDITABLE:
        approvals.submit(campaign, author, settings)
        campaign = life.get(campaign.id)
    if campaign.state is CampaignState.SUBMITTED:
        if campaign.needs_facts and facts.check_of(campaign) is None:
            approvals.check_facts(campaign, _checker(), campaign.digest or "")
        approvals.approve(campaign, approver, campaign.digest or "")
        campaign = life.get(campaign.id)
    if campaign.state is CampaignState.APPROVED:
        life.start(campaign, approver.id)
    return campaign


def _known(name: str) -> Campaign | None:
    found: Campaign | None = db.session.scalar(select(Campaign).where(Campaign.name == name))
    return found


def _author() -> User:
    return accounts.by_email("soan@example.vn")


def _approver() -> User:
    return accounts.by_email("duyet@example.vn")


def _checker() -> User:
    return accounts.by_email("yte@example.vn")


def _draft(
    name: str, words: str, codes: Sequence[str], opens: datetime, author: User
) -> composing.Draft:
    """A notice to these areas over both routes, whose window opens an hour before `opens`."""
    chosen = db.session.scalars(select(Route).order_by(Route.id))
    # A form asks for minutes: seconds would stand as a change where somebody only saves it again.
    opens = opens.replace(second=0, microsecond=0)
    return composing.Draft(
        name=name,
        apps=["BLUEZONE"],
        kind="notice",
        organisation=author.organisation_id or 0,
        sender=SENDER,
        wording={"vi": words},
        strip_marks=True,
        areas=list(codes),
        routes=[route.id for route in chosen],
        not_before=str(clock.iso(opens - timedelta(hours=1))),
        not_after=str(clock.iso(opens + timedelta(days=5))),
        selection_rule="everyone: mọi số trong hai danh sách (ví dụ)",
        networks=["viettel", "vinaphone"],
    )
