"""The one form of a handle, and which account an address names."""

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import parse_qs, quote

from app.networks.rules.address import Address, domain, read_address, readable
from app.networks.rules.network import Form, Kind, Network
from app.networks.rules.refusals import BadHandle, UnknownNetwork
from app.networks.rules.text import clean, fold, skeleton

MAX_BYTES = 512
"""UTF-8 bytes of a canonical handle: it is the key of a unique index on both databases."""

_PATH_SAFE = "-._~!$&'()*+,;=:@"  # RFC 3986 3.3, pchar


@dataclass(frozen=True, slots=True)
class Handle:
    """``canonical``: unique within the network. ``written``: as given, trimmed, NFC. ``url``: canonical address.
    ``skeleton``: equal for handles that look alike, to be kept beside the canonical form and never shown.
    """

    canonical: str
    written: str
    url: str
    skeleton: str


@dataclass(frozen=True, slots=True)
class _Found:
    """A handle of one form: as it was spelled, and folded to the one form (without the form's label)."""

    form: Form
    spelled: str
    folded: str


def canonical(network: Network, handle: str, url: str | None = None, *, others: Iterable[Network] = ()) -> Handle:
    """The account that ``handle`` names on ``network``; ``handle`` may itself be an address, ``url`` must agree.

    ``others``: the networks known, so that a blog or an instance cannot be claimed at a host that is one of theirs.
    Letters of other scripts are accepted where the network has none: a registry records what it is told, and the
    skeleton tells that it resembles another. Raises ``BadHandle``.
    """
    written = clean(handle)
    alone = url is None or not url.strip(" ")
    found = _from_text(network, written) if alone else _from_text_at(network, written, clean(url or ""))
    _refuse_borrowed_host(network, found, others)
    return _handle(found, written)


def recognise(
    networks: Iterable[Network], url: str, mastodon_hosts: Collection[str] = frozenset()
) -> tuple[Network, Handle]:
    """The network and account that an address names (or ``@user@instance``), without asking anybody.

    ``mastodon_hosts``: instances known besides those in the data, in lower case. A blog is never guessed. Raises
    ``UnknownNetwork`` for a host that is no network's, ``BadHandle`` for an address that names no account.
    """
    text = clean(url)
    host = domain(text.rpartition("@")[2]) if text.startswith("@") else read_address(text).host
    network = _owner(networks, host, mastodon_hosts)
    found = _from_address(network, text)
    return network, _handle(found, found.form.label + found.spelled)


def _owner(networks: Iterable[Network], host: str, mastodon_hosts: Collection[str]) -> Network:
    every = tuple(networks)
    federated = [n for n in every if n.forms[0].kind is Kind.ADDRESS and host in mastodon_hosts]
    owners = [n for n in every if n.owns(host) or host in n.link_hosts] or federated
    if not owners:
        raise UnknownNetwork("No network known here has its accounts at that host.")
    return owners[0]


def _handle(found: _Found, written: str) -> Handle:
    name = found.form.label + found.folded
    if len(name.encode()) > MAX_BYTES:
        raise BadHandle("too_long", f"A handle has at most {MAX_BYTES} bytes.")
    return Handle(name, written, _url(found), skeleton(_look(found)))


def _url(found: _Found) -> str:
    if found.form.kind is Kind.SITE:
        return f"https://{found.folded}"
    name, _, host = found.folded.partition("@")
    return found.form.url.replace("{host}", host).replace("{handle}", quote(name, safe=":"))


def _look(found: _Found) -> str:
    """What a reader sees: hosts as browsers show them, names as spelled, since capitals have looks of their own."""
    if found.form.kind is Kind.NAME:
        return _counted(found.form, found.spelled.removeprefix("@"))
    if found.form.kind is Kind.ADDRESS:
        return found.spelled.removeprefix("@").partition("@")[0] + "@" + readable(found.folded.partition("@")[2])
    host, slash, path = found.folded.partition("/")
    return readable(host) + slash + path


