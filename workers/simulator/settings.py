"""What the simulator is told: accounts, behaviour, faults; adjustable at run time."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from workers.smpp import status

Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, le=604_800)]
Span = tuple[Seconds, Seconds]
FinalState = Literal["delivered", "undelivered", "expired", "rejected"]
IdFormat = Literal["decimal", "padded", "hex", "HEX"]
_Model = TypeVar("_Model", bound=BaseModel)


class _Strict(BaseModel):
    """A name that is not known is refused, so that a mistyped fault cannot pass for a calm day."""

    model_config = ConfigDict(extra="forbid")


class Ids(_Strict):
    """How message ids are written in answers and in receipts."""

    answer: IdFormat = "decimal"
    receipt: IdFormat | Literal["same"] = "same"


class Receipts(_Strict):
    """Receipts: shares of the final states, the rest delivered; delays in seconds, drawn evenly.

    `late_share` of them come after `late_delay` instead of `delay`; `share` come at all.
    """

    share: Share = 1.0
    undelivered: Share = 0.0
    expired: Share = 0.0
    rejected: Share = 0.0
    delay: Span = (0.2, 2.0)
    late_share: Share = 0.0
    late_delay: Span = (5.0, 20.0)
    style: Literal["text", "tlv", "both"] = "both"
    window: Annotated[int, Field(ge=1)] = 1_000
    retry_after: Seconds = 1.0


class Refusals(_Strict):
    """A share of submits refused with one status, a number or a word of the table."""

    share: Share = 0.0
    status: int | str = status.RINVDSTADR

    @field_validator("status")
    @classmethod
    def _known(cls, value: int | str) -> int:
        return _status_code(value)


class Rule(_Strict):
    """Numbers ending in `suffix`: refused with `status`, or taken and receipted with `state`."""

    suffix: Annotated[str, Field(pattern=r"^[0-9]{1,15}$")]
    status: int | str | None = None
    state: FinalState | None = None
    error: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,3}$")] = "001"

    @field_validator("status")
    @classmethod
    def _known(cls, value: int | str | None) -> int | None:
        return None if value is None else _status_code(value)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if (self.status is None) == (self.state is None):
            raise ValueError(f"the rule for …{self.suffix} needs either a status or a state")
        return self


class Faults(_Strict):
    """Faults to play; the shares are of submits or of receipts.

    `drop_after`: cut the connection at the nth submit from now, once. `*_takes`: whether the
    message at which it happens was taken. `receipts_bind`: "other" sends receipts to another bind
    of the account than the submitting one, "foreign" to another account's bind.
    """

    drop_after: Annotated[int, Field(ge=1)] | None = None
    drop_share: Share = 0.0
    drop_takes: bool = True
    silent_share: Share = 0.0
    silent_takes: bool = True
    late_share: Share = 0.0
    late_seconds: Seconds = 5.0
    throttle_share: Share = 0.0
    garbage_share: Share = 0.0
    frozen: bool = False
    refuse_binds: bool = False
    receipts_first_share: Share = 0.0
    receipts_twice_share: Share = 0.0
    receipts_unknown_share: Share = 0.0
    receipts_disordered_share: Share = 0.0
    receipts_flipped_share: Share = 0.0
    receipts_bind: Literal["same", "other", "foreign"] = "same"


class Account(_Strict):
    """One system id. Zero means no limit for `rate` (segments a second), `window` and `binds`."""

    system_id: Annotated[str, Field(min_length=1, max_length=15)]
    password: Annotated[str, Field(max_length=8)] = ""
    rate: Annotated[float, Field(ge=0)] = 0
    throttle: bool = True
    window: Annotated[int, Field(ge=0)] = 0
    binds: Annotated[int, Field(ge=0)] = 0
    answer_delay: Span = (0.0, 0.0)
    senders: list[str] | None = None
    ids: Ids = Field(default_factory=Ids)
    receipts: Receipts = Field(default_factory=Receipts)
    refusals: Refusals = Field(default_factory=Refusals)
    rules: list[Rule] = Field(default_factory=list)
    faults: Faults = Field(default_factory=Faults)

    def changed(self, changes: dict[str, Any]) -> "Account":
        """A copy with `changes`, deep; ValueError says in a sentence what is wrong with them."""
        if changes.get("system_id", self.system_id) != self.system_id:
            raise ValueError("system_id: an account's system id stays what it is")
        return _checked(Account, _merged(self.model_dump(), changes))


class Settings(_Strict):
    """The whole simulator. `first_id` 0 takes ids from the clock, so a restart repeats none."""

    accounts: Annotated[list[Account], Field(min_length=1)]
    seed: int = 1
    first_id: Annotated[int, Field(ge=0)] = 0
    keep_messages: Annotated[int, Field(ge=0)] = 1_000

    @field_validator("accounts")
    @classmethod
    def _distinct(cls, accounts: list[Account]) -> list[Account]:
        names = [account.system_id for account in accounts]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"system id {', '.join(sorted(twice))} is there twice")
        return accounts


def make_settings(values: Any) -> Settings:
    """Settings from plain values; ValueError says in a sentence what is wrong with them."""
    return _checked(Settings, values)


def read_settings(path: Path) -> Settings:
    """Settings from a JSON file; ValueError says in a sentence what is wrong with it."""
    try:
        return make_settings(json.loads(path.read_text(encoding="utf-8")))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path.name} is not JSON: {error}") from error


def _checked(model: type[_Model], values: Any) -> _Model:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{place}: {first['msg']}") from error


def _merged(old: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for name, value in changes.items():
        both = isinstance(value, dict) and isinstance(old.get(name), dict)
        merged[name] = _merged(old[name], value) if both else value
    return merged


def _status_code(value: int | str) -> int:
    """A command_status from its number or its word."""
    if isinstance(value, int):
        return value
    row = status.BY_WORD.get(value)
    if row is None:
        raise ValueError(f"{value} is no command_status of SMPP 3.4")
    return row.code
