"""The console's cookie on its way to a browser."""

from fastapi import Response

from .rules import Session
from .service import Desk


def set_cookie(answer: Response, desk: Desk, one: Session) -> None:
    """Have the browser show this sign-in from now on, to our own pages alone."""
    lasts = int((one.ends_at - one.seen_at).total_seconds())
    answer.set_cookie(
        desk.cookie, desk.seal(one), max_age=lasts, path="/", secure=desk.https, httponly=True, samesite="strict"
    )


def drop_cookie(answer: Response, desk: Desk) -> None:
    """Have the browser forget it."""
    answer.delete_cookie(desk.cookie, path="/", secure=desk.https, httponly=True, samesite="strict")


def cookie_is_set(answer: Response, desk: Desk) -> bool:
    """Does the answer say something of the cookie already?"""
    return any(one.startswith(f"{desk.cookie}=") for one in answer.headers.getlist("set-cookie"))
