"""The communes a person sees in the tree of areas, drawn where they lie; the ticked ones filled."""

from __future__ import annotations

from collections.abc import Iterator

from campaigns.area_tree import Node, Tree
from outreach import maps
from outreach.area_names import Level
from outreach.maps import Map, Spot

NOT_TICKED, TICKED = 1, 2


def of(tree: Tree) -> Map | None:
    """The drawing of the communes that are open in the tree; None where there are too few."""
    return maps.draw(
        Spot(
            node.name,
            node.lat,
            node.lon,
            node.population or node.subscribers or None,
            TICKED if node.chosen or node.implied else NOT_TICKED,
        )
        for root in tree.roots
        for node in _seen(root)
        if node.level is Level.COMMUNE
    )


def _seen(node: Node) -> Iterator[Node]:
    """The node and all below it that the reader has open."""
    yield node
    if node.open and node.level is not Level.COMMUNE:
        for child in node.children:
            yield from _seen(child)
