"""Jinja for a form that is somebody else's: its sandbox, and of its language the small part a form
needs. The sandbox keeps a form from what it may not see; it does not keep a line of it from filling
the memory, or from never ending, in the process that answers everybody."""

from __future__ import annotations

from typing import Any, Final

from jinja2 import ChainableUndefined, StrictUndefined, nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from outreach.i18n import _

LOOPS: Final = 2
"""Within each other: apps, and the rows of each."""
SEPARATOR: Final = 20
"""Letters between the parts of what is joined."""
FILTERS: Final = frozenset({"length", "count", "first", "last", "upper", "lower", "trim", "join"})
_PLACES: Final = (nodes.Name, nodes.Getattr, nodes.Getitem)
_KNOWN: Final = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, *_PLACES),
    *(nodes.For, nodes.If, nodes.CondExpr, nodes.Test, nodes.Filter),
    *(nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Concat, nodes.Add),
)


class TooMuch(TemplateSyntaxError):
    """A form does more than to name, ask and repeat."""


class Unknown(StrictUndefined):
    """What a report does not have, said with what it has in that place."""

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint or not isinstance(self._undefined_obj, dict):
            return _("a report has no “%(name)s” there", name=self._undefined_name)
        return _(
            "there is no “%(name)s” there; there are: %(known)s",
            name=self._undefined_name,
            known=", ".join(sorted(self._undefined_obj)),
        )


class FormEnvironment(SandboxedEnvironment):
    """Raises TooMuch for a form that does more than to name, ask and repeat. What a
    report does not have is an error where `strict`; else it stays empty: a day without a campaign
    has no first one."""

    def __init__(self, *, strict: bool) -> None:
        undefined = Unknown if strict else ChainableUndefined
        super().__init__(autoescape=True, undefined=undefined)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        _check(tree, 0)
        return tree


def _check(node: nodes.Node, loops: int) -> None:
    within = loops + isinstance(node, nodes.For)
    if within > LOOPS or not _allowed(node):
        raise TooMuch(
            _(
                "a form names values, asks with “if” and repeats with “for”; this is more:"
                " %(what)s",
                what=getattr(node, "name", None) or type(node).__name__,
            ),
            node.lineno,
        )
    for child in node.iter_child_nodes():
        _check(child, within)


def _allowed(node: nodes.Node) -> bool:
    if isinstance(node, nodes.For):
        return isinstance(node.iter, _PLACES)
    if isinstance(node, nodes.Filter):
        return node.name in FILTERS and (node.name != "join" or _joins(node))
    return isinstance(node, _KNOWN) or _is_width(node)


def _joins(node: nodes.Filter) -> bool:
    short: Any = node.args[0] if len(node.args) == 1 else nodes.Const("")
    words = isinstance(short, nodes.Const) and len(str(short.value)) <= SEPARATOR
    return words and isinstance(node.node, _PLACES) and len(node.args) < 2 and not node.kwargs


def _is_width(node: nodes.Node) -> bool:
    """What docxtpl itself writes for a cell over the columns of a loop: `2 * loop.length`."""
    return (
        isinstance(node, nodes.Mul)
        and isinstance(node.left, nodes.Const)
        and isinstance(node.left.value, int)
        and node.right == nodes.Getattr(nodes.Name("loop", "load"), "length", "load")
    )
