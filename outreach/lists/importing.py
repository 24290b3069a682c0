"""Importing a list: read and judged into the staging table, then joined part by part.

Nobody is added before the last row has been read. Reading that died is begun again from the file;
joining that died goes on with the parts that are left. Each transaction is short, and on SQLite a
breath is taken between two, so that pauses, log-ins and receipts get their turn.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from outreach import areas, audit, clock, numbers, organisations
from outreach.area_matching import AreaMatcher
from outreach.database import db, transaction, write_connection
from outreach.errors import Refused
from outreach.i18n import _
from outreach.lists import leases, rejects, staging, uploads
from outreach.lists.groups import GroupReader
from outreach.lists.headings import Columns
from outreach.lists.joining import Joint, join_part
from outreach.lists.judging import Good, Judge
from outreach.lists.opening import open_list
from outreach.lists.reading import Table
from outreach.lists.rejects import Reject
from outreach.lists.staging import Staged
from outreach.lists.uploads import Choices
from outreach.subscribers import ListState, SubscriberList, list_by_id

PART: Final = 2000
"""Rows of a transaction: some 20 ms on SQLite."""
BYTES_A_PART: Final = 120_000
"""Of a file: some 3,000 rows of a CSV file, 5,000 of a workbook; 50 ms to join on SQLite."""
MOST_PARTS: Final = 4096
LONGEST_BREATH: Final = 0.01  # seconds
MOST_ATTEMPTS: Final = 5
NAME: Final = b"subscriber name"
"""The context in which names are sealed."""

_log = logging.getLogger(__name__)


class _Stopped(Exception):
    """The worker's process is asked to end."""


@dataclass(frozen=True)
class Work:
    """A list under a worker's lease; `upload` is as it was when the lease was taken."""

    upload: SubscriberList
    worker: str
    go_on: Callable[[], bool]

    def stop_if_asked(self) -> None:
        """Raises _Stopped where the process is to end."""
        if not self.go_on():
            raise _Stopped

    @contextmanager
    def writing(self, **values: Any) -> Iterator[Connection]:
        """One short write transaction that holds the lease and writes `values` on the list."""
        self.stop_if_asked()
        with write_connection(db.engine) as connection:
            self.note(connection, **values)
            yield connection

    def note(self, connection: Connection, **values: Any) -> None:
        """Hold the lease and write `values` on the list, in a transaction under way."""
        leases.renew(connection, self.upload.id, self.worker, **values)

    def end(self, state: ListState, refusal: str | None, act: str) -> None:
        """Let go of the list for good, with an audit row of what came of it."""
        upload = list_by_id(self.upload.id)
        figures = {name: getattr(upload, name) for name in ("read", "added", "joined", "rejected")}
        with transaction() as session:
            leases.release(
                session.connection(),
                self.upload.id,
                self.worker,
                state=state,
                refusal=refusal,
                finished_at=clock.now(),
            )
            audit.record(act, "list", self.upload.id, figures, self.upload.created_by_id)


def run_import(list_id: int, go_on: Callable[[], bool] = lambda: True) -> None:
    """Import a list that was received; nothing to do where it is finished or another worker's.

    May be called again after any crash. What is wrong with the file as a whole is written on the
    list as its refusal. Once `go_on` answers False it lets go of the list within a part; the next
    call goes on with it.
    """
    worker = leases.take(list_id)
    if worker is None:
        return
    work = Work(_as_it_is(list_id), worker, go_on)
    try:
        _import(work)
    except Refused as refused:
        _refuse(work, refused.sentence)
    except _Stopped:
        _let_go(work, attempts=SubscriberList.attempts - 1)
    except leases.LeaseLost:
        _log.warning("list %s: another worker has it now", list_id)
    except Exception:
        _let_go(work)  # the next attempt need not wait for the lease to run out
        raise


def _let_go(work: Work, **values: Any) -> None:
    with write_connection(db.engine) as connection:
        leases.release(connection, work.upload.id, work.worker, **values)


def _as_it_is(list_id: int) -> SubscriberList:
    """The list, belonging to no session: no transaction is held over the work."""
    with Session(db.engine) as session:
        return session.get_one(SubscriberList, list_id)


def _import(work: Work) -> None:
    if work.upload.attempts > MOST_ATTEMPTS:
        raise Refused(
            _(
                "The import was begun %(n)s times and never came to its end; the log of the "
                "workers says why. Rows that had come in stay.",
                n=MOST_ATTEMPTS,
            )
        )
    _finish_rotation()
    if work.upload.state is not ListState.JOINING:
        _read(work)
    _join(work)
    work.end(ListState.DONE, None, "list.import")
    uploads.forget(work.upload)


def _refuse(work: Work, sentence: str) -> None:
    try:
        _drop_staged(work)
        work.end(ListState.REFUSED, sentence, "list.refuse")
    except leases.LeaseLost:
        _log.warning("list %s: another worker has it now", work.upload.id)
        return
    uploads.forget(work.upload)


