from __future__ import annotations

import csv
from pathlib import Path

import pytest

from outreach.area_files import read_areas
from outreach.example.letters import APPS, AREAS_FILE, FIGURES, LETTERS, TARGETS

ROWS = {row.code: row for row in read_areas(AREAS_FILE, {})}


def test_the_shares_are_those_the_letters_print() -> None:
    shares = {figure.area_code: round(100 * figure.installs / figure.of, 2) for figure in FIGURES}
    assert shares == {"45": 18.03, "870": 5.05}


def test_each_letter_target_and_figure_speaks_of_an_area_and_an_app_of_the_example() -> None:
    assert {letter.area_code for letter in LETTERS} == {"45", "870", "252", "181", "391"}
    for stated in (*TARGETS, *FIGURES):
        assert stated.area_code in ROWS
        assert stated.app in {app.code for app in APPS}


def test_a_figures_denominator_is_its_areas_population() -> None:
    for figure in FIGURES:
        assert ROWS[figure.area_code].figures.population == figure.of


def test_the_areas_agree_with_the_reference(shared_data: Path) -> None:
    with (shared_data / "areas-2020-06.csv").open(encoding="utf-8", newline="") as file:
        reference = {row["code"]: row for row in csv.DictReader(file)}
    for code, row in ROWS.items():
        assert row.name == reference[code]["name"]
        assert row.parent_code == (reference[code]["parent_code"] or None)
        census = int(reference[code]["population_2019"])
        # A province's sum in the reference lacks communes without a census; Hồng Ngự's is its own.
        assert row.figures.population == pytest.approx(census, rel=0.015)
        if row.level == "commune":
            assert row.figures.population == census
            assert row.lat == float(reference[code]["lat"])
