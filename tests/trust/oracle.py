"""What must be true of the rows themselves, whatever the model thinks: each finding names its invariant (trust.md 3)."""

from collections import Counter
from dataclasses import dataclass, field

import sqlalchemy as sa

from app.directory.tables import Employee
from app.governance.freezes.tables import Freeze
from app.governance.grants.tables import Grant, Suspension
from app.governance.routing.tables import Request, RequestDecision
from app.policies.tables import PolicyVersion
from app.roles.tables import Appointment

from .model import LIVE, ROLE_OF, UP

TABLES = {
    "people": Employee, "appointments": Appointment, "requests": Request, "words": RequestDecision, "grants": Grant,
    "pauses": Suspension, "freezes": Freeze, "versions": PolicyVersion,
}  # fmt: skip
_SELECT = {name: sa.select(table.__table__).order_by(table.__table__.c.id) for name, table in TABLES.items()}
_DONE = frozenset({"granted", "denied", "withdrawn", "expired"})
ALONE = frozenset({"auditor", "admin"})


@dataclass
class Rows:
    """All that matters of one database, by id."""

    now: object
    people: dict = field(default_factory=dict)
    appointments: dict = field(default_factory=dict)
    requests: dict = field(default_factory=dict)
    words: dict = field(default_factory=dict)
    grants: dict = field(default_factory=dict)
    pauses: dict = field(default_factory=dict)
    freezes: dict = field(default_factory=dict)
    versions: dict = field(default_factory=dict)

    @classmethod
    def read(cls, engine, now):
        with engine.connect() as connection:
            return cls(now, **{
                name: {row["id"]: row for row in connection.execute(stmt).mappings()} for name, stmt in _SELECT.items()
            })  # fmt: skip

    def standing(self):
        """Appointments that hold now."""
        return [
            one for one in self.appointments.values()
            if one["ended_at"] is None and one["valid_from"] <= self.now
            and (one["valid_until"] is None or self.now < one["valid_until"]) and self.people[one["employee_id"]]["active"]
        ]  # fmt: skip


def findings(before, after, covers):
    """(invariant, what is wrong). ``covers(appointment, request, kind)``: does its scope reach the step's place?"""
    checks = (_words, _grants, _requests, _people, _back, _kept)
    return [found for check in checks for found in check(before, after, covers)]


def _words(before, after, covers):
    rounds = {}
    for one in after.words.values():
        request = after.requests[one["request_id"]]
        if {one["decided_by"], one["principal_id"]} & {request["requester_id"], request["beneficiary_id"]}:
            yield "I-09", f"a word of requester or beneficiary on {request['id']}"
        rounds.setdefault((one["request_id"], one["round"]), []).append(one)
        if one["id"] not in before.words and not _may(after, one, request, covers):
            yield "I-13", f"{one['decided_by']} decided {one['kind']} without holding it"
    for key, said in rounds.items():
        people = Counter(person for one in said for person in {one["decided_by"], one["principal_id"]})
        if any(n > 1 for n in people.values()):
            yield "I-10", f"one person counts twice on {key}"


def _may(rows, word, request, covers):
    roles = {ROLE_OF[word["kind"]], ROLE_OF.get(UP.get(word["kind"]))}
    return any(
        one["role"] in roles and one["employee_id"] == word["principal_id"]
        and word["decided_by"] in (one["employee_id"], one["deputy_id"]) and covers(one, request, word["kind"])
        for one in rows.standing()
    ) and rows.people[word["decided_by"]]["active"]  # fmt: skip


def _grants(before, after, covers):
    opened = Counter(
        (one["employee_id"], one["account_id"], one["right"])
        for one in after.grants.values()
        if one["ended_at"] is None
    )
    if any(n > 1 for n in opened.values()):
        yield "I-33", f"more than one open grant: {opened.most_common(1)}"
    asked = Counter((one["request_id"], one["right"]) for one in after.grants.values())
    if any(n > 1 for n in asked.values()):
        yield "I-11", f"one approval, several grants: {asked.most_common(1)}"
    for one in after.grants.values():
        request = after.requests[one["request_id"]]
        if request["state"] != "granted":
            yield "I-12", f"a grant of a request that is {request['state']}"
        same = (one["employee_id"], one["account_id"]) == (request["beneficiary_id"], request["account_id"])
        longer = request["until"] is not None and one["valid_until"] > request["until"]
        if not same or one["right"] not in request["rights"] or longer:
            yield "I-15", f"grant {one['id']} is more than was asked"
        if not after.people[one["employee_id"]]["active"] and one["ended_at"] is None:
            yield "I-21", f"{one['employee_id']} has left and holds a grant"


