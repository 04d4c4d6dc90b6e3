"""The campaign's checker finds what it is to find: each check is green on a good history and red on a made-up bad one."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from benchmarks.campaign import checks, keeping, log
from benchmarks.campaign.evidence import MARKERS, ROWS, Evidence, Usage
from benchmarks.campaign.history import Attempt, Line, Operation, Recorder, fold
from benchmarks.campaign.lateness import Lateness
from benchmarks.campaign.nemesis import Done
from benchmarks.campaign.receivers import Receiver

WHO, WHERE, OTHER = "w1", "acc1", "acc2"


def event(seq, action, kind, id_, op=None, after=None, tx="1", attempt=1):
    return {
        "encoding": 1, "seq": seq, "at": f"2026-01-01T00:00:{seq:02}.000000Z", "actor": "{}", "on_behalf_of": None,
        "action": action, "subject_kind": kind, "subject_id": id_, "reason": None, "before": None,
        "after": json.dumps(after) if after else None, "request_id": op and f"{op}.{attempt}", "tx": tx,
    }  # fmt: skip


def chained(events):
    last, found = "0" * 64, []
    for one in events:
        sealed = {**one, "prev_hash": last}
        sealed["hash"] = last = log.hash_of(sealed)
        found.append(sealed)
    return found


def done(op, at, revision=None, outcome="ok", status=200, attempts=None, **more):
    kind = op.split("-")[0]
    tried = attempts or [Attempt(1, 0, at, at + 0.1, outcome, status)]
    return Operation(op, kind, 0, more.pop("args", {}), tried, outcome, status, revision, more.pop("told", {}))


def asked(op, at, revision, decision, least=None, codes=(), account=WHERE):
    told = {"decision": decision, "codes": list(codes), "revision": revision}
    args = {"who": WHO, "account": account, "right": "draft", "least": least}
    return done(f"evaluate-{op}", at, args=args, told=told)


GRANT = {"employee_id": WHO, "account_id": WHERE, "right": "publish"}
EVENTS = (
    event(1, "rights_request.asked", "rights_request", "r1", "ask-1"),
    event(2, "rights_request.approved", "rights_request", "r1", "decide-1", tx="2"),
    event(3, "grant.issued", "grant", "g1", "decide-1", GRANT, tx="2"),
    event(4, "freeze.set", "freeze", "f1", "freeze-1", {"account_id": OTHER}, tx="3"),
    event(5, "grant.revoked", "grant", "g1", "revoke-1", GRANT, tx="4", attempt=2),
)


def good():
    """Asked, granted, another account frozen, revoked at the second attempt; decisions before and after."""
    again = [Attempt(1, 0, 14.0, 14.2, "info", 0, "lost EOFError"), Attempt(2, 1, 14.5, 14.6, "ok", 200)]
    operations = [
        done("ask-1", 10.0, 1),
        done("decide-1", 11.0, 3),
        asked(1, 11.5, 3, True, least=3),
        done("freeze-1", 12.0, 4),
        done("lift-1", 12.5, None, "fail", 409),
        done("revoke-1", 14.0, 5, attempts=again),
        asked(2, 15.0, 5, False, least=5),
        asked(3, 15.2, 4, True),
        asked(4, 16.0, 5, False),
    ]
    rows = dict.fromkeys(ROWS, ()) | {
        "events": chained(EVENTS),
        "grants": [{"id": "g1", **GRANT, "request_id": "r1", "ended_at": "then", "tx": "4"}],
        "freezes": [{"id": "f1", "kind": "account", "account_id": OTHER, "lifted_at": None, "tx": "3"}],
        "requests": [
            {"id": "r1", "requester_id": WHO, "beneficiary_id": WHO, "rights": ["publish"], "state": "granted"}
        ],
        "words": [{"request_id": "r1", "round": 1, "decided_by": "boss", "principal_id": "boss"}],
        "offices": [{"employee_id": "boss", "role": "strategist"}, {"employee_id": "aud", "role": "auditor"}],
    }
    markers = {kind: Counter() for kind in MARKERS}
    for op in ("ask-1", "decide-1", "freeze-1", "revoke-1"):
        markers[op.split("-")[0]][op] += 1
    faults = [Done("kill", 14.0, 14.4, 0)]
    usage = Usage(0, 0, 9, [{"files": 40, "memory": 150}])
    return Evidence(operations, faults, rows, markers, 9.0, 17.0, usage, usage)


def test_a_good_history_is_green():
    assert [one.name for one in checks.judge(good()) if not one.holds] == []


def test_what_was_not_looked_at_is_said_so():
    assert [one.name for one in checks.judge(good()) if one.skipped] == ["4 webhooks"]


# What is wrong, and which check finds it: (name, what is done to the evidence, what it says)


def rows(told, name, *more, drop=0):
    told.rows = {**told.rows, name: [*list(told.rows[name])[drop:], *more]}


def relog(told, events):
    told.rows = {**told.rows, "events": chained(events)}


def lost_to_a_failover(told):
    relog(told, [*EVENTS[:3], event(4, "freeze.set", "freeze", "f9", "freeze-9", {"account_id": OTHER})])


def lost_from_the_state(told):
    told.markers["ask"].clear()


def done_by_two_attempts(told):
    relog(told, [*EVENTS, event(6, "freeze.set", "freeze", "f2", "freeze-1", {"account_id": OTHER}, attempt=2)])


def twice_in_the_state(told):
    told.markers["freeze"]["freeze-1"] += 1


def refused_and_done(told):
    relog(told, [*EVENTS, event(6, "freeze.lifted", "freeze", "f1", "lift-1")])


def refused_and_there(told):
    told.markers["lift"]["lift-1"] += 1


def unknown_and_half_there(told):
    told.operations = [*told.operations, done("freeze-2", 13.0, outcome="info", status=0)]
    told.markers["freeze"]["freeze-2"] += 1


def two_open_grants(told):
    open_ = {"id": "g2", **GRANT, "request_id": "r1", "ended_at": None, "tx": "2"}
    rows(told, "grants", open_, {**open_, "id": "g3", "request_id": "r2"})


def two_grants_of_one_request(told):
    rows(told, "grants", {"id": "g2", **GRANT, "request_id": "r1", "ended_at": "then", "tx": "2"})


def grant_of_a_denied_request(told):
    rows(told, "requests", {**told.rows["requests"][0], "state": "denied"}, drop=1)


def granted_without_grant(told):
    rows(told, "grants", drop=1)


def altered(told):
    told.rows["events"][1]["actor"] = '{"id":"somebody else"}'


def forked(told):
    other = chained([*EVENTS[:2], event(3, "freeze.set", "freeze", "f3", "freeze-3", {"account_id": OTHER})])[2]
    rows(told, "events", other)
    told.rows["events"].sort(key=lambda one: one["seq"])


def with_a_gap(told):
    told.rows["events"].pop(3)


def of_another_transaction(told):
    rows(told, "freezes", {**told.rows["freezes"][0], "tx": "99"}, drop=1)


def not_what_the_log_tells(told):
    rows(told, "freezes", {**told.rows["freezes"][0], "lifted_at": "then"}, drop=1)


def with_an(operation):
    def worse(told):
        told.operations = [*told.operations, operation]

    return worse


def grown_backwards(told):
    told.operations = [*told.operations, done("ask-9", 15.0, 2)]


def given_twice(told):
    told.operations = [*told.operations, done("ask-9", 14.05, 5)]


def own_word(told):
    rows(told, "words", {"request_id": "r1", "round": 1, "decided_by": WHO, "principal_id": "hub"})


def word_counts_twice(told):
    rows(told, "words", {"request_id": "r1", "round": 1, "decided_by": "deputy", "principal_id": "boss"})


def auditor_in_office(told):
    rows(told, "offices", {"employee_id": "aud", "role": "strategist"})


def leaver_with_a_right(told):
    rows(told, "people", {"id": WHO, "active": False, "tx": "1"})
    rows(told, "grants", {"id": "g2", **GRANT, "request_id": "r2", "ended_at": None, "tx": "2"})


def server_error(told):
    told.operations[0].attempts[0] = Attempt(1, 0, 10.0, 10.1, "info", 500, "internal_error")


def slow_503(told):
    told.operations[0].attempts.insert(0, Attempt(1, 1, 6.0, 9.0, "info", 503, "unavailable"))


def hang(told):
    told.operations[0].attempts.insert(0, Attempt(1, 1, 0.0, 10.0, "info", 0, "lost timeout"))


def outage(told):
    """Somebody asked all the time, and for a long while nobody answered."""
    slow = done("ask-8", 30.0)
    slow.attempts.insert(0, Attempt(1, 0, 15.0, 16.0, "info", 503, "unavailable"))
    told.operations = [*told.operations, slow]
    told.quiet = 31.0


def never_definite(told):
    told.operations = [*told.operations, done("ask-8", 15.0, outcome="info", status=503)]


def leaking_files(told):
    told.after = Usage(0, 0, 9, [{"files": 140, "memory": 150}])


def by_a_wrong_clock(seconds):
    """All that replica 0 answered, it answered with this clock."""

    def worse(told):
        told.faults = [*told.faults, Done("skew", 1.0, 30.0, 0, seconds)]

    worse.__name__ = f"clock{seconds}"
    return worse


BAD = (
    ("1", lost_to_a_failover, "acknowledged as revision 4, which is freeze.set of freeze-9.1"),
    ("1", lost_to_a_failover, "acknowledged as revision 5, which is not there"),
    ("1", lost_from_the_state, "is not in the state"),
    ("1", done_by_two_attempts, "by 2 attempts"),
    ("1", twice_in_the_state, "2 times in the state"),
    ("1", refused_and_done, "refused with 409 and is in the log"),
    ("1", refused_and_there, "refused with 409 and is in the state"),
    ("1", unknown_and_half_there, "in the state and not in the log"),
    ("2", two_open_grants, "2 open grants"),
    ("2", two_grants_of_one_request, "2 grants of request"),
    ("2", grant_of_a_denied_request, "a request that is denied"),
    ("2", granted_without_grant, "was granted and has 0 grants"),
    ("3", altered, "not what was sealed"),
    ("3", forked, "does not hang on"),
    ("3", with_a_gap, "stands behind 3"),
    ("3", of_another_transaction, "wrote no event about it"),
    ("3", not_what_the_log_tells, "only in the log ['f1']"),
    ("5", with_an(asked(9, 15.0, 5, True)), "was answered True"),
    ("5", with_an(asked(9, 15.0, 3, False)), "was answered False"),
    ("5", with_an(asked(9, 11.6, 3, True, least=4)), "wanted revision 4 and got 3"),
    ("5", with_an(asked(9, 15.7, 4, True)), "more than a second before"),
    ("5", with_an(asked(9, 15.0, 9, False)), "the log ends at 5"),
    ("5", with_an(asked(9, 15.0, 5, True, codes=("decision_stale",))), "was not certain"),
    ("5", with_an(asked(9, 15.0, 5, True, account=OTHER)), "was answered True"),
    ("5", by_a_wrong_clock("-2"), "evaluate-1 was answered by replica 0, whose clock was wrong by -2 s"),
    ("5", by_a_wrong_clock("+86400"), "freeze-1 was answered by replica 0"),
    ("6", grown_backwards, "is revision 2"),
    ("6", given_twice, "was given 2 times"),
    ("7", own_word, "decided their own"),
    ("7", word_counts_twice, "counts 2 times"),
    ("7", auditor_in_office, "aud holds"),
    ("7", leaver_with_a_right, "has left and holds"),
    ("8", server_error, "was answered 500"),
    ("8", slow_503, "503 unavailable after 3.0 s"),
    ("8", hang, "no answer in 10 s"),
    ("8", outage, "no writes from"),
    ("8", never_definite, "was never definite"),
    ("9", lambda told: setattr(told, "after", Usage(1, 0, 9, ())), "idle in a transaction"),
    ("9", lambda told: setattr(told, "after", Usage(0, 2, 9, ())), "2 locks"),
    ("9", leaking_files, "files 40 before, 140 after"),
)


@pytest.mark.parametrize(("number", "worse", "says"), BAD, ids=lambda one: getattr(one, "__name__", one))
def test_a_bad_history_is_red(number, worse, says):
    told = good()
    worse(told)
    (verdict,) = (one for one in checks.judge(told) if one.name.startswith(number))
    assert any(says in one for one in verdict.found), verdict.found


def test_what_a_fault_explains_is_no_outage():
    told = good()
    outage(told)
    told.faults = [*told.faults, Done("restart", 16.0, 26.0)]
    (verdict,) = (one for one in checks.judge(told) if one.name.startswith("8"))
    assert not [one for one in verdict.found if one.startswith("no writes")]


def test_while_nobody_asks_nobody_is_left_without_an_answer():
    told = good()
    told.operations, told.quiet = [*told.operations, done("ask-8", 30.0)], 31.0
    (verdict,) = (one for one in checks.judge(told) if one.name.startswith("8"))
    assert verdict.holds, verdict.found


def test_who_decides_nothing_and_who_is_not_yet_known_to_be_wrong_has_done_no_wrong():
    told = good()
    told.operations = [
        replace(one, told={**one.told, "decision": False, "codes": ["decision_stale"]})
        if one.kind == "evaluate"
        else one
        for one in told.operations
    ]
    told.faults = [*told.faults, Done("skew", 1.0, 30.0, 0, "+20"), Done("skew", 13.0, 15.0, 1, "-300")]
    (verdict,) = (one for one in checks.judge(told) if one.name.startswith("5"))
    assert verdict.holds, verdict.found
    told.faults = [*told.faults, Done("skew", 9.9, 12.15, 0, "+86400")]
    (verdict,) = (one for one in checks.judge(told) if one.name.startswith("5"))
    assert verdict.found == ("freeze-1 was answered by replica 0, whose clock was wrong by +86400 s",)


@pytest.mark.parametrize(
    ("at", "fault", "holds"),
    [
        (10.9, None, True),
        (11.5, None, False),
        (13.0, Done("skew", 10.5, 11.5, 0, "+20"), True),
        (32.0, Done("skew", 10.5, 11.5, 0, "+20"), False),
        (13.0, Done("skew", 10.5, 11.5, 1, "+20"), False),
        (13.0, Done("skew", 11.2, 11.5, 0, "+20"), False),
        (13.0, Done("skew", 10.5, 11.5, 0, "+300"), False),
        (13.0, Done("skew", 10.5, 11.5, 0, "-20"), False),
    ],
)
def test_a_right_begins_by_the_clock_of_whoever_granted_it_and_not_before_it_is_granted(at, fault, holds):
    told = good()
    told.operations = [*told.operations, asked(9, at, 4, False, codes=["grant_not_started"])]
    told.faults = [*told.faults, *([fault] if fault else [])]
    (verdict,) = (one for one in checks.judge(told) if one.name.startswith("5"))
    assert [one for one in verdict.found if "evaluate-9 was answered False" in one] == (
        [] if holds else ["evaluate-9 was answered False ['grant_not_started'] at revision 4"]
    )


def test_a_paused_replica_may_be_late():
    told = good()
    hang(told)
    told.faults = [*told.faults, Done("pause", 1.0, 9.5, 1)]
    (verdict,) = (one for one in checks.judge(told) if one.name.startswith("8"))
    assert verdict.holds


def test_what_the_machine_takes_is_not_the_services():
    """An answer from memory by the same replica took half a second meanwhile: so much for each turn of a request."""
    told = good()
    slow_503(told)
    memory = asked(9, 7.0, 3, True)
    told.operations = [*told.operations, replace(memory, attempts=[Attempt(1, 1, 7.0, 7.5, "ok", 200)])]
    assert checks.availability(told).holds
    told.operations[-1] = replace(memory, attempts=[Attempt(1, 0, 7.0, 7.5, "ok", 200)])  # of another replica
    assert not checks.availability(told).holds
    told.operations[-1] = replace(memory, attempts=[Attempt(1, 1, 9.1, 9.6, "ok", 200)])  # later
    assert not checks.availability(told).holds
    told.operations[-1] = replace(memory, attempts=[Attempt(1, 1, 7.0, 7.1, "ok", 200)])  # not so slow
    assert not checks.availability(told).holds


def test_an_answer_that_waits_for_a_revision_tells_nothing_of_the_machine():
    told = good()
    slow_503(told)
    waited = asked(9, 7.0, 3, True, least=3)
    told.operations = [*told.operations, replace(waited, attempts=[Attempt(1, 1, 7.0, 7.5, "ok", 200)])]
    assert not checks.availability(told).holds


def test_how_late_the_machine_was_is_told():
    (line,) = Lateness(good().operations).summary()
    assert line == "answers from memory: half within 0.10 s, 99 of 100 within 0.10 s, all within 0.10 s"
    assert list(Lateness([]).summary()) == []


@pytest.mark.parametrize("kind", ["latency", "deaf"])
def test_where_each_step_takes_long_an_answer_may(kind):
    told = good()
    slow_503(told)
    told.faults = [*told.faults, Done(kind, 5.0, 8.5, 1)]
    (verdict,) = (one for one in checks.judge(told) if one.name.startswith("8"))
    assert verdict.holds
    hang(told)
    (verdict,) = (one for one in checks.judge(told) if one.name.startswith("8"))
    assert verdict.found


def test_what_was_kept_is_judged_as_it_was(tmp_path):
    told = good()
    told.receivers = [Receiver("honest", first=6, heard=[])]
    with Recorder(tmp_path / "history.jsonl") as recorder:
        for line in LINES:
            recorder.write(line)
    told.operations = fold(LINES)
    keeping.write(tmp_path, told)
    read = keeping.read(tmp_path)
    assert (read.operations, read.faults, read.after, read.quiet) == (told.operations, told.faults, told.after, 17.0)
    assert checks.judge(read) == checks.judge(told)


def employed(told, *outcomes):
    """Somebody is hired by several attempts; each of them stands in the log."""
    several = [Attempt(n, 0, 15.0 + n, 15.5 + n, outcome, 412) for n, outcome in enumerate(outcomes, 1)]
    last = outcomes[-1]
    told.operations = [*told.operations, done("employ-1", 16.0, 7 if last == "ok" else None, last, 412, several)]
    relog(told, [*EVENTS, *(event(n, "employee.updated", "employee", WHO, "employ-1", attempt=n - 5) for n in (6, 7))])


def test_what_has_no_key_may_be_done_again_by_whoever_was_not_told():
    told = good()
    employed(told, "info", "ok")
    assert checks.writes(told).holds
    employed(told, "info", "fail")
    assert "employ-1.2 was refused and is in the log" in checks.writes(told).found


def turned_away(told, *, status=401, tries=("info", "fail"), who=WHO):
    """Somebody asks, nobody is told what came of it (it was done: revision 6), and the second time they are turned away."""
    several = [Attempt(n, 0, 20.0 + n, 20.5 + n, outcome, status) for n, outcome in enumerate(tries, 1)]
    one = done("ask-2", 21.0, None, "fail", status, several, args={"who": who})
    told.operations = [*told.operations, one, done("freeze-2", 25.0, 9)]
    told.markers["ask"]["ask-2"] += 1
    told.markers["freeze"]["freeze-2"] += 1
    events = [
        event(6, "rights_request.asked", "rights_request", "r2", "ask-2"),
        event(7, "employee.left", "employee", WHO), event(8, "employee.rejoined", "employee", WHO),
        event(9, "freeze.set", "freeze", "f2", "freeze-2", {"account_id": OTHER}),
    ]  # fmt: skip
    relog(told, [*EVENTS, *events])
    return checks.writes(told)


@pytest.mark.parametrize(("more", "holds"), [
    ({}, True), ({"who": "somebody else"}, False), ({"status": 409}, False), ({"tries": ("fail", "fail")}, False),
    ({"tries": ("fail",)}, False),
])  # fmt: skip
def test_whoever_left_meanwhile_is_turned_away_and_what_they_had_asked_for_stays(more, holds):
    assert turned_away(good(), **more).holds is holds


def test_whoever_was_back_before_they_asked_again_is_not_turned_away():
    told = good()
    told.operations = [*told.operations, done("lift-2", 20.0, 9)]  # so all that the log tells of them was over before
    assert "ask-2 was refused with 401 and is in the log" in turned_away(told).found


LINES = (
    Line(1.0, "invoke", 0, "freeze-1", "freeze", 1, 0, {"account": WHERE}),
    Line(1.5, "info", 0, "freeze-1", "freeze", 1, 0, code="lost EOFError"),
    Line(2.0, "invoke", 0, "freeze-1", "freeze", 2, 1, {"account": WHERE}),
    Line(2.2, "ok", 0, "freeze-1", "freeze", 2, 1, {}, 201, 7),
)


def test_attempts_of_one_operation_are_one():
    (one,) = fold(LINES)
    assert (one.outcome, one.revision, one.invoked, one.ended) == ("ok", 7, 1.0, 2.2)
    assert [each.outcome for each in one.attempts] == ["info", "ok"]
    (open_,) = fold(LINES[:3])
    assert (open_.outcome, open_.ended) == ("info", float("inf"))


def test_a_publisher_may_draft_until_the_account_is_frozen():
    world = log.World()
    world.apply(EVENTS[2])
    assert world.may(WHO, WHERE, "draft") and world.may(WHO, WHERE, "publish") and not world.may(WHO, WHERE, "engage")
    world.apply(replace_after(EVENTS[3], {"account_id": WHERE}))
    assert not world.may(WHO, WHERE, "draft")
    world.apply(event(6, "freeze.lifted", "freeze", "f1"))
    assert world.may(WHO, WHERE, "draft")
    world.apply(event(7, "employee.left", "employee", WHO))
    assert not world.may(WHO, WHERE, "draft")
    world.apply(event(8, "employee.rejoined", "employee", WHO))
    world.apply(event(9, "grant.revoked", "grant", "g1"))
    assert not world.may(WHO, WHERE, "draft")


def replace_after(one, after):
    return {**one, "after": json.dumps(after)}
