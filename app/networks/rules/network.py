"""A network as data: hosts, the forms of its handles and their addresses; read from and written to plain mappings."""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, asdict, dataclass, fields
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from app.networks.rules.address import domain
from app.networks.rules.refusals import BadHandle, BadNetwork
from app.networks.rules.text import refuse_unseen

_KEY = re.compile(r"[a-z][a-z0-9_]{0,31}")
_LABEL = re.compile(r"(?:[a-z]{1,20}/)?")
_STARTS = re.compile(r"[A-Za-z0-9:]{0,20}")
_SEGMENT = r"/(?:[A-Za-z0-9._~-]+|@?\{handle\}|\{any\}|\{any\}-\{handle\})"
_TEMPLATE = re.compile(rf"(?:{_SEGMENT}){{1,4}}(?:\?[a-z_]+=\{{handle\}})?")
_PUNCTUATION = frozenset("._-~+\u00b7")
_MOST = 300
_LONGEST_NAME = 80


class Kind(StrEnum):
    """Whose grammar a handle follows; the first is described by the form, the others by their standards."""

    NAME = "name"
    """Letters, digits and listed punctuation."""
    DOMAIN = "domain"
    """A domain name (RFC 1035, RFC 1123)."""
    ADDRESS = "address"
    """``user@host``, the user part following the form's own rules (RFC 7565)."""
    SITE = "site"
    """Host and path of a web site (RFC 3986)."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way a network names its accounts. There are no patterns in it: character classes and lengths cannot run away.

    ``paths``: templates that lead to such an account, ``{handle}`` once in each, ``{any}`` for a segment that says
    nothing. ``url``: canonical address. ``label``: goes before the canonical handle where two forms have name spaces
    of their own. ``starts``: how such handles begin. Lengths are in code points. Of the ``punctuation`` allowed,
    ``inner`` never stands first or last, ``single`` never twice running, ``ignored`` does not count at all. ``bare``:
    a handle without label or address may be of this form; ``at``: also with an @ before it.
    """

    kind: Kind
    url: str
    paths: tuple[str, ...] = ()
    label: str = ""
    starts: str = ""
    min_length: int = 1
    max_length: int = 253
    letters: bool = True
    punctuation: str = ""
    inner: str = ""
    single: str = ""
    ignored: str = ""
    case_sensitive: bool = False
    ascii_only: bool = False
    bare: bool = True
    at: bool = True


@dataclass(frozen=True, slots=True)
class Network:
    """``hosts``: where profiles live, ``*.`` for any one label before (``www.`` always counts). ``link_hosts``: hosts
    that only shorten links. ``reserved``: first path segments that are pages of the network's own. ``tabs``: segments
    that may follow a profile. ``forms``: tried in order, so the strictest comes first.
    """

    key: str
    name: str
    forms: tuple[Form, ...]
    hosts: tuple[str, ...] = ()
    link_hosts: tuple[str, ...] = ()
    reserved: tuple[str, ...] = ()
    tabs: tuple[str, ...] = ()

    @classmethod
    def from_data(cls, data: object) -> "Network":
        """From a JSON-able mapping; raises ``BadNetwork`` naming the member at fault."""
        network: Network = _load(cls, data, "")
        _check_network(network)
        return network

    def as_data(self) -> dict[str, Any]:
        """The JSON-able mapping that ``from_data`` reads back to an equal value."""
        data = asdict(self)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in data.items()} | {
            "forms": [form | {"kind": str(form["kind"]), "paths": list(form["paths"])} for form in data["forms"]]
        }

    def owns(self, host: str) -> bool:
        """Whether profiles of this network live at the host (given in its one form)."""
        plain = host.removeprefix("www.")
        return plain in self.hosts or "*." + plain.partition(".")[2] in self.hosts


@cache
def known() -> tuple[Network, ...]:
    """The networks that come with the service, from ``known.toml`` beside this package."""
    text = files("app.networks").joinpath("known.toml").read_text(encoding="utf-8")
    return tuple(Network.from_data(entry) for entry in tomllib.loads(text)["networks"])


def ensure_distinct(network: Network, others: Iterable[Network]) -> None:
    """Raises ``BadNetwork`` where another network has the same key or claims one of its hosts."""
    for other in others:
        _demand(other.key != network.key, "/key", "is that of another network")
        for index, host in enumerate(network.hosts):
            _demand(not _overlap(host, other), f"/hosts/{index}", f"belongs to {other.key}")
        for index, host in enumerate(network.link_hosts):
            _demand(not _overlap(host, other), f"/link_hosts/{index}", f"belongs to {other.key}")
        for host in (*other.hosts, *other.link_hosts):
            _demand(not network.owns(host.removeprefix("*.")), "/hosts", f"take in {host} of {other.key}")


def _overlap(host: str, other: Network) -> bool:
    return other.owns(host.removeprefix("*.")) or host in other.link_hosts