def _refuse_borrowed_host(network: Network, found: _Found, others: Iterable[Network]) -> None:
    if found.form.kind not in (Kind.ADDRESS, Kind.SITE):
        return
    # An @ is fine in the path of a site, and stands before no host there.
    host = found.folded.partition("@")[2] if found.form.kind is Kind.ADDRESS else found.folded.partition("/")[0]
    for other in others:
        if other.key != network.key and (other.owns(host) or host in other.link_hosts):
            raise BadHandle("host_of_another_network", f"Accounts at that host belong to {other.key}.")


def _from_text_at(network: Network, text: str, url: str) -> _Found:
    """The account at ``url``, provided that ``text`` can name it."""
    target = _from_address(network, url)
    if _may_name(text, target):
        return _Found(target.form, text, target.folded)
    own = _from_text(network, text)
    if (own.form, own.folded) != (target.form, target.folded):
        raise BadHandle("url_mismatch", "The handle and the address name different accounts.")
    return own


def _may_name(text: str, target: _Found) -> bool:
    """Whether the bare text, read in the form that the address has, gives the same handle."""
    name = text.removeprefix("@")
    if target.form.kind is Kind.ADDRESS and "@" not in name:
        name += "@" + target.folded.partition("@")[2]
    try:
        return _fold(target.form, name) == target.folded
    except BadHandle:
        return False


def _from_text(network: Network, text: str) -> _Found:
    if _is_address(network, text):
        return _from_address(network, text)
    for form in network.forms:
        if form.label and text[: len(form.label)].casefold() == form.label:
            return _found(network, form, text[len(form.label) :], form.url)
    with_at = text.startswith("@")
    forms = [form for form in network.forms if form.bare and (form.at or not with_at)]
    return _first(network, ((form, text.removeprefix("@"), form.url) for form in forms))


def _is_address(network: Network, text: str) -> bool:
    host, slash, _ = text.partition("/")
    any_host = network.forms[0].kind is Kind.ADDRESS
    return "://" in text or bool(slash and (any_host or network.owns(host.lower())))


def _from_address(network: Network, text: str) -> _Found:
    """Of an address at the network's hosts, or at any host where the host is part of the handle."""
    only = network.forms[0]
    if only.kind is Kind.SITE or (only.kind is Kind.ADDRESS and text.startswith("@")):
        return _found(network, only, text, only.url)
    place = read_address(text)
    if place.host in network.link_hosts:
        raise BadHandle("not_a_profile", "A shortened link does not say which account it leads to.")
    if only.kind is not Kind.ADDRESS and not network.owns(place.host):
        raise BadHandle("url_of_another_host", f"Accounts on {network.name} do not live at that host.")
    return _first(network, _readings(network, place))


def _readings(network: Network, place: Address) -> Iterable[tuple[Form, str, str]]:
    for form in network.forms:
        for template in form.paths:
            text = _match(template, place, network.tabs)
            if text is not None and form.kind is Kind.ADDRESS and "@" not in text:
                text += "@" + place.host.removeprefix("www.")
            if text is not None:
                yield form, text, template


def _first(network: Network, readings: Iterable[tuple[Form, str, str]]) -> _Found:
    """The first reading that obeys its form; else the refusal of the last, which is of the most general form."""
    refusal = BadHandle("not_a_profile", f"That address is not one of an account on {network.name}.")
    for form, text, template in readings:
        try:
            return _found(network, form, text, template)
        except BadHandle as refused:
            refusal = refused
    raise refusal


def _found(network: Network, form: Form, text: str, template: str) -> _Found:
    folded = _fold(form, text)
    at_root = template.removeprefix("https://").partition("/")[2] == "{handle}"
    if at_root and folded in {_counted(form, fold(word)) for word in network.reserved}:
        raise BadHandle("reserved_handle", f"That is a page of {network.name} itself.")
    return _Found(form, text, folded)


