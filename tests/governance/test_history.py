"""The past is answered as it was: whatever happens, asking later is asking then.

``COE_HISTORY_DEPTH=20x200`` is how many runs of how many steps; ``COE_HISTORY_SEED`` other ones than every time.
"""

import os

import pytest

from tests.governance.chronicle import Chronicle, look_back

RUNS, STEPS = map(int, os.environ.get("COE_HISTORY_DEPTH", "1x20").split("x"))
SEED = int(os.environ.get("COE_HISTORY_SEED", "1"))
SAME = ("decision", "reasons", "advice", "grant_id", "model", "revision")


def failed(found, *, advisory):
    return [one["code"] for one in found["conditions"] if not one["passed"] and one["advisory"] is advisory]


def codes(reasons):
    return [one["code"] for one in reasons]


def check(one, note):
    """What was answered then is answered now, and is what the conditions say."""
    found = one.explained(note.asked, note.at)
    assert {name: found[name] for name in SAME} == {name: note.answer[name] for name in SAME}, (
        note,
        found["conditions"],
    )
    assert failed(found, advisory=False) == codes(found["reasons"]), note
    assert failed(found, advisory=True) == codes(found["advice"]), note


MATTERS = {
    "everything": (),
    "employment": ("hr", "rehire", "rezone", "merge", "sweep"),
    "grants": ("change_grant", "review", "answer_review", "sweep", "hr", "rehire", "publish_policy", "retire_policy"),
    "posts": ("submit", "use_clearance", "publish_policy", "retire_policy", "tools", "merge", "switch", "rehire"),
    "training": ("complete", "revoke_completion", "change_course", "publish_policy", "attest", "retire_policy"),
    "places": (
        "move_unit",
        "move_account",
        "merge",
        "freeze",
        "lift",
        "switch",
        "rezone",
        "propose",
        "publish_policy",
        "rehire",
    ),
}


def check_facts(one):
    """What a decision rested on then is what it is said to have rested on."""
    with one.world.work(write=False) as work:
        for at, question, *then in one.facts:
            assert list(look_back(work, question, at)) == then, (at, question)


@pytest.mark.parametrize("matter", MATTERS)
@pytest.mark.parametrize("seed", range(SEED, SEED + RUNS))
def test_whatever_happens_the_past_is_answered_as_it_was(team, seed, matter):
    one = Chronicle(team, f"{seed} {matter}", MATTERS[matter])
    one.go(STEPS)
    check_facts(one)
    for note in one.notes:
        check(one, note)
    for (at, account), listed in one.listed.items():
        assert one.publishers(account, at) == listed, (at, account)
