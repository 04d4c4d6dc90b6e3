"""Reading what is asked, as fast as it can be read. What is not just as it should be raises ``LongWay``."""

import re
from collections.abc import Mapping
from typing import Any, Final

import orjson

from app.authzen.rules import ACCOUNT, EMPLOYEE, MAX_EVALUATIONS, Semantic
from app.decisions.memory.index import Question
from app.kernel.request_id import accepted
from app.kernel.strict_json import MAX_DEPTH, too_deep

from .callers import Caller

_MANY_DIGITS: Final = re.compile(rb"[-:,\[\s][0-9]{19}")
"""What may begin a number beyond 64 bits, which this reader takes and the routes refuse; in a text it costs time only."""
_ELSEWHERE = frozenset({"consistency", "approval"})
"""What of a context only the long way knows about."""
_SEMANTICS = {one.value: one for one in Semantic}


_MARKS: Final = 2 * (3 + 2 + 1 + 2 + 5)
"""Quotation marks of a question that has no more than it needs: eight names and five texts."""


class LongWay(Exception):
    """Not to be answered here."""


def headers(given: list[tuple[bytes, bytes]]) -> tuple[bytes, bytes]:
    """The Authorization header, and the name that the request brings, if it does."""
    named = dict(given)
    if len(named) != len(given) or named.get(b"content-type") != b"application/json" or b"content-encoding" in named:
        raise LongWay
    name = named.get(b"x-request-id", b"")
    if name and not accepted(name):
        raise LongWay
    return named.get(b"authorization", b""), name


class Body:
    """A body as it came, and what it says. Raises ``LongWay`` where that is no JSON object."""

    __slots__ = ("_raw", "said")

    def __init__(self, raw: bytes) -> None:
        if b"\\u0000" in raw:
            raise LongWay
        try:
            said = orjson.loads(raw)  # the standard lets the last of equal members count
        except orjson.JSONDecodeError:
            raise LongWay from None
        if type(said) is not dict:
            raise LongWay
        self.said: dict[str, Any] = said
        self._raw = raw

    def bare(self, questions: int, others: int = 0) -> bool:
        """Is there nothing in it but what so many questions need, and so many other names?

        Told by its quotation marks: one more or less, and something is there that no question needs, or is missing. Then
        all of it is looked through, which takes longer than all the rest. Raises ``LongWay`` where that finds something.
        """
        if self._raw.count(b'"') == _MARKS * questions + 2 * others:
            return True
        self.check()
        return False

    def check(self) -> None:
        """It is flat enough, and its numbers are. Raises ``LongWay``."""
        if _MANY_DIGITS.search(self._raw) or too_deep(self._raw, MAX_DEPTH):
            raise LongWay


def question(asked: Mapping[str, Any], caller: Caller, *, bare: bool) -> tuple[Question, int]:
    """What is asked, and the revision that the answer must know of. ``bare``: as its body says of itself."""
    try:
        subject, action, resource = asked["subject"], asked["action"], asked["resource"]
        kind, who, right = subject["type"], subject["id"], action["name"]
        what, where = resource["type"], resource["id"]
    except (KeyError, TypeError):
        raise LongWay from None
    if not (type(who) is type(right) is type(where) is type(kind) is type(what) is str):
        raise LongWay
    tool, digest, wanted = caller.tool(None), None, 0
    if not bare:
        _check_properties(subject, action, resource)
        if asked.get("context") is not None:
            tool, digest, wanted = read_context(asked["context"], caller)
    told = (who if kind == EMPLOYEE else "", right, where if what == ACCOUNT else "", tool, digest)
    return tuple.__new__(Question, told), wanted  # as its own does, less a call of Python's


def _check_properties(*things: Mapping[str, Any]) -> None:
    if any(type(thing.get("properties", {})) is not dict for thing in things):
        raise LongWay


def read_context(context: Any, caller: Caller) -> tuple[Any, str | None, int]:
    """The tool, the content's digest, and the revision that the answer must know of."""
    if type(context) is not dict or not _ELSEWHERE.isdisjoint(context):
        raise LongWay
    digest, wanted = context.get("content_sha256"), context.get("at_least_revision", "0")
    if type(wanted) is not str or not (wanted.isascii() and wanted.isdigit() and len(wanted) <= 18):
        raise LongWay
    return caller.tool(context.get("tool")), digest if type(digest) is str else None, int(wanted)


def batch(body: Body) -> tuple[list[Any], Semantic]:
    """The items of a batch as they came, none of a single question; how far to go."""
    asked = body.said
    items, options = asked.get("evaluations"), asked.get("options")
    semantic = None if options is None else _semantic(options)
    if items is not None and (type(items) is not list or len(items) > MAX_EVALUATIONS):
        raise LongWay
    return items or [], semantic or Semantic.EXECUTE_ALL


def questions(body: Body, items: list[Any], caller: Caller) -> tuple[list[Question], int]:
    """The items of a batch, each with what stands at the top; the newest revision wanted."""
    asked = body.said
    bare = len(asked) == 1 and body.bare(len(items), others=1)  # nothing that holds for all: each says all of it
    if len(asked) > 1:
        body.check()
    common: dict[str, Any] = {
        name: asked[name] for name in ("subject", "action", "resource", "context") if name in asked
    }
    _check_common(common)
    found, newest = [], 0
    for item in items:
        if type(item) is not dict:
            raise LongWay
        one, wanted = question({**common, **item} if common else item, caller, bare=bare)
        found.append(one)
        newest = max(newest, wanted)
    if common.get("context") is not None:  # it binds the whole, even if each item has its own
        newest = max(newest, read_context(common["context"], caller)[2])
    return found, newest


_MEMBERS = {"subject": ("type", "id"), "action": ("name",), "resource": ("type", "id")}


def _check_common(common: Mapping[str, Any]) -> None:
    """What stands at the top is as it should be, even where no item makes use of it."""
    for name, members in _MEMBERS.items():
        thing = common.get(name)
        if thing is None:
            continue
        if type(thing) is not dict or any(type(thing.get(member)) is not str for member in members):
            raise LongWay
        _check_properties(thing)


def _semantic(options: Any) -> Semantic | None:
    if type(options) is not dict:
        raise LongWay
    named = options.get("evaluations_semantic")
    if named is None:
        return None
    if type(named) is not str or named not in _SEMANTICS:
        raise LongWay
    return _SEMANTICS[named]
