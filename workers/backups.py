"""Backing up and restoring an installation: the database and the files of lists, in one file.

A backup is taken while everything runs. A restore wants nothing to run, looks through the whole
backup first, saves what is there now, and lets nothing be sent by itself afterwards.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine

from campaigns import restored, stops
from outreach import (
    accounts,
    archives,
    audit,
    clock,
    installation,
    numbers,
    opt_outs,
    schema,
    store,
)
from outreach.archives import Archive, Manifest, Say
from outreach.database import db, transaction, write_connection
from outreach.errors import Refused
from outreach.i18n import gettext as _
from outreach.lists.uploads import FOLDER
from outreach.settings import Settings
from workers import presence, running

UNFINISHED: Final = "restore-unfinished"
SAVED: Final = "backups"
KNOWN_BEFORE: Final = "known before a backup was restored"


@dataclass(frozen=True)
class Restored:
    """What a restore did. `saved`: where what was there before is kept; None where nothing was.
    `opt_outs`: how many were known there and are not in the backup; they hold on."""

    manifest: Manifest
    held: restored.Held
    saved: Path | None
    opt_outs: int


def make(path: Path, settings: Settings, say: Say) -> Manifest:
    """Write a backup to a new file. Raises Refused where it cannot be, and leaves no part of it."""
    _require_current(db.engine)
    manifest = archives.write(path, db.engine, numbers.sealer(), [settings.data_dir / FOLDER], say)
    with transaction():
        detail = {"file": path.name, "rows": manifest.rows}
        audit.record("backup.make", "installation", None, detail, accounts.system().id)
    return manifest


def restore(path: Path, settings: Settings, say: Say) -> Restored:
    """Put a backup in the place of what is there. Raises Refused before anything is changed where
    the file is not whole, the key is another one, or something still runs."""
    run = settings.data_dir / "run"
    run.mkdir(mode=0o700, parents=True, exist_ok=True)
    running.lock_start(run, _("a restore"))
    running.clear(run)
    _require_nobody_works(settings)
    if not settings.key_path.exists():
        raise Refused(
            _(
                "There is no key file at %(path)s. Put the one of the installation there that made "
                "the backup: without it no number can be read.",
                path=settings.key_path,
            ),
            "key",
        )
    with archives.opened(path, numbers.sealer()) as archive:
        saved = _save(settings, say)
        refused = _opted_out() if saved is not None else []
        unfinished = settings.data_dir / UNFINISHED
        unfinished.write_text(f"{path}\n", encoding="utf-8")
        stop = _replace(archive, settings, say)
        held = _hold(archive.manifest, settings, path)
        kept = opt_outs.add(refused, KNOWN_BEFORE, accounts.system().id) if refused else 0
        with write_connection(db.engine) as connection:
            stops.replace_on(connection, stop)  # as it stood in the backup
        unfinished.unlink()
    return Restored(archive.manifest, held, saved, kept)


def require_finished(settings: Settings) -> None:
    """Raise Refused where a restore was broken off: half of a database must not be worked with."""
    unfinished = settings.data_dir / UNFINISHED
    if unfinished.exists():
        raise Refused(
            _(
                "A restore was not finished. Run it again: .venv/bin/flask --app app restore "
                "%(file)s",
                file=unfinished.read_text(encoding="utf-8").strip(),
            )
        )


def _require_current(engine: Engine) -> None:
    if not schema.is_current(engine):
        raise Refused(
            _("The database lacks a migration. Run first: %(command)s", command=schema.COMMAND)
        )


def _require_nobody_works(settings: Settings) -> None:
    """Whoever was started by other means, or on another machine, would go on with what it holds of
    the database before."""
    try:
        client = store.connect(settings, attempts=0)
        workers, silence = presence.count_workers(client), presence.tick_silence(client)
    except store.Unreachable:
        return
    if workers or (silence is not None and silence <= presence.TICK_IS_SILENT_AFTER):
        raise Refused(
            _(
                "Workers or the tick still run, on this machine or another. Stop them, and the "
                "pages, and wait ten seconds."
            )
        )


def _save(settings: Settings, say: Say) -> Path | None:
    """Keep what is there now, where anything is; not what an unfinished restore left."""
    if not installation.is_laid() or (settings.data_dir / UNFINISHED).exists():
        return None
    _require_current(db.engine)
    folder = settings.data_dir / SAVED
    folder.mkdir(mode=0o700, exist_ok=True)
    saved = folder / f"before-restore-{clock.real_now():%Y%m%d-%H%M%S-%f}.zip"
    say(_("What is there now is kept in %(path)s.", path=saved))
    archives.write(saved, db.engine, numbers.sealer(), [settings.data_dir / FOLDER], say)
    return saved


def _opted_out() -> list[str]:
    """Whoever refuses now goes on refusing, whatever the backup knew."""
    with db.engine.connect() as connection:
        return opt_outs.phones(connection)


def _replace(archive: Archive, settings: Settings, say: Say) -> str | None:
    """Bring everything in, with everything stopped: whoever is started before what is unfinished is
    held back, by whatever means, sends nothing. Answers the emergency stop of the backup."""
    db.session.remove()
    schema.empty(db.engine)
    schema.upgrade(archive.manifest.revision)
    with write_connection(db.engine) as connection:
        archive.load(connection, say)
        stop = stops.replace_on(connection, _("A restore was not finished. Run it again."))
    schema.upgrade()
    folder = settings.data_dir / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    for _folder, name, content in archive.files():
        folder.mkdir(mode=0o700, exist_ok=True)
        with archives.create(folder / name) as file:
            shutil.copyfileobj(content, file)
    return stop


def _hold(manifest: Manifest, settings: Settings, path: Path) -> restored.Held:
    installation.set_clock()
    actor_id = accounts.system().id
    held = restored.hold(manifest.moment, settings, actor_id)
    detail: dict[str, Any] = {
        "file": path.name,
        "made_at": manifest.moment,
        "paused": held.paused,
        "in_doubt": held.in_doubt,
    }
    with transaction():
        audit.record("backup.restore", "installation", None, detail, actor_id)
    return held
