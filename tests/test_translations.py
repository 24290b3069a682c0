"""Every sentence has its Vietnamese words, and the compiled catalogue holds the same."""

import functools
import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
VIETNAMESE = ROOT / "translations" / "vi" / "LC_MESSAGES" / "messages.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


@functools.cache
def _source() -> frozenset[str]:
    with (ROOT / "translations" / "babel.cfg").open(encoding="utf-8") as mapping:
        methods, options = parse_mapping_cfg(mapping)
    found = extract_from_dir(ROOT, methods, options)
    return frozenset(message for _file, _line, message, _comments, _context in found)


@functools.cache
def _catalog() -> Catalog:
    with VIETNAMESE.open(encoding="utf-8") as file:
        return read_po(file, locale="vi")


def _translated() -> dict[str, str]:
    return {m.id: m.string for m in _catalog() if m.id and m.string and not m.fuzzy}


def test_every_sentence_is_translated():
    assert sorted(_source() - set(_translated())) == []


def test_no_translation_is_left_of_a_sentence_that_is_gone():
    assert sorted({m.id for m in _catalog() if m.id} - _source()) == []


def test_no_translation_is_a_guess():
    assert [m.id for m in _catalog() if m.id and m.fuzzy] == []


def test_a_translation_names_the_same_values():
    wrong = {
        english: vietnamese
        for english, vietnamese in _translated().items()
        if sorted(set(PLACEHOLDER.findall(english))) != sorted(set(PLACEHOLDER.findall(vietnamese)))
    }
    assert wrong == {}


def test_the_compiled_catalogue_is_fresh():
    with VIETNAMESE.with_suffix(".mo").open("rb") as file:
        compiled = {m.id: m.string for m in read_mo(file) if m.id}
    assert compiled == _translated()


def test_no_sentence_has_two_plural_forms():
    assert [m.id for m in _catalog() if isinstance(m.id, tuple)] == []
