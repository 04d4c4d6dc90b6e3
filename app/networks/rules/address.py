"""Addresses as people paste them: host, path and query of an http(s) URL, with or without its scheme."""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

import idna

from app.networks.rules.refusals import BadHandle
from app.networks.rules.text import refuse_unseen

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PARTS = re.compile(r"([^/?#]*)([^?#]*)(?:\?([^#]*))?")
_OTHER_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?![0-9]+(?:[/?#]|$))", re.IGNORECASE)
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_MOST = 256
"""Characters of a name that is no ASCII yet: few enough to encode it quickly."""


@dataclass(frozen=True, slots=True)
class Address:
    """``host`` in its one form, path ``segments`` decoded and never empty, ``query`` as it stood."""

    host: str
    segments: tuple[str, ...]
    query: str


def read_address(text: str) -> Address:
    """Takes an address apart (RFC 3986 appendix B), refusing every form that a person and a browser could read apart.

    ``text`` comes from ``clean``. Fragment and default ports do not count; user names, other ports, schemes other
    than http(s), backslashes, blanks and dot segments are refused.
    """
    if re.search(r"[\s\\]", text):
        raise BadHandle("url_malformed", "An address holds neither blanks nor backslashes.")
    authority, path, query = _split(_without_scheme(text))
    return Address(_host(authority), _segments(path), query)


def domain(text: str) -> str:
    """The one form of a domain name: lower case, A-labels (UTS 46, RFC 5891), without a final dot.

    Refuses single labels, IP addresses in any spelling, and whatever RFC 1035 2.3.4 and RFC 1123 2.1 do not allow.
    """
    name = _a_labels(text.lower()).removesuffix(".")
    labels = name.split(".")
    sound = len(name) <= 253 and len(labels) > 1 and all(map(_LABEL.fullmatch, labels))
    if not sound or _NUMBER.fullmatch(labels[-1]):
        raise BadHandle("bad_host", "That is not the name of a host on the internet.")
    return name


def readable(host: str) -> str:
    """The host as a browser may show it, in Unicode, for comparing looks; as it is where it cannot be decoded."""
    try:
        return idna.decode(host)
    except idna.IDNAError:
        return host


def _a_labels(name: str) -> str:
    if name.isascii() or len(name) > _MOST:  # what is too long is refused as it stands: cut short it would be another's
        return name
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise BadHandle("bad_host", "That is not the name of a host on the internet.") from error


def _without_scheme(text: str) -> str:
    head, mark, rest = text.partition("://")
    if mark and not set("/?#") & set(head):
        if head.casefold() not in ("http", "https"):
            raise BadHandle("url_scheme", "Only http and https addresses name an account.")
        return rest
    if _OTHER_SCHEME.match(text):
        raise BadHandle("url_scheme", "Only http and https addresses name an account.")
    return text.removeprefix("//")


def _split(text: str) -> tuple[str, str, str]:
    found = _PARTS.match(text)
    authority, path, query = found.groups() if found else ("", "", None)
    return authority, path, query or ""


def _host(authority: str) -> str:
    if "@" in authority:
        raise BadHandle("url_userinfo", "An address with a user name before its host may pretend to be another's.")
    name, _, port = authority.partition(":")
    host = domain(name)
    if port not in ("", "80", "443"):
        raise BadHandle("url_port", "An account's address has no port of its own.")
    return host


def _segments(path: str) -> tuple[str, ...]:
    segments = tuple(_decoded(part) for part in path.split("/") if part)
    if not {".", ".."}.isdisjoint(segments):
        raise BadHandle("url_path", "An account's address has no dot segments.")
    return segments


def _decoded(segment: str) -> str:
    """Decoded once, strictly, as UTF-8 (RFC 3986 2.5): what stays encoded after that is refused by the rules."""
    if _BAD_ESCAPE.search(segment):
        raise BadHandle("url_escape", "The address has a percent sign that encodes nothing.")
    try:
        text = unquote_to_bytes(segment).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadHandle("url_escape", "The address encodes bytes that are not UTF-8.") from error
    refuse_unseen(text)
    return unicodedata.normalize("NFC", text)
