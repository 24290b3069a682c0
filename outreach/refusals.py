"""What people answer when they want no more messages.

“TC” (từ chối) is the word of Decree 91/2020's messages in practice, “STOP” the world's. Marks and
case do not matter. Words that also mean something else (“đúng” and “dừng” look alike without
marks) are no refusal: a person reads those.
"""

from __future__ import annotations

import re

from outreach.text import fold

_REFUSAL = re.compile(r"(tc|tu choi|stop|huy|khong nhan|ngung nhan|dung gui)\b")
LONGEST = 60


def is_refusal(words: str) -> bool:
    """Whether a person's answer refuses further messages."""
    said = fold(words).strip(" .!\"'“”")
    return len(said) <= LONGEST and _REFUSAL.match(said) is not None