def _match(template: str, place: Address, tabs: Collection[str]) -> str | None:
    """The handle that stands in the template's place, None where the address is not of this shape."""
    path, _, query = template.partition("?")
    parts = path[1:].split("/")
    surplus = place.segments[len(parts) :]
    if len(place.segments) < len(parts) or len(surplus) > 1 or any(tab.casefold() not in tabs for tab in surplus):
        return None
    pieces = [_fill(part, segment) for part, segment in zip(parts, place.segments, strict=False)]
    if query:
        pieces.append(_only_value(place.query, query.removesuffix("={handle}")))
    return None if None in pieces else "".join(filter(None, pieces))


def _fill(part: str, segment: str) -> str | None:
    if part == "{any}":
        return ""
    if part == "{any}-{handle}":
        return segment.rpartition("-")[2] if "-" in segment else None
    if part.endswith("{handle}"):
        before = part.removesuffix("{handle}")
        return segment.removeprefix(before) if segment.startswith(before) else None
    return "" if part.casefold() == segment.casefold() else None


def _only_value(query: str, name: str) -> str | None:
    """Of a parameter given twice, nobody can say which one the network takes."""
    values = parse_qs(query, keep_blank_values=True).get(name, [])
    return values[0] if len(values) == 1 else None


def _fold(form: Form, text: str) -> str:
    """The one form of the text under the form's rules; raises ``BadHandle``."""
    if form.kind is Kind.DOMAIN:
        return _starting(form, text.lower()) + domain(text[len(form.starts) :])
    if form.kind is Kind.SITE:
        return _fold_site(text)
    if form.kind is Kind.ADDRESS:
        return _fold_address(form, text.removeprefix("@"))
    return _fold_name(form, text)


def _fold_site(text: str) -> str:
    """Without www., which whoever holds the name holds too; the path keeps its case, its escapes in one form."""
    place = read_address(text)
    return "/".join([place.host.removeprefix("www."), *(quote(part, safe=_PATH_SAFE) for part in place.segments)])


def _fold_address(form: Form, text: str) -> str:
    user, at, host = text.partition("@")
    if not at:
        raise BadHandle("missing_instance", "The handle needs its instance: user@instance.")
    return _fold_name(form, user) + "@" + domain(host)


def _fold_name(form: Form, text: str) -> str:
    folded = _counted(form, unicodedata.normalize("NFKC", text) if form.case_sensitive else fold(text))
    if not form.min_length <= len(folded) <= form.max_length:
        reason = "too_long" if len(folded) > form.max_length else "too_short"
        raise BadHandle(reason, f"Such a handle has {form.min_length} to {form.max_length} characters.")
    _refuse_characters(form, folded[len(_starting(form, folded)) :])
    return folded


def _starting(form: Form, text: str) -> str:
    starts = form.starts if form.case_sensitive else form.starts.lower()
    if not text.startswith(starts):
        raise BadHandle("bad_start", f"Such a handle starts with {form.starts}.")
    return starts


def _counted(form: Form, text: str) -> str:
    return "".join(ch for ch in text if ch not in form.ignored)


def _refuse_characters(form: Form, text: str) -> None:
    for ch in text:
        if not _is_allowed(form, ch):
            raise BadHandle("bad_character", f"The character U+{ord(ch):04X} cannot stand in such a handle.")
    if not {text[:1], text[-1:]}.isdisjoint(form.inner) or unicodedata.category(text[:1] or "a").startswith("M"):
        raise BadHandle("bad_edge", "A handle cannot start or end like that.")
    if any(mark + mark in text for mark in form.single):
        raise BadHandle("doubled_character", "That punctuation cannot stand twice running.")


def _is_allowed(form: Form, ch: str) -> bool:
    if ch.isascii():
        return ch.isdigit() or ch in form.punctuation or (form.letters and ch.isalpha())
    sort = unicodedata.category(ch)
    word = form.letters and not form.ascii_only and (sort[0] in "LM" or sort == "Nd")
    return word or ch in form.punctuation
