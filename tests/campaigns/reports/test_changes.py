"""What is no longer as a report said it."""

from __future__ import annotations

import copy
from typing import Any

from campaigns.reports import changes, forms

FIGURES = forms.SAMPLE["figures"]


def changed(**values: Any) -> dict[str, Any]:
    """The invented figures with the first app's only row changed."""
    made = copy.deepcopy(FIGURES)
    made["apps"][0]["rows"] = [made["apps"][0]["rows"][0] | values]
    return made


def test_the_same_figures_have_no_differences() -> None:
    assert changes.between(FIGURES, copy.deepcopy(FIGURES)) == []


def test_a_corrected_figure_is_told_with_both_sides() -> None:
    (found,) = changes.between(FIGURES, changed(installs=6100, punctuality="late"))
    told = {"name": "Xã Ví Dụ", "app": "Bluezone", "what": "installs"}
    assert found == told | {"before": 6090, "after": 6100}


def test_a_school_s_corrected_figure_is_told_too() -> None:
    after = copy.deepcopy(FIGURES)
    (school,) = after["apps"][0]["schools"]
    school["installs"] += 5
    (found,) = changes.between(FIGURES, after)
    assert (found["name"], found["before"], found["after"]) == ("Trường THPT Ví Dụ", 6090, 6095)
    assert changes.corrections([found]) == [found]


def test_who_became_late_without_a_figure_is_told() -> None:
    (found,) = changes.between(FIGURES, changed(punctuality="missing"))
    assert (found["what"], found["before"], found["after"]) == ("punctuality", "on_time", "missing")


def test_a_target_set_anew_is_told_and_what_follows_from_figures_is_not() -> None:
    before, after = copy.deepcopy(FIGURES), copy.deepcopy(FIGURES)
    target = {"share": 1000, "denominator": "population", "group": "", "deadline": "2020-08-31"}
    before["apps"][0]["target"] = target | {"gap": 5}
    after["apps"][0]["target"] = target | {"gap": 4}
    assert changes.between(before, after) == []
    after["apps"][0]["target"] = target | {"share": 2000}
    (found,) = changes.between(before, after)
    assert found["what"] == "target"


def test_messages_that_go_on_call_for_no_edition() -> None:
    made = copy.deepcopy(FIGURES)
    made["sent"][0] |= {"messaged": 120, "delivered": 110}
    found = changes.between(FIGURES, made)
    assert [(each["what"], each["before"], each["after"]) for each in found] == [
        ("messaged", 100, 120),
        ("delivered", 90, 110),
    ]
    assert changes.corrections(found) == []


def test_visits_recorded_anew_call_for_a_corrected_edition() -> None:
    visits = {"communes": 1, "households": 120, "helped": 45}
    before, after = copy.deepcopy(FIGURES), copy.deepcopy(FIGURES)
    before.pop("visits", None)  # a report from before there were any
    after["visits"] = visits
    found = changes.between(before, after)
    assert [(each["what"], each["before"], each["after"]) for each in found] == [
        ("households", None, 120),
        ("helped", None, 45),
    ]
    assert changes.corrections(found) == found
