"""The first page: the first thing this person works with."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from outreach.pages import guard, navigation

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@guard.logged_in
def index() -> ResponseReturnValue:
    """Go to the first page of the side bar, or say that there is none yet."""
    pages = navigation.entries(guard.person())
    return redirect(url_for(pages[0].endpoint)) if pages else render_template("home.html")
