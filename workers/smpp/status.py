"""command_status: every code of SMPP 3.4 with its word, the carrier's words and what to do.

Source: SMPP 3.4 issue 1.2, table 5-2. The kind is ours: `permanent` (never again), `temporary`
(back off, then again), `throttled` (slow the route down, then again), `auth` (stop the route and
call a person).
"""

from typing import Final, Literal, NamedTuple

Kind = Literal["permanent", "temporary", "throttled", "auth"]


class Status(NamedTuple):
    """One command_status."""

    code: int
    word: str
    words: str
    kind: Kind


ROK: Final = 0x00000000
RINVMSGLEN: Final = 0x00000001
RINVCMDLEN: Final = 0x00000002
RINVCMDID: Final = 0x00000003
RINVBNDSTS: Final = 0x00000004
RALYBND: Final = 0x00000005
RSYSERR: Final = 0x00000008
RINVSRCADR: Final = 0x0000000A
RINVDSTADR: Final = 0x0000000B
RBINDFAIL: Final = 0x0000000D
RINVPASWD: Final = 0x0000000E
RINVSYSID: Final = 0x0000000F
RMSGQFUL: Final = 0x00000014
RTHROTTLED: Final = 0x00000058
RX_T_APPN: Final = 0x00000064
RX_P_APPN: Final = 0x00000065
RQUERYFAIL: Final = 0x00000067
RUNKNOWNERR: Final = 0x000000FF

_ROWS: tuple[Status, ...] = (
    Status(RINVMSGLEN, "ESME_RINVMSGLEN", "message length is invalid", "permanent"),
    Status(RINVCMDLEN, "ESME_RINVCMDLEN", "command length is invalid", "permanent"),
    Status(RINVCMDID, "ESME_RINVCMDID", "invalid command", "permanent"),
    Status(RINVBNDSTS, "ESME_RINVBNDSTS", "incorrect bind status for this command", "temporary"),
    Status(RALYBND, "ESME_RALYBND", "already bound", "temporary"),
    Status(0x06, "ESME_RINVPRTFLG", "invalid priority flag", "permanent"),
    Status(0x07, "ESME_RINVREGDLVFLG", "invalid registered delivery flag", "permanent"),
    Status(RSYSERR, "ESME_RSYSERR", "system error", "temporary"),
    Status(RINVSRCADR, "ESME_RINVSRCADR", "invalid source address", "permanent"),
    Status(RINVDSTADR, "ESME_RINVDSTADR", "invalid destination address", "permanent"),
    Status(0x0C, "ESME_RINVMSGID", "message ID is invalid", "permanent"),
    Status(RBINDFAIL, "ESME_RBINDFAIL", "bind failed", "auth"),
    Status(RINVPASWD, "ESME_RINVPASWD", "invalid password", "auth"),
    Status(RINVSYSID, "ESME_RINVSYSID", "invalid system ID", "auth"),
    Status(0x11, "ESME_RCANCELFAIL", "cancel failed", "permanent"),
    Status(0x13, "ESME_RREPLACEFAIL", "replace failed", "permanent"),
    Status(RMSGQFUL, "ESME_RMSGQFUL", "message queue full", "throttled"),
    Status(0x15, "ESME_RINVSERTYP", "invalid service type", "permanent"),
    Status(0x33, "ESME_RINVNUMDESTS", "invalid number of destinations", "permanent"),
    Status(0x34, "ESME_RINVDLNAME", "invalid distribution list name", "permanent"),
    Status(0x40, "ESME_RINVDESTFLAG", "invalid destination flag", "permanent"),
    Status(0x42, "ESME_RINVSUBREP", "invalid submit with replace request", "permanent"),
    Status(0x43, "ESME_RINVESMCLASS", "invalid esm_class", "permanent"),
    Status(0x44, "ESME_RCNTSUBDL", "cannot submit to distribution list", "permanent"),
    Status(0x45, "ESME_RSUBMITFAIL", "submit failed", "temporary"),
    Status(0x48, "ESME_RINVSRCTON", "invalid source address TON", "permanent"),
    Status(0x49, "ESME_RINVSRCNPI", "invalid source address NPI", "permanent"),
    Status(0x50, "ESME_RINVDSTTON", "invalid destination address TON", "permanent"),
    Status(0x51, "ESME_RINVDSTNPI", "invalid destination address NPI", "permanent"),
    Status(0x53, "ESME_RINVSYSTYP", "invalid system type", "auth"),
    Status(0x54, "ESME_RINVREPFLAG", "invalid replace_if_present flag", "permanent"),
    Status(0x55, "ESME_RINVNUMMSGS", "invalid number of messages", "permanent"),
    Status(RTHROTTLED, "ESME_RTHROTTLED", "throttled: over the allowed rate", "throttled"),
    Status(0x61, "ESME_RINVSCHED", "invalid scheduled delivery time", "permanent"),
    Status(0x62, "ESME_RINVEXPIRY", "invalid validity period", "permanent"),
    Status(0x63, "ESME_RINVDFTMSGID", "invalid predefined message", "permanent"),
    Status(RX_T_APPN, "ESME_RX_T_APPN", "temporary error at the receiver", "temporary"),
    Status(RX_P_APPN, "ESME_RX_P_APPN", "permanent error at the receiver", "permanent"),
    Status(0x66, "ESME_RX_R_APPN", "message rejected by the receiver", "permanent"),
    Status(RQUERYFAIL, "ESME_RQUERYFAIL", "query failed", "temporary"),
    Status(0xC0, "ESME_RINVOPTPARSTREAM", "error in the optional part", "permanent"),
    Status(0xC1, "ESME_ROPTPARNOTALLWD", "optional parameter not allowed", "permanent"),
    Status(0xC2, "ESME_RINVPARLEN", "invalid parameter length", "permanent"),
    Status(0xC3, "ESME_RMISSINGOPTPARAM", "expected optional parameter missing", "permanent"),
    Status(0xC4, "ESME_RINVOPTPARAMVAL", "invalid optional parameter value", "permanent"),
    Status(0xFE, "ESME_RDELIVERYFAILURE", "delivery failure", "temporary"),
    Status(RUNKNOWNERR, "ESME_RUNKNOWNERR", "unknown error", "temporary"),
)

STATUSES: dict[int, Status] = {row.code: row for row in _ROWS}
BY_WORD: dict[str, Status] = {row.word: row for row in _ROWS}


def lookup(code: int) -> Status:
    """The status of `code`.

    A code outside the table (0x400-0x4FF are each carrier's own) is `temporary`: it certainly was
    not taken, and the limit on tries ends it.
    """
    known = STATUSES.get(code)
    return known or Status(code, f"0x{code:08X}", "a code of the carrier's own", "temporary")
