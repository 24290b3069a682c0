"""Yesterday's report of the example's district: the office's letterhead, and one edition issued in
time, by a clock that is turned back."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

from campaigns.reports import editions, letterheads
from outreach import clock, uptake
from outreach.accounts import User
from outreach.areas import Area
from outreach.database import transaction
from workers.example import finished

ISSUED: Final = time(16, 20)
LETTERHEAD: Final = {
    "superior": "UBND HUYỆN HỒNG NGỰ",
    "agency": "PHÒNG VĂN HÓA VÀ THÔNG TIN",
    "symbol": "BC-VHTT",
    "place": "Hồng Ngự",
    "addressed": "Ủy ban nhân dân Huyện;\nSở Thông tin và Truyền thông.",
    "recipients": "Như trên;\nTT/HU, TT/HĐND Huyện (b/c);\nLưu: VT.",
    "signer_title": "TRƯỞNG PHÒNG",
    "signer": "(người ký ví dụ)",
}
"""The addressees are the letter's; the signer is nobody."""
REMARKS: Final = (
    "Số liệu ví dụ. Đề nghị Ủy ban nhân dân các xã tiếp tục “đi từng ngõ, gõ từng nhà”, báo cáo"
    " trước 15 giờ 00 hằng ngày."
)


def lay(area: Area, officer: User) -> None:
    """Issue it, all or nothing, unless it is there."""
    day = uptake.today() - timedelta(days=1)
    if editions.of_day(area.id, day) or officer.organisation is None:
        return
    with finished.turned_back(), transaction():
        finished.turn(datetime.combine(day, ISSUED, clock.VIETNAM))
        letterheads.save(officer.organisation, area, LETTERHEAD, actor_id=officer.id)
        editions.issue(area, day, officer, "7", REMARKS)
