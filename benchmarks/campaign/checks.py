"""Did every promise hold? Each check is a function of the evidence alone (trust.md 5.5), so that made-up evidence can show
that it finds what it is to find.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from . import clocks, log, webhooks
from .evidence import Evidence, Row
from .history import EVALUATE, FAIL, INFO, OK, Attempt, Operation
from .lateness import Lateness
from .leavers import Leavers
from .log import World

RECOVERS_WITHIN = 5.0
"""Seconds after the end of a fault by which everything works again."""
ANSWERS_WITHIN = 2.0
"""Seconds within which a 503 is said, however broken things are."""
MARGIN = 0.5
"""Seconds that a client which shares the machine with all it asks may see an answer too late, beside ``lateness``."""
BEHIND_AT_MOST = 1.0
"""Seconds that a decision may be behind a write, where nobody said how new it has to be."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``looked``: at how many things; ``found``: everything that is wrong, in words. ``skipped``: why nothing was looked at."""

    name: str
    looked: int
    found: tuple[str, ...] = ()
    skipped: str = ""

    @property
    def holds(self) -> bool:
        """Is nothing wrong?"""
        return not self.found

    def told(self) -> str:
        """In one line."""
        if self.skipped:
            return f"not looked at: {self.skipped}"
        return f"holds ({self.looked:,})" if self.holds else f"BROKEN: {len(self.found):,} of {self.looked:,}"


def _verdict(name: str, looked: int, found: Iterable[str]) -> Verdict:
    return Verdict(name, looked, tuple(found))


UNKEYED = frozenset({"employ"})
"""What has no Idempotency-Key: SCIM's PATCH says how things are to be, so asking again is doing it again, maybe after others."""

# 1. No acknowledged write is lost, none is done twice, and nothing refused is done.


def writes(told: Evidence) -> Verdict:
    """Each acknowledged write is in the log where it said, and in the state, once; each refused one nowhere."""
    return _verdict("1 no acknowledged write is lost", len(told.writes), _writes(told))


def _writes(told: Evidence) -> Iterator[str]:
    by_seq = {one["seq"]: one for one in told.rows["events"]}
    done, leavers = _done(told.rows["events"]), Leavers(told)
    for one in told.writes:
        attempts = done.get(one.op, set())
        if one.outcome == OK and one.revision is not None:
            there = by_seq.get(one.revision)
            if there is None or _op(there) != one.op:
                yield f"{one.op} was acknowledged as revision {one.revision}, which is {_about(there)}"
        if one.kind in UNKEYED:
            yield from (f"{name} was refused and is in the log" for name in attempts & _refused(one))
            continue
        if len(attempts) > 1:
            yield f"{one.op} was done by {len(attempts)} attempts: {sorted(attempts)}"
        refused = one.outcome == FAIL and not leavers.turned_away(one)
        if refused and attempts:
            yield f"{one.op} was refused with {one.status} and is in the log"
        yield from _marked(told, one, bool(attempts), refused=refused)


def _refused(one: Operation) -> set[str]:
    return {f"{one.op}.{each.number}" for each in one.attempts if each.outcome == FAIL}


def _marked(told: Evidence, one: Operation, logged: bool, *, refused: bool) -> Iterator[str]:
    """Is the operation's name in the state as often as it should be?"""
    if one.kind not in told.markers:
        return
    there = told.markers[one.kind][one.op]
    if there > 1:
        yield f"{one.op} stands {there} times in the state"
    if refused and there:
        yield f"{one.op} was refused with {one.status} and is in the state"
    if one.outcome == OK and one.revision is not None and not there:
        yield f"{one.op} was acknowledged and is not in the state"
    if bool(there) is not logged:
        yield f"{one.op} is in the {'state' if there else 'log'} and not in the {'log' if there else 'state'}"


def _op(event: Row) -> str:
    return (event["request_id"] or "").rpartition(".")[0]


def _done(events: Iterable[Row]) -> dict[str, set[str]]:
    """The requests that changed something, by operation."""
    found: dict[str, set[str]] = {}
    for one in events:
        if one["request_id"] and one["action"] != "route.denied":
            found.setdefault(_op(one), set()).add(one["request_id"])
    return found


