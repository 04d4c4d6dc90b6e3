"""Passwords and how often they may be tried."""

import ipaddress
import unicodedata
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256
from typing import Final

from app.kernel.errors import Invalid
from app.kernel.text import key_of

MIN_PASSWORD: Final = 12
MAX_PASSWORD: Final = 256
MAX_FAILURES: Final = 10
WINDOW: Final = timedelta(minutes=15)
"""After ``MAX_FAILURES`` in it, the account or the address waits until it is over."""


def prepared(password: str) -> str:
    """The one spelling of a password that is hashed: keyboards differ in how they compose letters."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, names: Iterable[str | None]) -> None:
    """Long enough, and not the person's own name. Raises ``Invalid``; never repeats the password."""
    text = prepared(password)
    if not MIN_PASSWORD <= len(text) <= MAX_PASSWORD:
        raise Invalid.field("/password", "length", f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters.")
    if len(set(text)) == 1 or key_of(text) in {key_of(name) for name in names if name}:
        raise Invalid.field("/password", "guessable", "This password is too easy to guess.")


def account_key(user: str) -> str:
    """Under which name tries on an account are counted: one length for all, known or not."""
    return "account:" + sha256(key_of(user).encode("utf-8", "replace")).hexdigest()


def address_key(host: str | None) -> str:
    """Under which name tries from an address are counted; an IPv6 customer has a whole /64 to try from."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return f"address:{(host or 'unknown')[:100]}"
    if address.version == 6:
        return f"address:{ipaddress.ip_network((address, 64), strict=False)}"
    return f"address:{address}"
