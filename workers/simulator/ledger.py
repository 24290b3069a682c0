"""What one account saw: messages and parts a number, segments a second, the latest texts."""

from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from outreach import gsm7
from workers.smpp import constants as smpp
from workers.smpp.bodies import MessageBody

_OPEN_GROUPS: Final = 100_000


class Concat(NamedTuple):
    """Where a part belongs: reference, number of parts, this part from 1."""

    reference: int
    total: int
    part: int


class Text(NamedTuple):
    """One whole message as it was taken; its octets are decoded when somebody asks."""

    source: str
    destination: str
    data_coding: int
    octets: bytes
    parts: int
    at: float

    def words(self) -> str:
        """The text."""
        if self.data_coding == smpp.CODING_UCS2:
            return self.octets.decode("utf-16-be", "replace")
        return gsm7.decode(self.octets)


class RateMeter:
    """Segments in the second that ends now, and the most there ever were in one.

    Exact over every one-second window that ends at an arrival; those are where maxima lie.
    """

    def __init__(self) -> None:
        self.most = self.total = self.over = 0
        self.first_at = self.last_at = 0.0
        self._times: deque[float] = deque()

    def in_last_second(self, now: float) -> int:
        """Segments noted in (now - 1, now]."""
        times, since = self._times, now - 1.0
        while times and times[0] <= since:
            times.popleft()
        return len(times)

    def note(self, now: float, contract: float) -> None:
        """One segment; counted as over when its second then holds more than `contract` (0: any)."""
        self._times.append(now)
        held = self.in_last_second(now)
        self.most = max(self.most, held)
        self.over += 0 < contract < held
        self.total += 1
        self.first_at = self.first_at or now
        self.last_at = now

    def summary(self) -> dict[str, float]:
        """The figures, `average` over the time from the first to the last segment."""
        span = self.last_at - self.first_at
        average = (self.total - 1) / span if span > 0 else 0.0
        return {
            "most_in_one_second": self.most,
            "over_contract": self.over,
            "segments": self.total,
            "seconds": round(span, 3),
            "average": round(average, 3),
        }


@dataclass(slots=True)
class _Group:
    parts: dict[int, bytes] = field(default_factory=dict)


class Ledger:
    """Memory: two small integers a number, the latest texts, messages that lack a part."""

    def __init__(self, keep_messages: int) -> None:
        self.stats: Counter[str] = Counter()
        self.refused: Counter[int] = Counter()
        self.offered = RateMeter()
        self.taken = RateMeter()
        self.texts: deque[Text] = deque(maxlen=keep_messages)
        self.messages: dict[int | str, int] = {}
        self.parts: dict[int | str, int] = {}
        self._groups: OrderedDict[tuple[str, str, int, int], _Group] = OrderedDict()

    @property
    def incomplete(self) -> int:
        """Messages of which a part is still missing."""
        return len(self._groups)

    def take(self, body: MessageBody, udh: bytes, octets: bytes, now: float) -> None:
        """Count a taken segment: the message at its first part, its text at its last."""
        number = body.destination.text
        key: int | str = number if number.startswith("0") else int(number)
        self.parts[key] = self.parts.get(key, 0) + 1
        concat = concatenation(body, udh)
        if concat is None:
            self.messages[key] = self.messages.get(key, 0) + 1
            self._keep(body, octets, 1, now)
        else:
            self._take_part(body, key, concat, octets, now)

    def _take_part(
        self, body: MessageBody, key: int | str, concat: Concat, octets: bytes, now: float
    ) -> None:
        name = (body.source.text, body.destination.text, concat.reference, concat.total)
        group = self._groups.get(name)
        if group is None or concat.part in group.parts:
            # A part that is there already opens the message anew: the person gets it twice.
            self.stats["parts_repeated"] += group is not None
            group = self._groups[name] = _Group()
            self.messages[key] = self.messages.get(key, 0) + 1
            if len(self._groups) > _OPEN_GROUPS:
                self._groups.popitem(last=False)
        group.parts[concat.part] = octets
        if len(group.parts) == concat.total:
            del self._groups[name]
            whole = b"".join(group.parts[part] for part in sorted(group.parts))
            self._keep(body, whole, concat.total, now)

    def _keep(self, body: MessageBody, octets: bytes, parts: int, now: float) -> None:
        source, destination = body.source.text, body.destination.text
        self.texts.append(Text(source, destination, body.data_coding, octets, parts, now))


def concatenation(body: MessageBody, udh: bytes) -> Concat | None:
    """Which part this is: by user data header (8 or 16-bit reference) or by the sar_ TLVs."""
    position = 1
    while position + 2 <= len(udh):
        element, size = udh[position], udh[position + 1]
        value = udh[position + 2 : position + 2 + size]
        if (element, len(value)) in ((0x00, 3), (0x08, 4)):
            return Concat(int.from_bytes(value[:-2], "big"), value[-2], value[-1])
        position += 2 + size
    if smpp.TAG_SAR_MSG_REF_NUM not in body.tlvs:
        return None
    tags = (smpp.TAG_SAR_MSG_REF_NUM, smpp.TAG_SAR_TOTAL_SEGMENTS, smpp.TAG_SAR_SEGMENT_SEQNUM)
    return Concat(*(int.from_bytes(body.tlvs.get(tag, b"\1"), "big") for tag in tags))
