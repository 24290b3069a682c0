"""The house's own rules: one way down, short modules, no work at import, settings explained."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.settings import PREFIX, Settings

HOUSE = Path(__file__).resolve().parent.parent
BELOW = {
    "outreach": (),
    "campaigns": ("outreach",),
    "workers": ("outreach", "campaigns"),
}
ROOMS = (*BELOW, "app", "tests", "bench")
ALLOWED_ENTRIES = {
    *(".ci", ".gitattributes", ".gitignore", "LICENSE", "Makefile", "README.md"),
    *("app.py", "pyproject.toml", "requirements.txt"),
    *("outreach", "campaigns", "workers", "templates", "static", "translations"),
    *("migrations", "bench", "docs", "tests"),
}
LONGEST_MODULE = 400
LONGEST_TEST = 600
LONGEST_FUNCTION = 50


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--", *patterns], cwd=HOUSE, capture_output=True, text=True, check=True
    )
    return [HOUSE / line for line in listed.stdout.splitlines() if (HOUSE / line).is_file()]


def modules(*folders: str) -> list[Path]:
    return [path for path in tracked(*folders) if path.suffix == ".py"]


def imported_rooms(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("room", BELOW)
def test_imports_run_one_way(room: str) -> None:
    upward = {
        f"{path.relative_to(HOUSE)} imports {other}"
        for path in modules(room)
        for other in imported_rooms(path)
        if other in ROOMS and other not in (room, *BELOW[room])
    }
    assert upward == set()


def test_rules_know_nothing_of_flask_views() -> None:
    """Outside pages/ nothing asks for the request of the moment."""
    wiring = {"outreach/i18n.py", "outreach/security.py"}
    asking = {
        str(path.relative_to(HOUSE))
        for path in modules(*BELOW)
        if "pages" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "flask"
        for alias in node.names
        if alias.name in {"request", "session", "render_template", "flash"}
    }
    assert asking - wiring == set()


def test_modules_are_short() -> None:
    long = {
        str(path.relative_to(HOUSE))
        for path in modules("*.py")
        if "versions" not in path.parts and len(path.read_text().splitlines()) > _longest(path)
    }
    assert long == set()


def _longest(path: Path) -> int:
    return LONGEST_TEST if path.is_relative_to(HOUSE / "tests") else LONGEST_MODULE


def test_functions_are_short() -> None:
    long = {
        f"{path.relative_to(HOUSE)}:{node.lineno} {node.name}"
        for path in modules(*BELOW, "app.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    }
    assert long == set()


def test_the_top_level_holds_what_tools_expect_and_nothing_else() -> None:
    entries = {path.relative_to(HOUSE).parts[0] for path in tracked()}
    assert entries - ALLOWED_ENTRIES == set()


def test_importing_the_application_does_no_work(tmp_path: Path) -> None:
    """No folder, no connection, no reading of settings before create_app()."""
    script = "import app, sys; sys.exit(any(thread.name != 'MainThread' for thread in T()))"
    command = f"from threading import enumerate as T; {script}"
    wrong = {f"{PREFIX}PORT": "no port", f"{PREFIX}DATA_DIR": str(tmp_path / "data")}
    subprocess.run(
        [sys.executable, "-c", command],
        cwd=HOUSE,
        env={"PATH": "/usr/bin:/bin", **wrong},
        check=True,
    )
    assert list(tmp_path.iterdir()) == []


def test_every_setting_is_documented_with_its_default() -> None:
    page = (HOUSE / "docs" / "settings.md").read_text()
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    fields = {PREFIX + name.upper(): field for name, field in Settings.model_fields.items()}
    assert rows.keys() == fields.keys()
    for name, field in fields.items():
        if field.default not in ("", None, False):
            assert f"`{field.default}`" in rows[name], name


def test_an_unknown_setting_stops_every_command_with_a_sentence(tmp_path: Path) -> None:
    wrong = {f"{PREFIX}PROT": "5000", f"{PREFIX}DATA_DIR": str(tmp_path / "data")}
    result = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "doctor"],
        cwd=HOUSE,
        env={"PATH": "/usr/bin:/bin", **wrong},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert "Unknown setting OUTREACH_PROT; docs/settings.md lists them all." in result.stderr
    assert "Traceback" not in result.stderr


def test_the_command_routes_is_ours_and_not_flasks(tmp_path: Path) -> None:
    """Flask's own `routes` would hide it, unless the project is installed as a plugin."""
    result = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "routes", "--help"],
        cwd=HOUSE,
        env={"PATH": "/usr/bin:/bin", f"{PREFIX}DATA_DIR": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "status" in result.stdout
