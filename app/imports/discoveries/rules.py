"""What a row of a file of sightings says."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from types import MappingProxyType
from uuid import UUID

from app.discoveries.rules import AHEAD, MOST_FOLLOWERS, Seen, link, named
from app.imports.rules import Columns, Fault, date_of, text_of, yes_of
from app.kernel.errors import Invalid
from app.kernel.text import key_of, prose
from app.kernel.wire import format_instant, parse_instant
from app.networks.rules import Handle, Network

COLUMNS = Columns(
    MappingProxyType(
        {
            "network": ("network",),
            "handle": ("handle",),
            "url": ("url",),
            "source": ("source",),
            "seen_at": ("seen_at", "seen_on"),
            "active": ("active",),
            "display_name": ("display_name",),
            "followers": ("followers",),
            "evidence_url": ("evidence_url",),
            "note": ("note",),
            "business_unit": ("business_unit",),
        }
    ),
    optional=frozenset(
        {"network", "handle", "url", "active", "display_name", "followers", "evidence_url", "note", "business_unit"}
    ),
)
MOST = 2000
"""Rows of a file that is loaded while somebody waits for the answer: each is some statements."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One sighting as a file states it. ``business_unit``: by key or name, as ``key_of`` has it."""

    seen: Seen
    business_unit: str | None

    @property
    def key(self) -> str:
        """Equal for two rows of one sighting."""
        *names, at = self.seen.said
        return "\n".join((*names, format_instant(at)))

    @property
    def says(self) -> str:
        """Equal for two rows that say the same of it, however they spell its handle."""
        one = self.seen
        return json.dumps([one.active, one.display_name, one.followers, one.evidence_url, one.note, self.business_unit])

    def stated(self, units: Mapping[str, UUID]) -> Seen:
        """The sighting, with the id of its unit."""
        of, said = self.seen, self.business_unit
        return Seen(
            of.network, of.handle, of.source, of.seen_at, of.active, of.display_name, of.followers, of.evidence_url,
            of.note, units[said] if said is not None else None,
        )  # fmt: skip


def listed(cells: Mapping[str, str], networks: Mapping[str, Network], now: datetime) -> Listed:
    """All that a row says. Raises ``Fault``."""
    network, handle = _named(cells, networks)
    source, unit = text_of(cells, "source"), text_of(cells, "business_unit")
    if source is None:
        raise Fault("source_missing", "The row does not say who or what saw it.")
    seen = Seen(
        network, handle, source, _seen_at(cells, now), bool(yes_of(cells, "active")), text_of(cells, "display_name"),
        _followers(cells), _evidence(cells), _note(cells),
    )  # fmt: skip
    return Listed(seen, key_of(unit) if unit is not None else None)


def _named(cells: Mapping[str, str], networks: Mapping[str, Network]) -> tuple[str, Handle]:
    network, handle, url = (cells.get(name) or None for name in ("network", "handle", "url"))
    alone = network is None and handle is None and url is not None
    if not alone and (network is None or (handle is None and url is None)):
        raise Fault("handle_missing", "The row names neither a network and a handle nor an address alone.")
    try:
        return named(networks, key_of(network) if network else None, handle, url)
    except Invalid as refused:
        code = refused.errors[0].code if refused.errors else refused.code
        raise Fault(code, str(refused)) from refused


def _seen_at(cells: Mapping[str, str], now: datetime) -> datetime:
    """An instant (RFC 3339), or a date, of which its first instant is taken in UTC."""
    text = cells["seen_at"]
    if not text:
        raise Fault("seen_at_missing", "The row does not say when it was seen.")
    if "t" not in text.lower() and (day := date_of(cells, "seen_at")):
        text = datetime.combine(day, time(), UTC).isoformat()
    try:
        found = parse_instant(text)
    except ValueError as error:
        raise Fault("bad_seen_at", f"seen_at: it {error}; or a date, YYYY-MM-DD.") from error
    if found > now + AHEAD:
        raise Fault("bad_seen_at", "seen_at: it lies in the future.")
    return found


def _followers(cells: Mapping[str, str]) -> int | None:
    text = cells.get("followers", "")
    if not text:
        return None
    if not (
        text.isascii() and text.isdigit() and len(text) <= len(str(MOST_FOLLOWERS)) and int(text) <= MOST_FOLLOWERS
    ):
        raise Fault("bad_followers", f"followers: it must be a whole number of at most {MOST_FOLLOWERS}.")
    return int(text)


def _evidence(cells: Mapping[str, str]) -> str | None:
    text = cells.get("evidence_url", "")
    try:
        return link(text) if text else None
    except ValueError as error:
        raise Fault("bad_evidence_url", f"evidence_url: it {error}.") from error


def _note(cells: Mapping[str, str]) -> str | None:
    text = cells.get("note", "")
    try:
        return prose(text) if text else None
    except ValueError as error:
        raise Fault("bad_note", f"note: it {error}.") from error