def _load(cls: type[Any], data: object, at: str) -> Any:
    if not isinstance(data, Mapping):
        raise BadNetwork(at, "must be an object")
    members = {field.name: field for field in fields(cls)}
    for name in data:
        if name not in members:
            raise BadNetwork(f"{at}/{str(name)[:40].replace('~', '~0').replace('/', '~1')}", "is not a member")
    given = {name: _read(field, data[name], f"{at}/{name}") for name, field in members.items() if name in data}
    for name, field in members.items():
        if name not in given and field.default is MISSING:
            raise BadNetwork(f"{at}/{name}", "is required")
    return cls(**given)


def _read(field: Field[Any], value: object, at: str) -> object:
    return _READERS[field.type](value, at)


def _text(value: object, at: str) -> str:
    if not isinstance(value, str) or len(value) > _MOST:
        raise BadNetwork(at, f"must be text of at most {_MOST} characters")
    try:
        refuse_unseen(value)
    except BadHandle as refusal:
        raise BadNetwork(at, "holds a character that cannot be seen") from refusal
    return value


def _number(value: object, at: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadNetwork(at, "must be a whole number")
    return value


def _flag(value: object, at: str) -> bool:
    if not isinstance(value, bool):
        raise BadNetwork(at, "must be true or false")
    return value


def _kind(value: object, at: str) -> Kind:
    if value not in list(Kind):
        raise BadNetwork(at, f"must be one of {', '.join(Kind)}")
    return Kind(str(value))


def _list(value: object, at: str) -> list[object]:
    if not isinstance(value, list | tuple) or len(value) > _MOST:
        raise BadNetwork(at, f"must be a list of at most {_MOST} items")
    return list(value)


def _texts(value: object, at: str) -> tuple[str, ...]:
    return tuple(_text(item, f"{at}/{index}") for index, item in enumerate(_list(value, at)))


def _forms(value: object, at: str) -> tuple[Form, ...]:
    return tuple(_load(Form, item, f"{at}/{index}") for index, item in enumerate(_list(value, at)))


_READERS: Mapping[object, Callable[[object, str], object]] = {
    str: _text,
    int: _number,
    bool: _flag,
    Kind: _kind,
    tuple[str, ...]: _texts,
    tuple[Form, ...]: _forms,
}


def _demand(fine: object, at: str, problem: str) -> None:
    if not fine:
        raise BadNetwork(at, problem)


def _check_network(network: Network) -> None:
    _demand(_KEY.fullmatch(network.key), "/key", "must be a lower-case word of a-z, 0-9 and _, at most 32")
    _demand(0 < len(network.name.strip()) <= _LONGEST_NAME, "/name", f"must be 1 to {_LONGEST_NAME} characters")
    _demand(any(form.bare for form in network.forms), "/forms", "must hold a form that may be given bare")
    _check_hosts(network)
    open_ended = {Kind.ADDRESS, Kind.SITE} & {form.kind for form in network.forms}
    _demand(not open_ended or len(network.forms) == 1, "/forms", "of kind address or site must stand alone")
    for index, form in enumerate(network.forms):
        _check_form(network, form, f"/forms/{index}")


def _check_hosts(network: Network) -> None:
    for index, host in enumerate((*network.hosts, *network.link_hosts)):
        member = f"/hosts/{index}" if index < len(network.hosts) else f"/link_hosts/{index - len(network.hosts)}"
        _demand(_is_plain_host(host.removeprefix("*.")), member, "must be a lower-case host name without www.")
    everywhere = all(form.kind is Kind.SITE for form in network.forms)
    _demand(everywhere != bool(network.hosts), "/hosts", "must be given, except for sites, which have any host")


def _is_plain_host(host: str) -> bool:
    try:
        return domain(host) == host and not host.startswith("www.")
    except BadHandle:
        return False


def _check_form(network: Network, form: Form, at: str) -> None:
    _demand(_LABEL.fullmatch(form.label), f"{at}/label", "must be lower-case letters and a slash, or empty")
    _demand(_STARTS.fullmatch(form.starts), f"{at}/starts", "must be at most 20 ASCII letters, digits or colons")
    _demand(form.min_length >= 1, f"{at}/min_length", "must be at least 1")
    _demand(form.min_length <= form.max_length <= _MOST, f"{at}/max_length", f"must be min_length to {_MOST}")
    _demand(_PUNCTUATION.issuperset(form.punctuation), f"{at}/punctuation", "may hold only . _ - ~ + and middle dot")
    for name in ("inner", "single", "ignored"):
        _demand(set(form.punctuation).issuperset(getattr(form, name)), f"{at}/{name}", "must be part of punctuation")
    for index, path in enumerate(form.paths):
        _demand(_is_template(path), f"{at}/paths/{index}", "must be a path with {handle} once, such as /@{handle}")
    _demand(_leads_back(network, form), f"{at}/url", "must be https:// with a host and a path of this network")


def _is_template(path: str) -> bool:
    return path.count("{handle}") == 1 and _TEMPLATE.fullmatch(path) is not None


def _leads_back(network: Network, form: Form) -> bool:
    """A canonical address must be one that we would recognise again."""
    if form.kind is Kind.SITE:
        return form.url == "https://{handle}" and not form.paths
    host, slash, path = form.url.removeprefix("https://").partition("/")
    at_home = host == "{host}" if form.kind is Kind.ADDRESS else network.owns(host)
    return form.url.startswith("https://") and at_home and slash + path in form.paths
