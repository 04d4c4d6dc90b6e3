"""Whatever a test asks of ``/access/v1/evaluation`` is asked of an index in memory as well, followed through the same history.

Both must say the same: so each test of decisions is a differential test of the two sources of facts.
"""

from types import SimpleNamespace

from starlette.datastructures import Headers

from app.authzen import wire
from app.decisions import service
from app.decisions.memory.index import Question
from app.governance.evaluation import rules
from app.kernel.access import operator_work
from app.kernel.actor import Permission


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
        if not actor.may(Permission.DECISION_EVALUATE):
            return
        index, at = self.caught_up(), self.world.clock()
        if answered["context"]["revision"] != str(index.revision):
            return  # something happened in between
        said = body.get("context") or {}
        named, digest = said.get("tool"), said.get("content_sha256")
        tool = named if actor.gateway and isinstance(named, str) else None if actor.gateway else actor.tool_id
        subject, resource = body["subject"], body["resource"]
        question = Question(
            subject["id"] if subject["type"] == "employee" else "", body["action"]["name"],
            resource["id"] if resource["type"] == "account" else "", tool, digest if isinstance(digest, str) else None,
        )  # fmt: skip
        found = index.look(question, at)
        told = wire.answer(rules.decide(found.facts, at), index.revision).model_dump(mode="json")
        assert _comparable(told) == _comparable(answered), (told, answered, found)

    def _actor(self, headers):
        request = SimpleNamespace(headers=Headers(headers), app=self.world.app)
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
