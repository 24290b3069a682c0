"""What a comparison says of its campaigns is true of them."""

from __future__ import annotations

from campaigns import compare, compare_asking, compare_words
from campaigns.states import MessageState
from tests.campaigns.comparing import Scene, scene
from tests.drive import at

__all__ = ["scene"]


def why() -> str:
    at("20/8 16:00")
    asked = compare_asking.ask("BLUEZONE", "2020-08-06", "2020-08-20", ["870"])
    return compare_words.why_no_effect(compare.of(asked))


def test_the_reason_given_is_true_of_how_the_campaigns_chose(scene: Scene) -> None:
    assert "not drawn by lot" in why()
    drawn = scene.send("10/8", {"29971": 3}, selection_rule="lottery: bốc thăm ngày 9/8")
    scene.move(drawn, (MessageState.ACCEPTED, 3))
    assert "were drawn by lot" in why()
    assert "may be chance" in why()
    other = scene.send("11/8", {"29971": 1}, selection_rule="low_uptake: dưới 4%")
    scene.move(other, (MessageState.ACCEPTED, 4))
    assert "not drawn by lot" in why()