def _requests(before, after, covers):
    given = Counter(one["request_id"] for one in after.grants.values())
    for id_, one in after.requests.items():
        said = [word for word in after.words.values() if word["request_id"] == id_ and word["round"] == one["round"]]
        words = [word for word in said if word["decision"] == "approve"]
        if one["state"] == "granted" and given[id_] != len(one["rights"]):
            yield "I-11", f"{id_} was granted and has {given[id_]} grants"
        if one["state"] == "granted" and len(words) < max((step["needed"] for step in one["steps"]), default=0):
            yield "I-14", f"{id_} was granted by {len(words)} words of its last round"
        if one["state"] == "granted" and any(word["decision"] != "approve" for word in said):
            yield "I-12", f"{id_} was granted although somebody denied it"
        old = before.requests.get(id_)
        forgotten = {"justification": None}  # of somebody who is erased they go
        if old and old["state"] in _DONE and {**old, **forgotten} != {**one, **forgotten}:
            yield "I-12", f"{id_} had ended as {old['state']} and was changed"
        if old and old["rights"] != one["rights"] and old["round"] == one["round"]:
            yield "I-14", f"{id_} was edited and keeps its words"
    if set(before.requests) - set(after.requests):
        yield "I-17", "a request is gone"


def _people(before, after, covers):
    held, deputies = {}, {}
    for one in after.appointments.values():
        if one["ended_at"] is not None or (one["valid_until"] is not None and one["valid_until"] <= after.now):
            continue
        for person in (one["employee_id"], one["deputy_id"]):
            if person is not None:
                held.setdefault(person, set()).add(one["role"])
                if not after.people[person]["active"]:
                    yield "I-21", f"{person} has left and is {one['role']} or deputy"
        if one["deputy_id"] is not None:
            deputies.setdefault((one["role"], one["employee_id"]), set()).add(one["deputy_id"])
    for person, roles in held.items():
        if roles & ALONE and len(roles) > 1:
            yield "I-19", f"{person} holds {sorted(roles)}"
    for role, holder in deputies:
        if _leads_back(deputies, role, holder):
            yield "I-18", f"deputies of {holder} as {role} go round in a circle"
    for one in after.requests.values():
        own = {one["requester_id"], one["beneficiary_id"]}
        if (
            one["state"] in LIVE
            and one["expires_at"] > after.now
            and not all(after.people[who]["active"] for who in own)
        ):
            yield "I-21", f"{one['id']} waits though its people have left"


def _leads_back(deputies, role, holder):
    seen, ahead = set(), set(deputies.get((role, holder), ()))
    while ahead - seen:
        seen |= ahead
        ahead = {each for one in seen for each in deputies.get((role, one), ())}
    return holder in seen


def _back(before, after, covers):
    """Whoever comes back, comes back with nothing: what they have afterwards somebody gave them anew."""
    back = {id_ for id_, old in before.people.items() if not old["active"] and after.people[id_]["active"]}
    for what, found in (("grant", after.grants), ("appointment", after.appointments)):
        for one in found.values():
            if one["employee_id"] in back and one["ended_at"] is None:
                yield "I-22", f"{one['employee_id']} came back and holds the {what} {one['id']}"


def _kept(before, after, covers):
    for id_, old in before.grants.items():
        new = after.grants.get(id_)
        if new is None or any(old[name] != new[name] for name in ("valid_from", "valid_until", "right", "employee_id")):
            yield "I-35", f"grant {id_} was {old['valid_until']} and is {new and new['valid_until']}"
        elif old["ended_at"] is not None and any(old[name] != new[name] for name in ("ended_at", "end")):
            yield "I-36", f"grant {id_} had ended and was changed"
    for id_, old in before.versions.items():
        new = after.versions.get(id_)
        names = ("text", "text_sha256", "rules", "effective_from", "attestation_grace_days", "published_at", "n")
        if old["published_at"] is not None and (new is None or any(old[name] != new[name] for name in names)):
            yield "I-28", f"version {id_} was published and was changed"


def untouched(before, after):
    """Whether a switch of the model left every grant, and granted nothing by itself."""
    if before.grants != after.grants:
        yield "I-17", "a switch of the model touched grants"
    if any(one["state"] == "granted" != before.requests[id_]["state"] for id_, one in after.requests.items()):
        yield "I-17", "a switch of the model granted a request"
    if set(before.requests) != set(after.requests):
        yield "I-17", "a switch of the model lost or doubled a request"
