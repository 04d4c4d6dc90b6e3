"""Requests made up: what the document allows, what it does not, and what is nearly right, about things that are there."""

from dataclasses import dataclass
from typing import Any

import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode

from tests.matrix import NOBODY
from tests.operations import OPERATIONS

from . import scim
from .caller import CALLERS, holders

HOST = "http://127.0.0.1:8000"
WRECKS = (
    b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b'{"a": NaN}', b'{"a": 1, "a": 2}', b'{"a":' * 300 + b"1" + b"}" * 300,
    b'{"reason": "\\ud800"}', b'{"reason": "\\u0000"}', b"\xef\xbb\xbf{}", b'{"a": 1e999}', b"9" * 5000,
)  # fmt: skip
"""Bodies that are none, or hardly one."""

LASTING = frozenset({"person", "colleague", "appointment"})
"""Of these nobody comes by their own: who is dismissed is only told so from then on."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A request: the case that the answer is judged by, who sends it, and its body where that is no case's."""

    case: Any
    caller: Any
    wreck: bytes | None = None

    def prepared(self):
        """As it goes over the wire."""
        told = self.case.as_transport_kwargs(base_url=HOST)
        if self.wreck is not None:
            told = {key: value for key, value in told.items() if key not in ("json", "data", "files")} | {
                "data": self.wreck
            }
            told["headers"].setdefault("Content-Type", self.case.media_type or "application/json")
        return requests.Request(**told).prepare()


def schema_of(document):
    """The service's document and that of SCIM, as something to make requests from."""
    whole = {**document, "paths": {**document["paths"], **scim.paths()}}
    told = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})
    return schemathesis.openapi.from_dict(whole, config=told)


def operations(schema):
    """All of them, in one order."""
    return sorted((one.ok() for one in schema.get_all_operations()), key=lambda one: one.label)


def drafts(org, operation):
    """A strategy of requests for one operation."""
    made = [operation.as_strategy(generation_mode=GenerationMode.POSITIVE)]
    if operation.body or any(operation.iter_parameters()):
        made.append(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    entries = [one for one in OPERATIONS if one.door == operation.label]
    return _draft(org, operation, st.one_of(made), entries)


@st.composite
def _draft(draw, org, operation, cases, entries):
    case = draw(cases)
    caller = _caller(draw, operation)
    thing = None
    if entries:
        entry = draw(st.sampled_from(entries))
        thing = _thing(draw, org, entry, caller) if entry.thing else None
        if draw(st.integers(0, 7)):
            _aim(case, entry, thing)
        if draw(st.booleans()):
            _lend(draw, case, entry, org, thing)
    if draw(st.integers(0, 3)):
        _calm(case)
    wreck = draw(st.sampled_from(WRECKS)) if operation.body and draw(st.integers(0, 15)) == 0 else None
    return Draft(case, caller, wreck)


def _caller(draw, operation):
    """Mostly somebody whom the table lets in, and of these mostly who reaches furthest."""
    may = holders(operation.definition.raw.get("x-permission"))
    how = draw(st.integers(0, 15))
    if how == 0:
        return NOBODY
    furthest = [one for one in may if one.role == "strategist"] or may
    return draw(st.sampled_from(CALLERS if how == 1 else furthest if how < 8 else may))


def _thing(draw, org, entry, caller):
    """Mostly one of the right kind, that is here, away, or the caller's own."""
    known = org.things[entry.thing]
    wanted = ("here", "away", "abroad") if entry.thing in LASTING else ("here", "away", "abroad", caller.name, *known)
    right = [known[name] for name in wanted if name in known][:7]
    other = [things["here"] for things in org.things.values() if "here" in things]
    return draw(st.sampled_from(right if draw(st.integers(0, 9)) else other))


def _calm(case):
    """Without the headers that make a request depend on an earlier one."""
    case.headers = {name: value for name, value in case.headers.items() if name not in ("If-Match", "Idempotency-Key")}


def _aim(case, entry, thing):
    """The address of something that is there."""
    if not case.path_parameters:
        return
    whole, _, part = (thing.id if thing else "").partition(":")
    there = {"id": whole, "item_id": part or whole, **entry.parts}
    case.path_parameters = {name: there.get(name) or value for name, value in case.path_parameters.items()}


def _lend(draw, case, entry, org, thing):
    """A body that is right, but for some of its members."""
    try:
        right = entry.sent(org, thing)
    except (KeyError, AttributeError):  # what is right of one kind of thing cannot be said of another
        return
    if right is None or entry.form:
        return
    own = case.body if isinstance(case.body, dict) else {}
    taken = draw(st.sets(st.sampled_from(sorted(own)), max_size=2)) if own else ()
    case.body = {**right, **{name: own[name] for name in taken}}
    case.media_type = case.media_type or "application/json"


def body_text(prepared):
    """A body for people to read."""
    body = prepared.body
    return body if isinstance(body, str | None) else bytes(body).decode("utf-8", "replace")
