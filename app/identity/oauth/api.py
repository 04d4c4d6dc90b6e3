"""The token endpoint and the well-known documents."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from app.audit.checkpoints.rules import Notary
from app.identity.service import Identity
from app.kernel.access import NOBODY, house, work_of
from app.kernel.tags import Tag
from app.roles.rules import ClientScope

from . import rules, service, wire

router = APIRouter(tags=[Tag.SIGN_IN])
_FORM = {
    "type": "object",
    "required": ["grant_type"],
    "properties": {
        "grant_type": {"enum": ["authorization_code", "client_credentials"]},
        **{
            name: {"type": "string"}
            for name in ("code", "redirect_uri", "code_verifier", "client_id", "client_secret", "scope")
        },
    },
}
_REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": wire.OAuthError, "description": "Refused: `error` says why (RFC 6749 5.2)."},
    401: {"model": wire.OAuthError, "description": "The client is unknown or its secret is wrong."},
}


def identity(request: Request) -> Identity:
    """Identity as ``main`` put it together."""
    built: Identity = request.app.state.identity
    return built


@router.post(
    "/oauth/token",
    response_model=wire.Token,
    responses=_REFUSALS,
    summary="Exchange a code or client credentials for an access token",
    openapi_extra={"requestBody": {"required": True, "content": {wire.FORM: {"schema": _FORM}}}},
)
def token(request: Request, form: Annotated[rules.Pairs, Depends(wire.read_form)]) -> Response:
    """RFC 6749 3.2: the grants `authorization_code` (with PKCE) and `client_credentials`."""
    if request.scope["query_string"]:
        # A secret in an address ends in logs and histories (RFC 6749 2.3.1).
        return wire.error("invalid_request", "Send every parameter in the body, none in the address.")
    if request.state.bad_form is not None:
        return wire.error("invalid_request", request.state.bad_form)
    twice = rules.repeated(form)
    if twice is not None:
        return wire.error("invalid_request", f"The parameter {twice} is there twice.")
    return _exchange(request, {name: value for name, value in form if value})


def _exchange(request: Request, form: dict[str, str]) -> Response:
    if "grant_type" not in form:
        return wire.error("invalid_request", "The parameter grant_type is missing.")
    try:
        credentials = wire.credentials(request, form)
    except wire.BadForm as error:
        return wire.error("invalid_request", str(error))
    parts = house(request)
    write = form["grant_type"] == "authorization_code"
    with work_of(parts, NOBODY, request.state.request_id, write=write) as work:
        answer = service.exchange(identity(request), work, form, credentials)
    return wire.render(answer)


@router.get("/.well-known/jwks.json", summary="The public keys that our tokens are signed with")
def jwks(request: Request) -> dict[str, list[dict[str, str]]]:
    """A JWK Set (RFC 7517 5); the first key is the one in use. Those that sign the audit log's checkpoints come last."""
    signed: Notary = request.app.state.notary()
    return {"keys": [*identity(request).own.ring.public().values(), *map(dict, signed.public.values())]}


@router.get("/.well-known/openid-configuration", summary="What this issuer can do and where")
def metadata(request: Request) -> dict[str, Any]:
    """Authorization server metadata (RFC 8414 2); where people log in elsewhere, only service clients get tokens."""
    built = identity(request)
    url, people = built.public_url, built.external is None
    document: dict[str, Any] = {
        "issuer": built.own.name,
        "token_endpoint": f"{url}/oauth/token",
        "jwks_uri": f"{url}/.well-known/jwks.json",
        "scopes_supported": sorted(ClientScope),
        "response_types_supported": ["code"] if people else [],
        "grant_types_supported": [*(["authorization_code"] if people else []), "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    }
    return document | ({"authorization_endpoint": f"{url}/oauth/authorize"} if people else {})
