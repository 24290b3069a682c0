"""What every page must hold, read from its HTML: a parser's view, without a browser.

`faults(page)` names what is wrong with one; `links(page)` are the pages it leads to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element

import html5lib

# Words of English that no Vietnamese text, code or name of the tests' people holds.
ENGLISH = re.compile(r"\b(the|and|of|is|are|was|this|that|with|from|your|not|has|have|been)\b")
SAID_BY_THE_BROWSER_ALONE = {"script", "style", "svg", "code", "pre", "textarea"}
UNLABELLED = {"hidden", "submit", "button", "image", "reset"}


@lru_cache(maxsize=2)  # a page is asked for its faults and then for its links
def parse(page: str) -> tuple[Element, tuple[str, ...]]:
    """The tree, and what the HTML standard's parser complains about."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(page)
    wrong = tuple(f"{code} at {place}: {values}" for place, code, values in parser.errors)
    return tree, wrong


def faults(page: str, language: str = "vi") -> list[str]:
    """What is wrong with a whole page; an empty list where nothing is."""
    tree, said = parse(page)
    wrong = list(said)
    html = tree if tree.tag == "html" else tree.find("html")
    if html is None or html.get("lang") != language:
        wrong.append(f"its language is not {language}")
    wrong += _of_structure(tree)
    wrong += [f"no label: {name}" for name in _unlabelled(tree)]
    if language == "vi":
        wrong += [f"not translated: {text!r}" for text in _texts(tree) if ENGLISH.search(text)]
    return wrong


def _of_structure(tree: Element) -> Iterator[str]:
    title = tree.find(".//head/title")
    if title is None or not (title.text or "").strip():
        yield "no title"
    headings = len(list(tree.iter("h1")))
    if headings != 1:
        yield f"{headings} h1"
    ids = [each.get("id") for each in tree.iter() if each.get("id")]
    yield from (
        f"id {each} twice" for each in sorted({i for i in ids if ids.count(i) > 1} - {None})
    )
    for each in tree.iter():
        for name in ("aria-labelledby", "aria-describedby", "aria-controls", "for"):
            missing = set((each.get(name) or "").split()) - set(ids)
            if missing:
                yield f"{name} names {missing}, which is not there"


def _unlabelled(tree: Element) -> Iterator[str]:
    labelled = {label.get("for") for label in tree.iter("label")}
    inside = {
        id(field) for label in tree.iter("label") for field in label.iter() if field is not label
    }
    for field in (f for tag in ("input", "select", "textarea") for f in tree.iter(tag)):
        if field.get("type") in UNLABELLED or id(field) in inside:
            continue
        named = field.get("aria-label") or field.get("aria-labelledby")
        if not named and (field.get("id") is None or field.get("id") not in labelled):
            yield field.get("name") or "?"


def _texts(element: Element) -> Iterator[str]:
    """What is read aloud or shown, but for what is marked as another language."""
    if element.tag in SAID_BY_THE_BROWSER_ALONE or element.get("lang") == "en":
        return
    for name in ("aria-label", "title", "placeholder", "alt"):
        if element.get(name):
            yield str(element.get(name))
    if isinstance(element.tag, str) and element.text and element.text.strip():
        yield element.text.strip()
    for child in element:
        yield from _texts(child)
        if child.tail and child.tail.strip():
            yield child.tail.strip()


def links(page: str, at: str) -> list[str]:
    """The addresses on this site it leads to, with their queries, in order."""
    tree, _ = parse(page)
    found = (urljoin(at, each.get("href") or "") for each in tree.iter("a") if each.get("href"))
    here = (urlsplit(address) for address in found)
    return [each._replace(fragment="").geturl() for each in here if not each.netloc]


def waiting(page: str, address: str) -> int:
    """The red number beside an entry of the side bar; 0 where there is none."""
    entry = re.search(rf'<li><a href="{re.escape(address)}".*?</a></li>', page, re.DOTALL)
    assert entry is not None, f"{address} is not in the side bar"
    count = re.search(r'class="count n waits">(\d+)', entry[0])
    return int(count[1]) if count else 0
