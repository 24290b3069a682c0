"""Which groups a cell names: codes or names, several with a comma or another sign between."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, select

from outreach.lists.headings import key
from outreach.subscribers import PUBLIC, Group

_BETWEEN: Final = re.compile(r"[,;|/+\n]")
_ALSO: Final = {
    PUBLIC: "nhan dan|toan dan|dan|dan cu|cong dong|cong chung|pho thong",
    "officials": "can bo|cong chuc|vien chuc|can bo cong chuc vien chuc|cbcc|cbccvc",
    "teachers": "gv|giao vien|can bo giao vien",
    "parents": "phu huynh hoc sinh|cha me hoc sinh|phhs",
    "health_workers": "y te|can bo y te|y bac si",
    "quarantined": "cach ly|dang cach ly|nguoi dang cach ly",
    "awaiting_test": "cho xet nghiem|cho ket qua",
}


class GroupReason(StrEnum):
    """Why a cell's groups are not taken."""

    UNKNOWN = "unknown_group"
    RESTRICTED = "restricted_group"


class GroupReader:
    """Reads the cells of one list."""

    def __init__(self, groups: Iterable[Group], restricted_allowed: bool) -> None:
        self._allowed = restricted_allowed
        self._by_key: dict[str, Group] = {}
        for group in groups:
            for name in (group.code, group.name, *_ALSO.get(group.code, "").split("|")):
                self._by_key[key(name)] = group
        self._public = 1 << self._by_key[key(PUBLIC)].bit
        self._known: dict[str, int] = {"": self._public}

    @classmethod
    def load(cls, connection: Connection, restricted_allowed: bool) -> GroupReader:
        """A reader of the groups there are."""
        rows = connection.execute(select(Group.__table__)).mappings()
        return cls([Group(**row) for row in rows], restricted_allowed)

    def bits(self, text: str) -> int | tuple[GroupReason, str]:
        """The bits of all groups `text` names (public for none), or why not and which name."""
        bits = self._known.get(text)
        return self._read(text) if bits is None else bits

    def _read(self, text: str) -> int | tuple[GroupReason, str]:
        bits = 0
        for name in filter(None, map(str.strip, _BETWEEN.split(text))):
            group = self._by_key.get(key(name))
            if group is None:
                return GroupReason.UNKNOWN, name
            if group.restricted and not self._allowed:
                return GroupReason.RESTRICTED, name
            bits |= 1 << group.bit
        # Only what was found good is remembered: the names of groups are few, mistakes may be many.
        self._known[text] = bits or self._public
        return self._known[text]
