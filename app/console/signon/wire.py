"""The cookie of whoever is away at the issuer."""

from fastapi import Response

from . import rules
from .service import Gate


def set_cookie(answer: Response, gate: Gate, sealed: str) -> None:
    """Have the browser keep what it was sent for, and show it when it comes back from the other site."""
    lasts = int(rules.LASTS.total_seconds())
    answer.set_cookie(
        gate.cookie, sealed, max_age=lasts, path="/", secure=gate.desk.https, httponly=True, samesite="lax"
    )


def drop_cookie(answer: Response, gate: Gate) -> None:
    """It is back; nobody comes back twice."""
    answer.delete_cookie(gate.cookie, path="/", secure=gate.desk.https, httponly=True, samesite="lax")
