import pytest
from flask import Flask, render_template_string

from outreach import i18n


@pytest.fixture
def app():
    app = Flask(__name__)
    i18n.init_app(app)

    @app.get("/page/<name>")
    def page(name):
        return render_template_string(
            "{{ language() }}|{{ 1250000|number }}|{{ language_link('en') }}"
        )

    return app


def test_a_page_speaks_vietnamese_first(app):
    assert app.test_client().get("/page/a").text.startswith("vi|1.250.000|")


def test_the_switch_is_remembered_and_comes_back_to_the_same_page(app):
    client = app.test_client()
    answer = client.get("/page/a?state=draft&lang=en")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/page/a?state=draft")
    assert client.get("/page/a").text.startswith("en|1,250,000|")


def test_the_switch_keeps_the_page_s_own_arguments(app):
    assert app.test_client().get("/page/a?state=draft").text.endswith("?state=draft&amp;lang=en")


def test_an_unknown_language_changes_nothing(app):
    client = app.test_client()
    assert client.get("/page/a?lang=tlh").text.startswith("vi")
    client.set_cookie("language", "tlh")
    assert client.get("/page/a").text.startswith("vi")


def test_the_switch_never_leads_to_another_site(app):
    path = {"PATH_INFO": "//evil.example/"}
    answer = app.test_client().get("/?lang=en", environ_overrides=path)
    assert answer.headers["Location"] == "/evil.example/"


def test_a_sentence_needs_no_application_context():
    assert i18n._("No campaign %(id)s.", id=7) == "No campaign 7."
    assert i18n.N_("Draft") == "Draft"
    assert i18n.language() == "en"


def test_a_command_speaks_vietnamese(app):
    with app.app_context():
        assert i18n.language() == "vi"
