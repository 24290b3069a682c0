"""What an office's form may do: name, ask and repeat, and nothing that has no end."""

from __future__ import annotations

import pytest
from jinja2.exceptions import TemplateError

from campaigns.reports.sandbox import FormEnvironment

VALUES = {"so": "5", "dong": [{"ten": "A"}, {"ten": "B"}], "noi": ["a", "b"]}


@pytest.mark.parametrize(
    "line",
    [
        "{{ 'a' * 2000 }}",
        "{{ 2000 * so }}",
        "{{ 9 ** 999 }}",
        "{{ '%2000d' % 1 }}",
        "{{ so|center(2000) }}",
        "{{ so|replace('', 'aaaa') }}",
        "{{ noi|join('a')|join('a') }}",
        "{{ noi|join('aaaaaaaaaaaaaaaaaaaaa') }}",
        "{{ so.ljust(2000) }}",
        "{{ lipsum(2000) }}",
        "{% for i in range(2000) %}x{% endfor %}",
        "{% for i in 'aaaa' %}x{% endfor %}",
        "{% for a in noi %}{% for b in noi %}{% for c in noi %}x" + "{% endfor %}" * 3,
        "{% set a = so ~ so %}{{ a }}",
        "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
        "{% include 'a' %}",
    ],
)
def test_a_line_without_an_end_is_none_of_a_form_s(app: object, line: str) -> None:
    with pytest.raises(TemplateError, match="this is more"):
        FormEnvironment(strict=True).from_string(line)


@pytest.mark.parametrize(
    ("line", "made"),
    [
        ("{% if noi|length > 1 and not so == '4' %}{{ noi[0] ~ '/' }}{% endif %}", "a/"),
        ("{% for d in dong %}{{ loop.index + 1 }}{{ d.ten|lower }}{% endfor %}", "2a3b"),
        ("{% for d in dong %}{% for n in noi %}{{ n }}{% endfor %}{% endfor %}", "abab"),
        ("{{ noi|join(', ') }}", "a, b"),
        ("{% for d in dong %}{% if loop.first %}{{ 2 * loop.length }}{% endif %}{% endfor %}", "4"),
    ],
)
def test_what_a_form_needs_it_may(app: object, line: str, made: str) -> None:
    assert FormEnvironment(strict=True).from_string(line).render(VALUES) == made
