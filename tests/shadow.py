"""Whatever a test asks of ``/access/v1/evaluation`` is asked of an index in memory as well, followed through the same history.

Both must say the same: so each test of decisions is a differential test of the two sources of facts.
"""

from types import SimpleNamespace

from starlette.datastructures import Headers

from app.authzen import wire
from app.decisions import service
from app.decisions.desk import Desk
from app.decisions.memory.index import Question
from app.governance.evaluation import rules
from app.kernel.access import operator_work
from app.kernel.actor import Permission
from app.main import short_way


class Shadow:
    """An index that follows one world."""

    def __init__(self, world):
        self.world, self.index = world, None

    def caught_up(self):
        """The index, at the newest revision."""
        with operator_work(self.world.house, write=False) as work:
            if self.index is None:
                self.index = service.load(work)
            elif (delta := service.read(work, self.index.revision)) is not None:
                self.index.apply(delta)
        return self.index

    def compare(self, headers, body, answered):
        """Ask the index what was asked over HTTP. Raises ``AssertionError`` where it differs."""
        actor = self._actor(headers)
        said = body.get("context") or {}
        if not actor.may(Permission.DECISION_EVALUATE) or "approval" in said:
            return
        index, at = self.caught_up(), self.world.clock()
        if answered["context"]["revision"] != str(index.revision):
            return  # something happened in between
        named, digest = said.get("tool"), said.get("content_sha256")
        tool = (
            named
            if actor.gateway and isinstance(named, str)
            else None
            if actor.gateway or not actor.tool_id
            else actor.tool_id.bytes
        )
        subject, resource = body["subject"], body["resource"]
        question = Question(
            subject["id"] if subject["type"] == "employee" else "", body["action"]["name"],
            resource["id"] if resource["type"] == "account" else "", tool, digest if isinstance(digest, str) else None,
        )  # fmt: skip
        found = index.look(question, at)
        told = wire.answer(rules.decide(found.facts, at), index.revision).model_dump(mode="json")
        assert _comparable(told) == _comparable(answered), (told, answered, found)

    def _actor(self, headers):
        request = SimpleNamespace(headers=Headers(headers), app=self.world.app, state=SimpleNamespace())
        with operator_work(self.world.house, write=False) as work:
            return self.world.house.load_actor(work.session, request, self.world.clock())


def _comparable(told):
    context = told["context"]
    return (
        told["decision"],
        [(one["code"], one["message"], one.get("policy"), one["remedy"]) for one in context["reasons"]],
        [(one["code"], one["message"]) for one in context["advice"]],
        context["grant_id"],
        context["model"],
    )


class Prompt:
    """In the place of a follower: whenever it is looked at, its desk has just caught up. ``fresh`` as a test wants it."""

    def __init__(self, world):
        self.shadow, self.fresh, self.expected = Shadow(world), True, 0
        self._desk, self.looked = None, 0

    @property
    def desk(self):
        """The desk, at the newest revision."""
        self.looked += 1
        if self._desk is None:
            self._desk = Desk(self.shadow.caught_up())
            self.shadow.index = _Through(self._desk)
        self.shadow.caught_up()
        return self._desk

    async def reach(self, revision, _seconds):
        """What is not known when it has just caught up is not there."""
        return self.desk.index.revision >= revision


class _Through:
    """Changes go to the desk, which forgets answers as it goes on."""

    def __init__(self, desk):
        self.desk = desk

    @property
    def revision(self):
        return self.desk.index.revision

    def apply(self, delta):
        self.desk.apply(delta)


def shortened(world):
    """Have a world answer by the short way, where it can."""
    world.prompt = Prompt(world)
    world.app.direct = short_way(world.app, world.prompt)
    return world


def undated(said):
    """An answer, or several, without when what it offers was made: the short way shows an offer again for a minute."""
    for one in (said, *(said.get("evaluations") or ())):
        context = one.get("context") or {}
        for name in ("evaluation_id", "evaluated_at"):
            context.pop(name, None)
        context.get("access_request", {}).pop("expires_at", None)
    return said
