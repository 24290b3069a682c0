"""What Twilio calls us for: the status of a message, or what a person wrote back."""

from __future__ import annotations

import structlog
from flask import Blueprint, abort, current_app, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError, NoResultFound
from twilio.request_validator import RequestValidator

from campaigns.routes import Protocol
from outreach.database import db, write_connection
from outreach.numbers import sealer
from outreach.pages.guard import public
from outreach.security import csrf
from workers import receipts
from workers.gateways import registry, twilio_calls
from workers.gateways.base import Inbound

log = structlog.get_logger()
blueprint = Blueprint("twilio", __name__)
# A machine calls, without a session and so without a token; its signature stands for both.
csrf.exempt(blueprint)

LARGEST = 64 * 1024  # octets; a text of 1600 characters, each escaped, is under 20,000


@blueprint.post("/callbacks/twilio/<int:route_id>")
@public("Twilio has no log-in: every call is signed with the auth token of the route")
def take_in(route_id: int) -> ResponseReturnValue:
    """204 once it is stored; 403 where the signature is not the route's. It may come twice."""
    request.max_content_length = LARGEST
    body = request.get_data()
    if not _is_signed(route_id):
        abort(403)
    inbound = twilio_calls.stored([body])
    with write_connection(db.engine) as connection:
        raw_id = receipts.store_raw(connection, sealer(), route_id, inbound)
    _match(route_id, raw_id, inbound)
    return "", 204


def _is_signed(route_id: int) -> bool:
    """Whether the call is signed by who knows the route's token, for the address we handed out.

    That is the public one, not what this process sees behind its proxies. It is tried with the
    connection overrides too: Twilio's documents do not say whether they are signed with it.
    """
    token = _auth_token(route_id)
    if token is None:
        return False
    address = twilio_calls.status_address(current_app.config["OUTREACH"].web_address, route_id)
    if request.query_string:
        address += f"?{request.query_string.decode('latin-1')}"
    signature = request.headers.get("X-Twilio-Signature", "")
    validate = RequestValidator(token).validate
    endings = ("", twilio_calls.AGAIN)
    return any(validate(address + end, request.form, signature) for end in endings)


def _auth_token(route_id: int) -> str | None:
    with db.engine.connect() as connection:
        try:
            contract = registry.read(connection, route_id, sealer())
        except NoResultFound:
            return None
    return contract.password if contract.protocol is Protocol.TWILIO else None


def _match(route_id: int, raw_id: int, inbound: list[Inbound]) -> None:
    try:
        with write_connection(db.engine) as connection:
            receipts.match(connection, sealer(), route_id, raw_id, inbound)
    except DBAPIError as error:
        # It is stored; the tick matches it.
        log.warning("a receipt waits for the tick", route=route_id, error=type(error).__name__)
