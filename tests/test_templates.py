"""What the pages' strict content policy and the house rules forbid in templates."""

import re
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "templates").rglob("*.html"))
}
FORBIDDEN = {
    "an inline style": re.compile(r"\sstyle\s*=", re.I),
    "a style element": re.compile(r"<style\b", re.I),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)", re.I),
    "an event attribute": re.compile(r"\s(on[a-z]+|hx-on[^\s=]*)\s*=", re.I),
    "another site": re.compile(r"(src|href|action)=\"(https?:)?//", re.I),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_template_holds(what):
    assert [name for name, text in TEMPLATES.items() if FORBIDDEN[what].search(text)] == []


def test_every_form_that_changes_something_is_guarded_against_forgery():
    forms = [
        (name, form)
        for name, text in TEMPLATES.items()
        for form in re.findall(r"<form method=\"post\".*?</form>", text, re.S)
    ]
    assert forms
    assert [each for each in forms if not re.search("csrf_token|hidden_tag", each[1])] == []


def test_the_style_sheet_loads_nothing_from_elsewhere():
    sheet = (ROOT / "static" / "css" / "tn.css").read_text(encoding="utf-8")
    addresses = re.findall(r"url\(([^)]+)\)", sheet)
    assert addresses
    for address in addresses:
        assert (ROOT / "static" / "css" / address).resolve().is_file()


def test_every_section_of_the_style_sheet_is_closed_and_stands_once():
    """A brace that is lost puts all that follows into somebody's media query."""
    sheet = (ROOT / "static" / "css" / "tn.css").read_text(encoding="utf-8")
    depth, headings = 0, []
    for number, line in enumerate(sheet.splitlines(), start=1):
        if line.startswith("/* "):
            headings.append(line)
            assert depth == 0, f"line {number} begins a section inside an open brace"
        depth += line.count("{") - line.count("}")
        assert depth >= 0, f"line {number} closes what is not open"
    assert depth == 0
    assert len(headings) == len(set(headings))


def _icons_asked_for(text: str) -> set[str]:
    """Names of icons that a template passes on as literal words."""
    tree = Environment(autoescape=True, extensions=["jinja2.ext.i18n"]).parse(text)
    return {
        call.args[0].value
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name)
        and call.node.name == "icon"
        and call.args
        and isinstance(call.args[0], nodes.Const)
    }


def _icons() -> set[str]:
    text = (ROOT / "templates" / "macros" / "icons.html").read_text(encoding="utf-8")
    return set(re.findall(r"^  '([a-z0-9-]+)': '<", text, re.M))


def test_every_icon_named_is_there():
    known = _icons()
    missing = {name: _icons_asked_for(text) - known for name, text in TEMPLATES.items()}
    assert {name: icons for name, icons in missing.items() if icons} == {}


def test_no_icon_is_kept_that_nobody_uses():
    used = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("templates", "outreach", "campaigns", "workers")
        for path in (ROOT / folder).rglob("*.*")
        if path.suffix in {".html", ".py"} and path.name != "icons.html"
    )
    assert {name for name in _icons() if not re.search(rf"['\"]{name}['\"]", used)} == set()