def _about(event: Row | None) -> str:
    return "not there" if event is None else f"{event['action']} of {event['request_id']}"


# 2. One grant for one approval.


def grants(told: Evidence) -> Verdict:
    """No two open grants of the same, no two of one request and right, no grant without its request being granted."""
    return _verdict("2 one grant for each approval", len(told.rows["grants"]), _grants(told))


def _grants(told: Evidence) -> Iterator[str]:
    several = told.rows["grants"]
    opened = Counter(
        (one["employee_id"], one["account_id"], one["right"]) for one in several if one["ended_at"] is None
    )
    yield from (f"{n} open grants of {what}" for what, n in opened.items() if n > 1)
    asked = Counter((one["request_id"], one["right"]) for one in several)
    yield from (f"{n} grants of request {what}" for what, n in asked.items() if n > 1)
    states = {one["id"]: one["state"] for one in told.rows["requests"]}
    wrong = (one for one in several if states.get(one["request_id"]) != "granted")
    yield from (f"grant {one['id']} of a request that is {states.get(one['request_id'])}" for one in wrong)
    given = Counter(one["request_id"] for one in several)
    for one in told.rows["requests"]:
        if one["state"] == "granted" and given[one["id"]] != len(one["rights"]):
            yield f"request {one['id']} was granted and has {given[one['id']]} grants"


# 3. The log is whole, of one transaction with what it tells of, and tells all there is.


def audit(told: Evidence) -> Verdict:
    """The chain computed anew; each row was last written by the transaction of an event about it; the log's state is the state."""
    return _verdict("3 the audit log verifies", len(told.rows["events"]), _audit(told))


def _audit(told: Evidence) -> Iterator[str]:
    events = told.rows["events"]
    yield from log.flaws(events)
    by_subject: dict[tuple[str, str], set[str]] = {}
    world = World()
    for one in events:
        by_subject.setdefault((one["subject_kind"], one["subject_id"]), set()).add(one["tx"])
        world.apply(one)
    for kind, name in (("grant", "grants"), ("freeze", "freezes"), ("employee", "people")):
        for row in told.rows[name]:
            if row["tx"] not in by_subject.get((kind, row["id"]), set()):
                yield f"{kind} {row['id']} was written by transaction {row['tx']}, which wrote no event about it"
    yield from _replayed(told, world)


def _replayed(told: Evidence, world: World) -> Iterator[str]:
    pairs = (
        ("open grants", {one["id"] for one in told.rows["grants"] if one["ended_at"] is None}, set(world.grants)),
        ("freezes", {one["id"] for one in told.rows["freezes"] if one["lifted_at"] is None}, set(world.frozen)),
        ("people who left", {one["id"] for one in told.rows["people"] if not one["active"]}, world.gone),
    )
    for what, have, want in pairs:
        if have != want:
            yield f"{what}: only in the state {sorted(have - want)[:5]}, only in the log {sorted(want - have)[:5]}"


# 4. Webhooks: all that was committed, nothing else, and soon.


def told_of(told: Evidence) -> Verdict:
    """Every committed event comes to whoever takes it, soon after all is healed, and nothing comes that is not in the log."""
    if not told.receivers:
        return Verdict("4 webhooks", 0, skipped="nobody was told")
    looked = sum(len(one.heard) for one in told.receivers)
    return _verdict("4 webhooks", looked, (*webhooks.genuine(told), *webhooks.complete(told)))


# 5. Decisions are those of the state that they say they know, and know what they have to.


def consistency(told: Evidence) -> Verdict:
    """Each decision is the predicate over the log up to the revision it names; and that is not older than promised."""
    asked = [one for one in told.operations if one.kind == EVALUATE and one.outcome == OK]
    return _verdict("5 no stale decision", len(asked), _consistency(told, asked))


