"""Calling addresses that were given to us by callers: never one of our own network, wherever a name may lead.

An address is looked at twice. ``target`` judges it as it is written, when it is given to us; ``post`` looks its name up
once, judges every answer, and dials one of those it has judged, so that a name that leads elsewhere a moment later leads
nowhere (trust: 2.8, 4.G). What the standard library calls global is not enough: it lets through the tunnels by which an
IPv6 address reaches an IPv4 one, and the metadata services of several clouds.
"""

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from .errors import FieldError, Invalid

SECONDS: Final = 15.0
"""How long a call may take from the first byte to the last, however slowly the other side talks."""
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_MOST_READ: Final = 65_536
_HTTPS: Final = 443
# No user, no fragment, nothing but visible ASCII: a name in other letters is written as the domain name system has it.
_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9_.-]{1,253}|\[[0-9a-f]*:[0-9a-f:.]{1,44}\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[!$-;=?-\[\]_a-z~]*)?",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"0x[0-9a-f]*|[0-9]+", re.IGNORECASE)
_INNER_NAMES: Final = frozenset(
    {"corp", "home", "internal", "intranet", "invalid", "lan", "local", "localhost", "onion", "private", "test"}
)
_INNER_4: Final = tuple(
    ip_network(one)
    for one in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        "168.63.129.16/32",  # a cloud's own address for its guests, though it looks like anybody's
    )
)  # fmt: skip
_OUTER_6: Final = ip_network("2000::/3")
"""All that is given out as global unicast (RFC 4291 2.4); tunnels and translations to IPv4 mostly lie outside of it."""
_INNER_6: Final = tuple(
    ip_network(one)
    for one in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3ffe::/16", "3fff::/20")
)
_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [^\r\n]*)?")
Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""Every address that a name has, as text. Raises ``OSError`` where it has none."""


class UrlNotAllowed(Invalid):
    """We call public addresses by https, and nothing that could be our own network."""

    code = "url_not_allowed"
    title = "This address is not one that the service calls"


class Unreachable(Exception):
    """The other side could not be called, or gave no answer in time; the message says why."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What may be called. ``public_url``: we ourselves, which is never outside. ``hosts``: nothing but these (a name for
    port 443, or ``name:port``); None: whatever is public.

    Where we are reached by plain http on this very machine, as in development, so may be others.
    """

    public_url: str
    hosts: frozenset[str] | None = None

    @property
    def own(self) -> tuple[str, int]:
        """Our own name and port."""
        parts = urlsplit(self.public_url)
        return parts.hostname or "", parts.port or (_HTTPS if parts.scheme == "https" else 80)

    @property
    def on_loopback(self) -> bool:
        """Are we ourselves on plain http, for this machine alone?"""
        return self.public_url.startswith("http://") and self.own[0] in LOOPBACK


@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be called as far as can be seen by looking at it."""

    host: str
    port: int
    path: str
    tls: bool

    @property
    def authority(self) -> str:
        """As it stands in the Host header (RFC 9110 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (_HTTPS if self.tls else 80) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said; of what it wrote beside, nothing is read. ``retry_after``: in seconds, if it said so."""

    status: int
    retry_after: int | None = None

    @property
    def taken(self) -> bool:
        """Was the call taken? A redirection is no such answer, and is not followed."""
        return 200 <= self.status < 300


def target(url: str, outside: Outside, pointer: str = "") -> Target:
    """What a written address leads to. ``pointer``: where it stood in the input. Raises ``UrlNotAllowed``."""
    found = _URL.fullmatch(url) if len(url) <= 2000 else None
    if found is None:
        raise _refused(pointer, "It must be an address such as https://tool.example.com/called, without a user.")
    tls = found["scheme"].lower() == "https"
    host = found["host"].lower().strip("[]")
    made = Target(host, int(found["port"] or (_HTTPS if tls else 80)), found["path"] or "/", tls)
    why = _why_not(made, outside)
    if why:
        raise _refused(pointer, why)
    return made


def _refused(pointer: str, why: str) -> UrlNotAllowed:
    return UrlNotAllowed(why, errors=[FieldError(pointer, "not_allowed", why)])


def _why_not(made: Target, outside: Outside) -> str | None:
    if not 0 < made.port < 65_536:
        return "There is no such port."
    if not made.tls:
        return _why_not_plain(made, outside)
    if made.host == outside.own[0]:
        return "It is this service itself."
    if outside.hosts is not None:
        named = made.host if made.port == _HTTPS else f"{made.host}:{made.port}"
        if named not in outside.hosts:
            return "This installation calls the hosts that it was told, and this is none of them."
    elif made.port != _HTTPS:
        return "Only port 443 is called."
    return None if _looks_public(made.host) else "It must have a public name, or a public address."


