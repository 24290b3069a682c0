"""Classes of colours: by the value as printed, at the edges the legend prints."""

from __future__ import annotations

import pytest

from outreach import scales


@pytest.mark.parametrize(
    ("percent", "colour"),
    [(None, 0), (0.0, 1), (2.9, 1), (3.0, 2), (3.9949, 2), (3.9951, 3), (8.0, 6), (100.0, 6)],
)
def test_a_rate_has_the_colour_of_what_is_printed(percent: float | None, colour: int) -> None:
    assert scales.RATES[0].of(percent) == colour
    assert scales.RATES[0].steps("vi") == ["< 3", "3–4", "4–5", "5–6", "6–8", "≥ 8%"]


@pytest.mark.parametrize(("most", "first"), [(None, 3.0), (11.9, 3.0), (12.0, 5.0), (60.0, 10.0)])
def test_the_edges_of_rates_follow_the_highest(most: float | None, first: float) -> None:
    assert scales.rate([1.0, most]).edges[0] == first


@pytest.mark.parametrize(
    ("change", "colour"),
    [(None, 0), (-2.01, 1), (-2.0, 2), (-1.01, 2), (-0.004, 4), (-0.01, 3), (0.0, 4), (0.004, 4),
     (0.01, 5), (0.99, 5), (0.999, 6), (1.0, 6), (2.0, 7)],
)  # fmt: skip
def test_a_change_has_the_colour_of_what_is_printed(change: float | None, colour: int) -> None:
    scale = scales.change([3.0, -1.0])
    assert scale.of(change) == colour
    assert scale.steps("vi") == ["< −2", "< −1", "< 0", "0", "> 0", "≥ +1", "≥ +2"]


def test_colours_are_as_far_apart_as_the_changes() -> None:
    assert scales.change([0.6, None, -0.1]).steps("vi")[-1] == "≥ +0,4"
