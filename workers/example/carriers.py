"""The example's two carriers: what the simulator plays, and where it listens."""

from __future__ import annotations

import json
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from outreach.settings import Settings

USUAL_PORTS: Final = (2775, 2776)


@dataclass(frozen=True)
class Carrier:
    """One simulated carrier: how fast it takes segments, and how it behaves."""

    system_id: str
    rate: int
    price: int
    behaviour: dict[str, Any]


def _ends_in(endings: str, **outcome: str) -> list[dict[str, str]]:
    """The simulator's rules: what happens to every number with one of these endings."""
    return [{"suffix": ending, **outcome} for ending in endings.split()]


# Rates so that the example's campaign takes about half a minute: long enough to be watched.
CARRIERS: Final = {
    "viettel": Carrier(
        "viettel",
        1200,
        300,
        {
            "rules": [
                *_ends_in("137 245 358 466 571 689 792 804", status="ESME_RINVDSTADR"),
                *_ends_in("13 58 90", state="undelivered"),
                *_ends_in("41", state="expired"),
            ],
            "receipts": {"delay": [0.5, 4.0], "late_share": 0.02, "late_delay": [8.0, 25.0]},
        },
    ),
    "vinaphone": Carrier(
        "vnpt",
        900,
        280,
        {
            # Answers in decimal, receipts in hexadecimal, as some carriers do.
            "ids": {"answer": "decimal", "receipt": "hex"},
            "rules": [
                *_ends_in("113 227 331 445 559", status="ESME_RINVDSTADR"),
                *_ends_in("07 62 89", state="undelivered"),
                *_ends_in("345 756 917", state="rejected"),
            ],
            "receipts": {"delay": [0.3, 3.0], "late_share": 0.03, "late_delay": [6.0, 20.0]},
        },
    ),
}


@dataclass(frozen=True)
class Secrets:
    """What the example made up for this installation: log-in password, the carriers' passwords."""

    people: str
    viettel: str
    vinaphone: str


def secrets_of(settings: Settings) -> Secrets:
    """The example's passwords, made at its first start and kept in the data folder."""
    path = settings.data_dir / "example.json"
    if not path.exists():
        made = Secrets(_sayable(), secrets.token_hex(4), secrets.token_hex(4))
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(made)), encoding="utf-8")
    return Secrets(**json.loads(path.read_text(encoding="utf-8")))


def _sayable() -> str:
    """A password that can be typed from a screen, 40 bits of chance."""
    syllables = "ban cau dong ghe hoa khe lua mua ngo que rung song tre vuon xom dua"
    words = syllables.split()
    return "-".join(secrets.choice(words) for _ in range(4)) + f"-{secrets.randbelow(9000) + 1000}"


def ports_of(settings: Settings) -> tuple[int, int]:
    """The simulator's SMPP and control ports of this start."""
    saved = json.loads(_ports_file(settings).read_text(encoding="utf-8"))
    return int(saved["port"]), int(saved["control_port"])


def _ports_file(settings: Settings) -> Path:
    return settings.data_dir / "run" / "simulator-ports.json"


def lay_out(settings: Settings) -> None:
    """Write what the simulator reads at its start; other ports where the usual ones are taken."""
    port, control = (_free(usual) for usual in USUAL_PORTS)
    _ports_file(settings).write_text(json.dumps({"port": port, "control_port": control}))
    made = secrets_of(settings)
    accounts = [
        {
            "system_id": carrier.system_id,
            "password": getattr(made, network),
            "rate": carrier.rate,
            "binds": 1,
            **carrier.behaviour,
        }
        for network, carrier in CARRIERS.items()
    ]
    file = settings.data_dir / "run" / "simulator.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps({"accounts": accounts}, indent=1), encoding="utf-8")


def _free(usual: int) -> int:
    for port in (usual, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on the loopback")