def _finish_rotation() -> None:
    """Rows are joined on what the newest key makes of a number, so none may be under an older."""
    sealer = numbers.sealer()
    while sealer.older_versions:
        with write_connection(db.engine) as connection:
            if not numbers.reseal(connection, sealer):
                return


def _read(work: Work) -> None:
    """Stage the good rows of the whole file and keep the others, sealed, for its owner."""
    _drop_staged(work, state=ListState.READING, read=0, rejected=0)
    with uploads.opened(work.upload) as path:
        choices = uploads.choices_of(work.upload)
        table, columns = open_list(path, choices.mapping)
        judge = judge_of(work.upload.organisation_id, choices, table, columns)
        with uploads.writing_rejects(work.upload) as file:
            rejected = rejects.write(file, _stage(work, table, judge))
    notes = json.dumps(table.notes, ensure_ascii=False)
    with work.writing(state=ListState.JOINING, rejected=rejected, notes=notes):
        pass


def judge_of(organisation_id: int, choices: Choices, table: Table, columns: Columns) -> Judge:
    """Who judges the rows of an organisation's list, by the areas and groups there are now."""
    within = choices.within_id or organisations.by_id(organisation_id).area_id
    if len(areas.loaded_lists()) > 1:
        table.notes.append(_list_note(areas.list_in_use(within)))
    groups = GroupReader.load(db.session.connection(), choices.restricted_allowed)
    return Judge(table.headings, columns, AreaMatcher.load(within=within), groups)


def _list_note(year: int) -> str:
    # One code or name may mean two areas, and a campaign reaches those of its own list only.
    return _(
        "Areas were looked for in the list of %(year)s. For the other list, name an area of it "
        "that holds them all: --within CODE.",
        year=year,
    )


def _stage(work: Work, table: Table, judge: Judge) -> Iterator[Reject]:
    """Stage the rows of a table part by part; gives those that are turned away. A part is written
    while the next one is judged."""
    read = rejected = 0
    parts = max(1, min(MOST_PARTS, work.upload.size // BYTES_A_PART))
    with _aside() as write_aside:
        while batch := list(islice(table.rows, PART)):
            judged = judge.judge(batch)
            db.session.rollback()  # areas were read; no snapshot is held over the next part
            read, rejected = read + len(batch), rejected + len(judged.rejects)
            rows = _sealed(work.upload.id, parts, judged.good)
            work.stop_if_asked()
            write_aside(partial(_write_part, db.engine, work, rows, read=read, rejected=rejected))
            yield from judged.rejects


def _write_part(engine: Engine, work: Work, rows: list[Staged], **values: Any) -> None:
    with write_connection(engine) as connection:
        work.note(connection, **values)
        staging.stage(connection, rows)


@contextmanager
def _aside() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Runs one function at a time in a thread. What one raised is raised when the next is handed
    in, or at the end, which waits for the last."""
    before: Future[None] | None = None

    def run(work: Callable[[], None]) -> None:
        nonlocal before
        if before is not None:
            before.result()
        before = pool.submit(copy_context().run, work)

    with ThreadPoolExecutor(1, "staging") as pool:
        yield run
        if before is not None:
            before.result()


def _sealed(list_id: int, parts: int, good: list[Good]) -> list[Staged]:
    sealer = numbers.sealer()
    sealed = sealer.seal_numbers(row.phone for row in good)
    names = iter(sealer.seal_blobs([row.name.encode() for row in good if row.name], NAME))
    staged = [
        Staged(
            list_id,
            staging.part_of(number, parts),
            row.row,
            number,
            row.hint,
            row.area_id,
            row.group_bits,
            next(names) if row.name else None,
            row.copies,
        )
        for row, number in zip(good, sealed, strict=True)
    ]
    return sorted(staged, key=lambda each: (each.part, each.row))  # as they lie in the table


def _drop_staged(work: Work, **values: Any) -> None:
    """Forget what an earlier reading staged."""
    part: int | None = 0
    while part is not None:
        with work.writing(**values) as connection:
            part = staging.first_part(connection, work.upload.id)
            if part is not None:
                staging.drop_rows(connection, work.upload.id, part)


def _join(work: Work) -> None:
    joint = _joint(work.upload)
    while True:
        began = time.monotonic()
        with work.writing() as connection:
            part = staging.first_part(connection, work.upload.id)
            if part is None:
                return
            counts = join_part(connection, joint, part)
            work.note(
                connection,
                added=SubscriberList.added + counts.added,
                joined=SubscriberList.joined + counts.joined,
            )
        if db.engine.dialect.name == "sqlite":
            # SQLite has no queue of writers: who waits looks again every few milliseconds. While
            # a list is read, the judging between two parts leaves room enough.
            time.sleep(min(LONGEST_BREATH, (time.monotonic() - began) / 2))


def _joint(upload: SubscriberList) -> Joint:
    organisation = organisations.by_id(upload.organisation_id)
    network = organisation.network
    db.session.rollback()
    return Joint(
        list_id=upload.id,
        organisation_id=upload.organisation_id,
        network=network,
        known_at=datetime.combine(upload.obtained_on, datetime.min.time(), clock.VIETNAM),
        key_version=numbers.sealer().version,
    )
