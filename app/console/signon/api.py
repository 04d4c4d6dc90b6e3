"""The console's door where people sign in at an issuer of their company's: out to it, and back."""

from fastapi import APIRouter, Request, Response

from app.console.frame import wire as frame
from app.console.sessions import rules as session_rules
from app.console.sessions import wire as session_wire
from app.console.sessions.api import elsewhere
from app.identity.login.api import FEW, opened
from app.kernel.access import house

from . import rules, service, wire
from .rules import NotSignedIn
from .service import BACK, Gate

door = APIRouter(include_in_schema=False)


@door.get(f"{session_rules.HOME}/login/away")
def away(request: Request, next: str | None = None) -> Response:
    """To the issuer, to sign in there."""
    gate: Gate = request.app.state.gate
    if gate.application is None:
        return frame.go(f"{session_rules.HOME}/login")
    one = rules.errand(session_rules.way_back(next))
    answer = frame.go(rules.away(gate.application, gate.redirect_uri, one))
    wire.set_cookie(answer, gate, gate.seal(one, house(request).clock()))
    return answer


@door.get(BACK, dependencies=[FEW])
def back(request: Request) -> Response:
    """From the issuer, with a code or without: signed in, or told why not."""
    gate: Gate = request.app.state.gate
    external, now = gate.identity.external, house(request).clock()
    one = gate.read(request.cookies.get(gate.cookie), now)
    answer = dict(request.query_params)
    try:
        begun = service.signed_in(gate, opened(request, write=True), answer, one, now)
    except NotSignedIn as refused:
        if external is None:
            return frame.go(f"{session_rules.HOME}/login")
        page = elsewhere(external.settings, one.back if one else session_rules.HOME, 403, alert=str(refused))
        wire.drop_cookie(page, gate)
        return page
    # Its cookie is a strict one: it is not shown by what another site began, as this was, but by a page of ours.
    page = frame.plain("onward.html", path=one.back if one else session_rules.HOME)
    page.headers["Referrer-Policy"] = "no-referrer"
    session_wire.set_cookie(page, gate.desk, begun)
    wire.drop_cookie(page, gate)
    return page