def _consistency(told: Evidence, asked: list[Operation]) -> Iterator[str]:
    sure = [one for one in asked if "decision_stale" not in one.told["codes"]]
    unsure = (one for one in asked if "decision_stale" in one.told["codes"] and one.told["decision"])
    yield from (f"{one.op} was permitted although that was not certain" for one in unsure)
    events, world, at = told.rows["events"], World(), 0
    for one in sorted(sure, key=lambda each: each.told["revision"]):
        while at < len(events) and events[at]["seq"] <= one.told["revision"]:
            world.apply(events[at])
            at += 1
        args, decision = one.args, one.told["decision"]
        if one.told["revision"] > world.revision:
            yield f"{one.op} knew revision {one.told['revision']}, and the log ends at {world.revision}"
        elif decision is not world.may(args["who"], args["account"], args["right"]) and not clocks.begins(
            told, world, one
        ):
            yield f"{one.op} was answered {decision} {one.told['codes']} at revision {one.told['revision']}"
        if args["least"] is not None and one.told["revision"] < args["least"]:
            yield f"{one.op} wanted revision {args['least']} and got {one.told['revision']}"
    yield from _behind(told, [one for one in sure if one.args["least"] is None])
    yield from clocks.answered(told, sure)


def _behind(told: Evidence, asked: list[Operation]) -> Iterator[str]:
    """Nothing that was acknowledged so long before the question is unknown to the answer."""
    known = sorted((one.ended, one.revision) for one in told.writes if one.outcome == OK and one.revision is not None)
    newest, at = 0, 0
    for one in sorted(asked, key=lambda each: each.invoked):
        while at < len(known) and known[at][0] <= one.invoked - BEHIND_AT_MOST:
            newest = max(newest, known[at][1])
            at += 1
        if one.told["revision"] < newest:
            yield f"{one.op} knew revision {one.told['revision']}; {newest} was acknowledged more than a second before"


# 6. Revisions only grow.


def monotonic(told: Evidence) -> Verdict:
    """Whatever was asked after a write was acknowledged has a later revision: of any client, by any replica."""
    done = [one for one in told.writes if one.outcome == OK and one.revision is not None]
    return _verdict("6 revisions grow", len(done), _monotonic(done))


def _monotonic(done: list[Operation]) -> Iterator[str]:
    ended = sorted(done, key=lambda one: one.ended)
    newest, by, at = 0, "", 0
    for one in sorted(done, key=lambda each: each.invoked):
        while at < len(ended) and ended[at].ended < one.invoked:
            if (ended[at].revision or 0) > newest:
                newest, by = ended[at].revision or 0, ended[at].op
            at += 1
        if (one.revision or 0) <= newest:
            yield f"{one.op} is revision {one.revision}; {by} was {newest} before it was asked for"
    twice = Counter(one.revision for one in done)
    yield from (f"revision {revision} was given {n} times" for revision, n in twice.items() if n > 1)


# 7. Nobody decides their own.


def duties(told: Evidence) -> Verdict:
    """No word of whose request it is, none counts twice, nobody holds roles that exclude each other, no leaver holds a right."""
    return _verdict("7 separation of duties", len(told.rows["words"]), _duties(told))


def _duties(told: Evidence) -> Iterator[str]:
    own = {one["id"]: {one["requester_id"], one["beneficiary_id"]} for one in told.rows["requests"]}
    people: Counter[tuple[str, int, str]] = Counter()
    for one in told.rows["words"]:
        who = {one["decided_by"], one["principal_id"]}
        if who & own.get(one["request_id"], set()):
            yield f"{one['decided_by']} decided their own request {one['request_id']}"
        people.update((one["request_id"], one["round"], each) for each in who)
    yield from (f"{what} counts {n} times" for what, n in people.items() if n > 1)
    roles: dict[str, set[str]] = {}
    for one in told.rows["offices"]:
        roles.setdefault(one["employee_id"], set()).add(one["role"])
    yield from (
        f"{who} holds {sorted(held)}" for who, held in roles.items() if len(held) > 1 and held & {"auditor", "admin"}
    )
    gone = {one["id"] for one in told.rows["people"] if not one["active"]}
    held = (one for one in told.rows["grants"] if one["ended_at"] is None and one["employee_id"] in gone)
    yield from (f"{one['employee_id']} has left and holds grant {one['id']}" for one in held)


# 8. It goes on answering.


def availability(told: Evidence) -> Verdict:
    """No 500; a 503 is said soon; nothing hangs and nothing is down for longer than a fault and what it takes to recover."""
    attempts = sum(len(one.attempts) for one in told.operations)
    return _verdict("8 it goes on answering", attempts, (*_answers(told), *_outages(told), *_unknown(told)))