def _why_not_plain(made: Target, outside: Outside) -> str | None:
    if not outside.on_loopback or made.host not in LOOPBACK:
        return "It must be https."
    return "It is this service itself." if made.port == outside.own[1] else None


def _looks_public(host: str) -> bool:
    labels = host.split(".")
    if ":" in host or _NUMBER.fullmatch(labels[-1]):  # a number at the end: an address, however it is spelled
        written = _address(host)
        return written is not None and is_public(written)
    return len(labels) > 1 and all(labels) and labels[-1] not in _INNER_NAMES and not host.endswith(".home.arpa")


def _address(text: str) -> Address | None:
    """An address in the one usual spelling, and none in octal, in hex, of fewer numbers or of this machine's links."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Is it somebody out there: no part of this machine, its network, its cloud, nor a way round to one of these?"""
    if isinstance(address, IPv4Address):
        return not any(address in net for net in _INNER_4)
    return address.scope_id is None and address in _OUTER_6 and not any(address in net for net in _INNER_6)


def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, as the system knows it."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


def vetted(to: Target, look_up: Resolve = resolve) -> list[str]:
    """The addresses to dial: all that the name has, if every one of them may be called.

    One that may not be refuses them all: which of several would be dialled is for chance, or somebody else, to say.
    Raises ``Unreachable``.
    """
    try:
        found = list(look_up(to.host, to.port))
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{to.host} has no address: {error}") from error
    known = [_address(one) for one in found]
    if not found or not all(one is not None and (is_public(one) if to.tls else one.is_loopback) for one in known):
        raise Unreachable(f"{to.host} leads to an address that is not called.")
    return found


def post(
    to: Target, body: bytes, headers: Mapping[str, str], *, look_up: Resolve = resolve, seconds: float = SECONDS
) -> Answer:
    """Send a body, and read no more of the answer than its head. Proxies that the environment names are not used.

    Raises ``Unreachable`` for whatever keeps an answer from coming in time.
    """
    ends = time.monotonic() + seconds
    head = {
        "Host": to.authority, "Content-Length": str(len(body)), "Connection": "close", "User-Agent": "coe", **headers
    }  # fmt: skip
    lines = [f"POST {to.path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
    addresses = vetted(to, look_up)
    try:
        with _dialled(to, addresses, ends) as connection:
            connection.settimeout(_left(ends))
            connection.sendall("\r\n".join(lines).encode("ascii") + body)
            return _heard(connection, ends)
    except (OSError, ValueError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}") from error


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError("there was no answer in time")
    return left


@contextmanager
def _dialled(to: Target, addresses: Sequence[str], ends: float) -> Iterator[socket.socket]:
    with _connected(to, addresses, ends) as plain:
        if not to.tls:
            yield plain
            return
        plain.settimeout(_left(ends))
        with ssl.create_default_context().wrap_socket(plain, server_hostname=to.host) as secure:
            yield secure


def _connected(to: Target, addresses: Sequence[str], ends: float) -> socket.socket:
    """A connection to the first of the addresses that takes one, and to no other."""
    failed: OSError = OSError("no address")
    for address in addresses:
        try:
            opened = socket.create_connection((address, to.port), _left(ends))
        except OSError as error:
            failed = error
            continue
        if _address(opened.getpeername()[0]) == _address(address):
            return opened
        opened.close()
        failed = OSError("connected to another address than was dialled")
    raise failed


def _heard(connection: socket.socket, ends: float) -> Answer:
    """The answer's status and what it says of trying again, past any number of interim answers (RFC 9110 15.2)."""
    heard, read = b"", 0
    while read < _MOST_READ:
        connection.settimeout(_left(ends))
        more = connection.recv(8192)
        if not more:
            break
        heard, read = heard + more, read + len(more)
        while b"\r\n\r\n" in heard:
            head, _, heard = heard.partition(b"\r\n\r\n")
            answer = _read(head)
            if answer.status >= 200:
                return answer
    raise ValueError("no answer in HTTP")


def _read(head: bytes) -> Answer:
    first, *lines = head.split(b"\r\n")
    status = _STATUS.fullmatch(first)
    if status is None:
        raise ValueError("no answer in HTTP")
    named = (line.partition(b":") for line in lines)
    waits = [value.strip() for name, _, value in named if name.strip().lower() == b"retry-after"]
    said = waits[0].decode("ascii", "replace") if waits else ""
    return Answer(int(status[1]), min(int(said), 10**9) if said.isdecimal() and len(said) < 12 else None)
