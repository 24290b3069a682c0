"""What stands between braces in an office's form, looked at before docxtpl works on it.

docxtpl reads a form as one text: a brace that is not closed takes everything up to the next one
with it, and a loop over the wrong piece of a table leaves whole pages out, without an error. So it
is looked at here paragraph by paragraph, and what is wrong is quoted as it stands in the form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from jinja2.exceptions import TemplateSyntaxError

from campaigns.reports.sandbox import FormEnvironment, TooMuch
from outreach.errors import Refused
from outreach.i18n import N_, _

if TYPE_CHECKING:
    from docxtpl import DocxTemplate

_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PARTS: Final = re.compile(r"/word/(document|header\d*|footer\d*)\.xml")
_TRACKED: Final = [f"{_W}{name}" for name in ("ins", "del", "moveFrom", "moveTo")]
_MARK: Final = re.compile(r"\{[{%]|[}%]\}")
_TAG: Final = re.compile(r"\{[{%]((?:tr|tc|p|r)(?=\s))?-?(.*?)-?[}%]\}", re.DOTALL)
_QUOTES: Final = str.maketrans("“”‘’", "\"\"''")
"""A word processor makes curly ones of those that are typed."""
_WHOLE: Final = {"tr": N_("table row"), "tc": N_("table cell"), "p": N_("paragraph")}
"""What docxtpl takes away around a tag with such a beginning."""
_QUOTED: Final = 80


@dataclass(frozen=True)
class Tag:
    """`{{ a name }}` or `{%p for … %}`, as it stands in a paragraph."""

    written: str
    kind: str
    said: str
    paragraph: Any

    @property
    def shown(self) -> str:
        """As it is quoted to who has to find it."""
        return self.written[:_QUOTED]

    @property
    def word(self) -> str:
        """`for`, `endif`; "" of a name."""
        return self.said.split(maxsplit=1)[0] if self.written.startswith("{%") and self.said else ""

    @property
    def home(self) -> Any:
        """Within which it repeats: a table, a row, or where its paragraph stands."""
        inside = self.inside
        return None if inside is None else inside.getparent()

    @property
    def inside(self) -> Any:
        """The piece that docxtpl takes for it: a row, a cell, a paragraph; None where it stands in
        none."""
        if self.kind in {"tr", "tc"}:
            return next(self.paragraph.iterancestors(f"{_W}{self.kind}"), None)
        return self.paragraph


def check(document: DocxTemplate, environment: FormEnvironment) -> None:
    """Raise Refused (field `form`) for the first thing that docxtpl would lose or misread."""
    for part in document.get_docx().part.package.iter_parts():
        if _PARTS.fullmatch(part.partname):
            _check_part(part.element, environment)


def _check_part(root: Any, environment: FormEnvironment) -> None:
    if next(root.iter(*_TRACKED), None) is not None:
        raise _refused(
            _("The form holds tracked changes. Accept or reject all of them, and save it again.")
        )
    tags = [tag for paragraph in root.iter(f"{_W}p") for tag in _tags(paragraph)]
    for tag in tags:
        _check_whole(tag)
        _check_reads(tag, environment)
    _check_blocks(tags)


def _text(pieces: Iterable[Any]) -> str:
    return "".join(each.text or "" for each in pieces)


def _own(paragraph: Any) -> str:
    """Its text without that of a frame which hangs on it."""
    texts = paragraph.iter(f"{_W}t")
    return _text(each for each in texts if next(each.iterancestors(f"{_W}p")) is paragraph)


def _tags(paragraph: Any) -> Iterator[Tag]:
    text, opened = _own(paragraph), None
    for mark in _MARK.finditer(text):
        if opened is None and mark[0][0] == "{":
            opened = mark
        elif opened is not None and mark[0] == ("}}" if opened[0] == "{{" else "%}"):
            written = text[opened.start() : mark.end()]
            found = _TAG.fullmatch(written)
            said = "" if found is None else found[2].translate(_QUOTES).strip()
            yield Tag(written, (found and found[1]) or "", said, paragraph)
            opened = None
        else:
            break
    else:
        if opened is None:
            return
    raise _refused(
        _(
            "Braces are not in pairs in “%(text)s”. A name stands as in %(name)s, a loop as in"
            " %(loop)s, each within one paragraph.",
            text=text.strip()[:_QUOTED],
            name="{{ ngay_ky }}",
            loop="{%p for dong in noi_nhan %}",
        )
    )


def _check_whole(tag: Tag) -> None:
    """Whether anything would go with the row, cell or paragraph that is taken away."""
    what = _WHOLE.get(tag.kind)
    if what is None:
        return
    if tag.inside is None:
        raise _refused(_("“%(tag)s” stands in no %(what)s.", tag=tag.shown, what=_(what)))
    inside = tag.inside
    text = _own(inside) if inside is tag.paragraph else _text(inside.iter(f"{_W}t"))
    if rest := text.replace(tag.written, "", 1).strip():
        raise _refused(
            _(
                "“%(tag)s” takes the whole %(what)s away in which it stands, and “%(rest)s” with"
                " it. Put it into a %(what)s of its own.",
                tag=tag.shown,
                what=_(what),
                rest=rest[:_QUOTED],
            )
        )


def _check_reads(tag: Tag, environment: FormEnvironment) -> None:
    """Whether it can be read by itself: what it is part of comes after."""
    word, rest = tag.word, tag.said.removeprefix(tag.word)
    if word in {"for", "if", "elif"}:
        begins = "for" if word == "for" else "if"
        source = f"{{% {begins}{rest} %}}{{% end{begins} %}}"
    elif tag.written.startswith("{{"):
        source = f"{{{{ {tag.said} }}}}"
    else:
        return
    try:
        environment.parse(source)
    except TooMuch as error:
        raise _refused(
            _("“%(tag)s” cannot be filled: %(error)s", tag=tag.shown, error=error)
        ) from None
    except TemplateSyntaxError:
        raise _refused(
            _(
                "“%(tag)s” cannot be read. A name has no spaces in it; “for” and “if” are written"
                " as in the usual form.",
                tag=tag.shown,
            )
        ) from None


def _check_blocks(tags: Iterable[Tag]) -> None:
    """Whether every `for` and `if` has its end, in the same cell or table."""
    opened: list[Tag] = []
    for tag in tags:
        if tag.word in {"for", "if"}:
            opened.append(tag)
        elif tag.word in {"else", "elif", "endfor", "endif"}:
            _check_belongs(tag, opened)
            if tag.word.startswith("end"):
                opened.pop()
    if opened:
        last = opened[-1]
        end = f"{{%{last.kind} end{last.word} %}}"
        raise _refused(
            _("“%(tag)s” has no end. Put “%(end)s” where it stops.", tag=last.shown, end=end)
        )


def _check_belongs(tag: Tag, opened: list[Tag]) -> None:
    if not opened:
        raise _refused(_("Nothing begins what “%(tag)s” ends.", tag=tag.shown))
    begun = opened[-1]
    written = {"begun": begun.shown, "tag": tag.shown}
    if tag.word.startswith("end") and tag.word != f"end{begun.word}":
        raise _refused(_("“%(tag)s” stands where “%(begun)s” has not ended yet.", **written))
    if tag.kind != begun.kind or tag.home is not begun.home:
        raise _refused(
            _(
                "“%(begun)s” and “%(tag)s” belong together: both begin alike and stand in the same"
                " cell or the same table. Rows are repeated by “%(row)s” and “%(end)s”, each in a"
                " table row of its own.",
                row="{%tr for … %}",
                end="{%tr endfor %}",
                **written,
            )
        )


def _refused(sentence: str) -> Refused:
    return Refused(sentence, "form")
