"""`worker` and `tick`: the processes the supervisor keeps running."""

from __future__ import annotations

import signal
import sys
import threading

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from outreach import installation
from workers import collecting
from workers import tick as ticking
from workers.floor import Floor


def _stop_on_signals(stopping: threading.Event) -> None:
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())


def _app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Carry messages and import lists, until SIGTERM."""
    installation.set_clock()
    # What is due at a slot must not wait for a thread that stores: the usual 5 ms are too long.
    sys.setswitchinterval(0.001)
    collecting.seldom()
    floor = Floor(_app())
    _stop_on_signals(floor.stopping)
    floor.run()


@click.command("tick")
@with_appcontext
def tick() -> None:
    """Start, expire, settle and ring, twice a second, until SIGTERM."""
    installation.set_clock()
    collecting.seldom()
    stopping = threading.Event()
    _stop_on_signals(stopping)
    ticking.run(_app(), stopping)
