"""Every setting of the installation: environment variables with the prefix OUTREACH_.

An unknown or wrong value stops the start with a sentence. docs/settings.md describes each one, and
a test holds that it does.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from datetime import date
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from click import ClickException
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "OUTREACH_"
LONGEST_SOCKET_PATH = 100  # octets; the kernel takes 107, and servers may add a suffix
HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d:[0-5]\d|2[0-3]:[0-5]\d|24:00)")


KINDS = {"notice", "customer_care", "advertising"}
HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAYS = "holidays"


class SettingsError(ClickException):
    """A setting is unknown or wrong; the sentence names it, its value and what is allowed.

    Every command prints it as it stands and exits with 2.
    """

    exit_code = 2


class Settings(BaseSettings):
    """The settings, checked. `Settings.load()` reads them; tests build them by hand."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid")

    data_dir: Path = Field(Path("instance"), description="Folder that holds all state.")
    database_url: str = Field(
        "", description="SQLAlchemy address; empty: SQLite in the data folder."
    )
    redis_url: str = Field("", description="Redis address; empty: the Valkey the start brings up.")
    port: int = Field(5000, ge=1, le=65535, description="Port of the web server.")
    host: str = Field("127.0.0.1", description="Address the web server listens on.")
    workers: int = Field(2, ge=1, le=64, description="Number of worker processes.")
    admin_email: str = Field("", description="Log-in of the first administrator.")
    admin_password_file: Path | None = Field(
        None, description="File with the first administrator's password."
    )
    key_file: Path | None = Field(
        None, description="File with the key that seals numbers; empty: in the data folder."
    )
    cli_approve: bool = Field(False, description="1 lets the command line approve campaigns.")
    notice_hours: str = Field("07:00-21:00", description="Daily hours of public notices.")
    notice_weekly_cap: int = Field(
        3, ge=1, le=100, description="Most public notices a number gets in 7 days."
    )
    fact_check_kinds: str = Field(
        "notice",
        description="Kinds of message whose facts a health office checks before they are approved.",
    )
    due_communes: str = Field(
        "15:00", description="By when communes, and schools with them, report a day's figure."
    )
    due_districts: str = Field(
        "16:30", description="By when a district's culture office compiles and reports."
    )
    due_provinces: str = Field(
        "15:00", description="By when a province's own units report a figure of the province."
    )
    working_days: str = Field(
        "mon,tue,wed,thu,fri,sat,sun", description="Days of the week on which figures are due."
    )
    days_off: str = Field(
        "none", description="Days on which none is due: dates, and holidays for the national days."
    )
    remind_before: int = Field(
        30, ge=0, le=240, description="Minutes before the hour to remind who agreed; 0: never."
    )
    remind_at_hour: bool = Field(
        False, description="1 reminds at the hour too, who agreed and has not reported."
    )
    smtp_url: str = Field(
        "", description="Mail server of reminders, smtp://user@host:587; empty: no e-mail."
    )
    smtp_password_file: Path | None = Field(
        None, description="File with the password of the mail server."
    )
    mail_from: str = Field("", description="Address that e-mails come from.")
    list_days: int = Field(
        365, ge=1, le=3650, description="Days a list of subscribers may be used, if nobody says."
    )
    lease_seconds: float = Field(
        15.0, ge=2, le=600, description="How long a worker may be silent before others take over."
    )
    answer_seconds: float = Field(
        20.0, ge=1, le=300, description="How long a carrier may take to answer a submit."
    )
    standby_seconds: float = Field(
        120.0,
        ge=1,
        le=86_400,
        description="How long a route may not be reached before its stand-by takes what waits.",
    )
    canary_size: int = Field(
        200, ge=1, le=100_000, description="How many first messages of a campaign are watched."
    )
    canary_percent: int = Field(
        20, ge=1, le=100, description="More of them failed than so many percent: it is paused."
    )
    public_url: str = Field(
        "", description="Address carriers call back, for example https://tungngo.example.vn."
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    metrics_token: str = Field(
        "", description="Token that /metrics asks for; empty: it answers this machine alone."
    )
    test_database_url: str = Field("", description="PostgreSQL for the tests.")
    test_shared: Path = Field(Path("../shared"), description="Reference data for the tests.")

    @field_validator("notice_hours")
    @classmethod
    def _hours(cls, value: str) -> str:
        if not HOURS.fullmatch(value) or value[:5] >= value[6:]:
            raise ValueError("must be HH:MM-HH:MM with the end after the start, as 07:00-21:00")
        return value

    @field_validator("due_communes", "due_districts", "due_provinces")
    @classmethod
    def _hour(cls, value: str) -> str:
        if not HOUR.fullmatch(value):
            raise ValueError("must be an hour of the day, as 15:00")
        return value

    @field_validator("working_days")
    @classmethod
    def _week(cls, value: str) -> str:
        if not set(_listed(value)) <= set(WEEK):
            raise ValueError(f"must be one or more of {', '.join(WEEK)}, with commas between")
        return ",".join(_listed(value))

    @field_validator("days_off")
    @classmethod
    def _off(cls, value: str) -> str:
        if value.strip() != "none" and not all(map(_is_day_off, _listed(value))):
            raise ValueError("must be none, or holidays and dates like 2020-08-22, with commas")
        return value

    @field_validator("fact_check_kinds")
    @classmethod
    def _kinds(cls, value: str) -> str:
        kinds = {word.strip() for word in value.split(",")}
        if kinds - KINDS and kinds != {"none"}:
            raise ValueError(f"must be none, or one or more of {', '.join(sorted(KINDS))}")
        return value

    @field_validator("log_level")
    @classmethod
    def _level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        if value.startswith(("postgresql://", "postgres://")):
            return "postgresql+psycopg://" + value.split("://", 1)[1]
        if value and not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("must begin with sqlite:/// or postgresql://")
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: str) -> str:
        if value and not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must begin with redis://, rediss:// or unix://")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: str) -> str:
        parts = urlsplit(value)
        sound = parts.scheme in {"smtp", "smtps"} and parts.hostname and _port(parts)
        if value and not sound:
            raise ValueError("must be smtp://user@host:587 or smtps://user@host:465")
        if parts.password is not None:
            raise ValueError("holds a password; put that into the file of SMTP_PASSWORD_FILE")
        return value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.absolute()

    @classmethod
    def load(cls) -> Settings:
        """Read and check the environment; raises `SettingsError` with one sentence."""
        given = {k: v for k, v in os.environ.items() if k.startswith(PREFIX)}
        known = {PREFIX + name.upper() for name in cls.model_fields}
        unknown = sorted(set(given) - known)
        if unknown:
            raise SettingsError(f"Unknown setting {unknown[0]}; docs/settings.md lists them all.")
        try:
            return cls()  # type: ignore[call-arg]
        except ValidationError as wrong:
            first = wrong.errors()[0]
            name = PREFIX + str(first["loc"][0]).upper()
            said = str(first["msg"]).removeprefix("Value error, ")
            raise SettingsError(f"{name}={given.get(name, '')!r}: {said}.") from None

    @property
    def sends_mail(self) -> bool:
        """Whether reminders may go by e-mail."""
        return bool(self.smtp_url and self.mail_from)

    @property
    def fact_checked(self) -> frozenset[str]:
        """The kinds of message whose facts a health office checks."""
        return frozenset(word.strip() for word in self.fact_check_kinds.split(",")) & KINDS

    def make_data_dir(self) -> None:
        """Make the data folder where it is not there yet; raises `SettingsError`."""
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            why = error.strerror
            raise SettingsError(f"{PREFIX}DATA_DIR={str(self.data_dir)!r}: {why}.") from None

    @property
    def database_address(self) -> str:
        """The SQLAlchemy address in force."""
        return self.database_url or f"sqlite:///{self.data_dir / 'outreach.db'}"

    @property
    def web_address(self) -> str:
        """Where people reach the pages: the public address, else this machine's own."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def redis_address(self) -> str:
        """The Redis address in force: the given one, or the socket of the Valkey we start."""
        return self.redis_url or f"unix://{self.socket('valkey')}"

    def socket(self, name: str) -> Path:
        """Where the Unix socket `name` of this installation lies: in the data folder's run/.

        Where that path is too long for a socket, it is in a folder under the temporary one whose
        name follows from the data folder, so that every process finds it; in /tmp, where the
        temporary folder is one of those that lie deep.
        """
        digest = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:16]
        own = f"tung-ngo-{os.getuid()}-{digest}"
        short = Path("/tmp", own)  # noqa: S108 - the start refuses one that is not ours
        for folder in (self.data_dir / "run", Path(tempfile.gettempdir(), own), short):
            path = folder / f"{name}.sock"
            if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
                break
        return path

    @property
    def key_path(self) -> Path:
        """Where the sealing key lies."""
        return self.key_file or self.data_dir / "secret.key"


def _listed(value: str) -> list[str]:
    return [word.strip() for word in value.split(",")]


def _port(parts: SplitResult) -> bool:
    """Whether the port is one, or not given."""
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


def _is_day_off(word: str) -> bool:
    try:
        return word == HOLIDAYS or bool(date.fromisoformat(word))
    except ValueError:
        return False