def _answers(told: Evidence) -> Iterator[str]:
    late = Lateness(told.operations)
    for one in told.operations:
        for each in one.attempts:
            if each.status >= 500 and each.status != 503:
                yield f"{one.op} was answered {each.status} {each.code}"
            if each.status == 503 or each.code == "lost timeout":
                yield from _slow(told, late, one, each)


def _slow(told: Evidence, late: Lateness, one: Operation, each: Attempt) -> Iterator[str]:
    times = (each.replica, each.sent, each.answered or each.sent)
    limit, when = ANSWERS_WITHIN + MARGIN, f"at {each.sent - told.began:.1f} s from replica {each.replica}"
    if each.seconds <= limit or _stopped(told, *times) or each.seconds <= limit + late.of(each):
        return
    if each.status != 503:
        yield f"{one.op}: no answer in {each.seconds:.0f} s {when}"
    elif not _stopped(told, *times, _SLOWS):
        yield f"{one.op}: 503 {each.code} after {each.seconds:.1f} s {when}"


_STOPS = frozenset({"pause", "kill", "crash"})
_SLOWS = frozenset({"latency", "deaf"})
"""Where each step to the database takes long, or the next does: nothing before a commit is cut off for that."""


def _stopped(told: Evidence, replica: int, sent: float, answered: float, kinds: frozenset[str] = _STOPS) -> bool:
    """Was that replica not let run meanwhile, or (``_SLOWS``) not let ask?"""
    return any(
        one.kind in kinds and one.replica == replica and one.began <= answered and sent <= one.ended + 1
        for one in told.faults
    )


def _outages(told: Evidence) -> Iterator[str]:
    """Times without an acknowledged write, or without a decision, that no fault explains."""
    for what, several in (("writes", told.writes), ("decisions", [one for one in told.operations if not one.write])):
        # Whatever was answered was answered by somebody: a refusal is as good as anything.
        good = sorted(
            each.answered for one in several for each in one.attempts if 0 < each.status < 500 and each.answered
        )
        end = min(told.quiet, max((each.sent for one in several for each in one.attempts), default=0.0))
        times = [told.began, *(at for at in good if told.began <= at <= end), end]
        asked = sorted(each.sent for one in several for each in one.attempts)
        for since, after in pairwise(times):
            # As long as nobody asks, nobody is left without an answer: all clients may be waiting for something else.
            first = bisect_left(asked, since)
            last = asked[first] if first < len(asked) and asked[first] < after else after
            if after - last <= RECOVERS_WITHIN:
                continue
            ended = max((one.ended for one in told.faults if one.began <= after), default=told.began)
            if after > ended + RECOVERS_WITHIN:
                yield f"no {what} from {last - told.began:.1f} s to {after - told.began:.1f} s; the last fault ended at {ended - told.began:.1f} s"


def _unknown(told: Evidence) -> Iterator[str]:
    """In the end it can be found out of every write whether it was done."""
    for one in told.writes:
        if one.outcome == INFO:
            last = one.attempts[-1]
            yield f"{one.op} was never definite: {last.status} {last.code} after {last.number} attempts"


# 9. It gives back what it took.


def leaks(told: Evidence) -> Verdict:
    """After all: nobody idle in a transaction, no lock waited for, and files and memory about what they were."""
    return _verdict("9 nothing leaks", 2 + 2 * len(told.after.replicas), _leaks(told))


def _leaks(told: Evidence) -> Iterator[str]:
    if told.after.idle:
        yield f"{told.after.idle} connections are idle in a transaction"
    if told.after.waiting:
        yield f"{told.after.waiting} locks are waited for"
    for n, (was, now) in enumerate(zip(told.before.replicas, told.after.replicas, strict=False)):
        for what, spare in (("files", 48), ("memory", 96)):
            if now.get(what, 0) > was.get(what, 0) * 1.1 + spare:
                yield f"replica {n}: {what} {was.get(what, 0):.0f} before, {now[what]:.0f} after"


CHECKS: tuple[Callable[[Evidence], Verdict], ...] = (
    writes, grants, audit, told_of, consistency, monotonic, duties, availability, leaks,
)  # fmt: skip


def judge(told: Evidence) -> list[Verdict]:
    """All of them."""
    return [check(told) for check in CHECKS]
