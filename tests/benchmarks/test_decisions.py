"""The benchmark of decisions finds what it is to find: made-up answers, and figures that miss their goals."""

import pytest

from benchmarks.decisions.load import Round, Rounds
from benchmarks.decisions.stale import Verdict, counted, judge
from benchmarks.decisions.table import Table, at_least, at_most
from benchmarks.decisions.world import COLLECTED, IN_FORCE, Size, World, state_of


def said(decision, revision="8", *codes):
    return {"decision": decision, "context": {"reasons": [{"code": code} for code in codes], "revision": revision}}


@pytest.mark.parametrize(
    ("status", "answer", "permitted", "revision", "verdict"),
    [
        (200, said(False, "8", "grant_suspended"), False, 8, Verdict.FRESH),
        (200, said(True, "9"), True, 8, Verdict.FRESH),
        (200, said(True, "8"), False, 8, Verdict.STALE),  # still permitted, though it says that it knows
        (200, said(False, "8", "grant_suspended"), True, 8, Verdict.STALE),  # resumed, and still refused
        (
            200,
            said(False, "7", "grant_suspended"),
            False,
            8,
            Verdict.STALE,
        ),  # right by chance: it knows less than it must
        (200, said(True, "7"), True, None, Verdict.FRESH),  # nothing was promised
        (200, said(True, "7"), False, None, Verdict.STALE),
        (503, {"code": "unavailable"}, False, 8, Verdict.BEHIND),
        (200, said(False, "7", "decision_stale"), False, 8, Verdict.BEHIND),
        (200, said(True, "7", "decision_stale"), False, 8, Verdict.WRONG),
        (500, None, False, 8, Verdict.WRONG),
        (200, {"decision": "false"}, False, 8, Verdict.WRONG),
    ],
)
def test_an_answer_is_as_new_as_it_has_to_be(status, answer, permitted, revision, verdict):
    assert judge(status, answer, permitted=permitted, revision=revision) is verdict


def test_no_stale_answer_is_said_as_well():
    assert counted([Verdict.FRESH, Verdict.FRESH]) == "2 fresh, 0 stale"
    assert counted([Verdict.FRESH, Verdict.STALE, Verdict.BEHIND]) == "1 fresh, 1 behind, 1 stale"


def test_a_missed_goal_is_marked_and_counted():
    table = Table()
    table.row("slow", "1 /s", "2 /s", 0.5, at_least(0.9))
    table.row("large", "2 GiB", goal=at_most(1024, " MiB"), value=2048)
    table.row("quick", "2 /s", "1 /s", 2.0, at_least(0.9))
    assert [row[-1] for row in table.rows] == [">= 0.9 x!", "<= 1,024 MiB!", ">= 0.9 x"]
    assert table.missed == 2


def test_rounds_are_told_by_their_median():
    rounds = Rounds([Round(rate, 1.0, 1.0, 1.0, 0.0) for rate in (10, 90, 100)])
    assert rounds.median("rate") == 90
    assert rounds.spread == 1


def test_half_of_the_questions_are_about_a_grant_and_none_comes_twice():
    world = World(Size("tiny", 100, 20, 300))
    asked = world.questions(200)
    held = set(world.pairs)
    assert len(set(asked)) == 200
    assert 100 <= sum(pair in held for pair in asked) < 150
    assert world.questions(200) == asked != world.questions(200, seed=1)
    assert len(world.questions(10_000)) == 1_500  # of 2,000 pairs


def test_only_grants_in_force_count():
    world = World(Size("tiny", 100, 20, 300))
    assert len(world.in_force) == 255
    assert all((pair in world.in_force) is (state_of(n) == IN_FORCE) for n, pair in enumerate(world.pairs))
    assert len(world.collected) == len(set(world.collected)) == 40  # to publish and to engage on every account
    assert len(World(Size("larger", 10, 500, 20)).collected) == COLLECTED
