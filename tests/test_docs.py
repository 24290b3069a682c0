"""What the documents say is so: links, tables, numbers, versions and commands."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click
import pytest
from flask import Flask

from campaigns import reminders
from campaigns.states import (
    CAMPAIGN_TRANSITIONS,
    MESSAGE_TRANSITIONS,
    ORDER_TRANSITIONS,
    CampaignState,
    MessageState,
    OrderState,
)
from tests.test_house import HOUSE, tracked
from workers import tick

PAGES = [path for path in tracked("*.md") if path.parent in (HOUSE, HOUSE / "docs")]
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
CALL = re.compile(r"(?:flask(?: --app app)?|\btn) ([a-z][\w-]*(?: [a-z][\w-]*)?)")
PIN = re.compile(r"^([\w.-]+)(?:\[\w+\])?==(\S+)$", re.MULTILINE)
PATH = re.compile(r"(?:docs|outreach|campaigns|workers|tests|templates|static)/[\w./-]+\.\w+")


def words_of(page: Path) -> str:
    return FENCE.sub("", page.read_text())


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", words_of(page), re.MULTILINE)
    plain = (re.sub(r"[^\w\s-]", "", heading).strip().lower() for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def table_after(page: str, mark: str) -> Iterator[list[str]]:
    """The cells of each row of the table below a comment, without its heading."""
    after = (HOUSE / "docs" / page).read_text().split(f"<!-- {mark}", 1)[1].splitlines()[1:]
    for line in after[2:]:
        if not line.startswith("|"):
            return
        yield [cell.strip().strip("`") for cell in line.strip("|").split("|")]


def states(cell: str) -> set[str]:
    return set() if cell == "—" else set(cell.split(", "))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(words_of(page)):
        if link.startswith(("http://", "https://")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_readme_leads_to_every_page() -> None:
    linked = set(LINK.findall((HOUSE / "README.md").read_text()))
    assert {f"docs/{page.name}" for page in PAGES if page.parent != HOUSE} <= linked


def test_every_file_a_page_names_is_there() -> None:
    for page in PAGES:
        for name in PATH.findall(words_of(page)):
            here = (HOUSE / name, HOUSE / "templates" / name)
            assert any(path.exists() for path in here), f"{page.name} names {name}"


def test_every_page_that_code_names_is_there() -> None:
    for path in tracked("*.py", "Makefile"):
        for name in re.findall(r"docs/[\w-]+\.md", path.read_text()):
            assert (HOUSE / name).exists(), f"{path.relative_to(HOUSE)} names {name}"


def test_the_table_of_a_campaign_s_life_is_the_code_s() -> None:
    told = {row[0]: states(row[1]) for row in table_after("design.md", "campaign transitions")}
    assert told == {str(s): set(map(str, to)) for s, to in CAMPAIGN_TRANSITIONS.items()}


def test_the_table_of_a_message_s_moves_is_the_code_s() -> None:
    told = {(r[0], r[1]): states(r[2]) for r in table_after("sending.md", "message transitions")}
    known = {(str(s), str(c)): set(map(str, to)) for (s, c), to in MESSAGE_TRANSITIONS.items()}
    assert told == known


def test_the_table_of_an_order_s_life_is_the_code_s() -> None:
    told = {row[0]: states(row[1]) for row in table_after("orders.md", "order transitions")}
    assert told == {str(s): set(map(str, to)) for s, to in ORDER_TRANSITIONS.items()}
    page = (HOUSE / "docs" / "orders.md").read_text()
    assert all(f"\n| {state} | " in page.split("| state |")[1] for state in OrderState)


def test_the_table_of_a_reminder_s_life_is_the_code_s() -> None:
    told = {row[0]: states(row[1]) for row in table_after("reminders.md", "reminder transitions")}
    assert told == {str(s): set(map(str, to)) for s, to in reminders.TRANSITIONS.items()}
    page = (HOUSE / "docs" / "reminders.md").read_text()
    assert all(f"`{reason}`" in page for reason in reminders.REASONS)


def test_every_state_is_explained() -> None:
    design = (HOUSE / "docs" / "design.md").read_text()
    rows = [line.split("|")[1] for line in design.splitlines() if line.startswith("| ")]
    explained = {word.strip() for row in rows for word in row.split(",")}
    assert {*map(str, CampaignState), *map(str, MessageState)} <= explained


def test_the_numbers_of_sending_are_the_code_s() -> None:
    rows = list(table_after("sending.md", "numbers"))
    assert rows
    for name, value, *_ in rows:
        module, _, constant = name.rpartition(".")
        known = getattr(importlib.import_module(module), constant)
        known = known.total_seconds() if isinstance(known, timedelta) else known
        assert float(value) == known, name


def test_the_steps_of_the_tick_are_the_code_s() -> None:
    page = (HOUSE / "docs" / "sending.md").read_text()
    told = re.split("\n## ", page.split("\n## The tick\n", 1)[1])[0]
    once = re.search(r"for step in \((.*?)\n    \):", (HOUSE / "workers/tick.py").read_text(), re.S)
    assert once is not None
    steps = re.findall(r"^ +(\w+),$", once[1], re.MULTILINE)
    assert [name for name in CODE.findall(told) if name in vars(tick)] == steps


def test_every_library_is_explained_with_its_version() -> None:
    page = (HOUSE / "docs" / "decisions.md").read_text()
    table = page.split("\n## Libraries\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| ")][1:]
    told = {name.strip(): version.strip() for name, version in rows if set(name) - set("- ")}
    assert told == dict(PIN.findall((HOUSE / "requirements.txt").read_text()))


def _commands(app: Flask) -> Iterator[str]:
    for name, command in app.cli.commands.items():
        yield name
        if isinstance(command, click.Group):
            yield from (f"{name} {sub}" for sub in command.commands)


def test_every_command_that_is_named_exists(app: Flask) -> None:
    known = set(_commands(app)) | {"db migrate", "db upgrade", "run"}
    groups = {name.split()[0] for name in known if " " in name}
    for page in PAGES:
        for named in CALL.findall(page.read_text()):
            words = named if named.split()[0] in groups else named.split()[0]
            assert words in known, f"{page.name}: flask {named}"


def test_the_readme_names_every_command(app: Flask) -> None:
    named = set(CODE.findall((HOUSE / "README.md").read_text()))
    ours = {
        name
        for name in _commands(app)
        if name.split()[0] not in {"db", "limiter", "roles", "run", "shell"}
        and (" " in name or not isinstance(app.cli.commands[name], click.Group))
    }
    assert ours - named == set()
