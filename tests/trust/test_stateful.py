"""The organisation goes through what chance brings, on both databases side by side, and is what the model says.

``COE_TRUST_DEPTH=200x50`` is how many runs of how many rules; ``COE_TRUST_SEED`` other ones than every time.
"""

import os
from collections import Counter

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from .machine import Machine

DEPTH = os.environ.get("COE_TRUST_DEPTH", "7x40")
SEED = os.environ.get("COE_TRUST_SEED")


def run(make, *, depth=DEPTH, chance=SEED, shrink=False):
    """Run the machine; answers how often what happened."""
    runs, steps = map(int, depth.split("x"))
    tally = Counter()
    machine = type("Machine", (Machine,), {"make": staticmethod(make), "watch": tally.update})
    told = settings(
        max_examples=runs, stateful_step_count=steps, derandomize=chance is None, database=None, deadline=None,
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False, print_blob=False,
        phases=[Phase.generate, *([Phase.shrink] if shrink else [])],
    )  # fmt: skip
    run_state_machine_as_test(seed(int(chance))(machine) if chance is not None else machine, settings=told)
    return tally


SEEN = {
    "ask": {None, "request_refused"}, "decide": {None, "self_approval", "request_not_pending"}, "appoint": {None},
    "handle": {None}, "publish": {None}, "freeze": {None}, "switch": {None}, "complete": {None}, "attest": {None},
    "reason": {"above_model_ceiling", "frozen", "grant_expired", "no_grant", "subject_inactive"}, "see": {"open"},
}  # fmt: skip
"""What any run worth its time has come across: a machine that is refused everywhere shows nothing."""
RARE = {
    "decide": {"not_the_approver", "already_decided", "not_found", "invalid_token"}, "ask": {"forbidden", "already_requested"},
    "appoint": {"separation_of_duties"}, "end_appointment": {"last_strategist"}, "redeputize": {"deputy_cycle"},
    "handle": {"grant_ended", "not_the_authority"}, "lift": {None, "not_the_authority", "freeze_ended"},
    "draft": {"policy_widens"}, "publish": {"author_publishes"}, "see": {"blocked_no_approver"},
    "reason": {
        "account_not_active", "attestation_missing", "employment_type_excluded", "grant_revoked", "grant_suspended",
        "outside_posting_hours", "tool_not_the_platform", "training_expired", "training_missing",
    },
}  # fmt: skip
"""What a deep run has come across besides."""


def missing(tally, wanted):
    """What never happened: by operation, the codes (None: a success); by reason, the reasons."""
    plain = {(key[0], key[1]) for key in tally} | {(key[0], key[2]) for key in tally if len(key) > 2}
    return {(what, code) for what, codes in wanted.items() for code in codes if (what, code) not in plain}


def test_whatever_happens_the_service_is_what_the_model_says(sides, capsys):
    tally = run(sides)
    with capsys.disabled():
        print()
        for key, n in sorted(tally.items(), key=str):
            print(f"{n:6} {' '.join(str(one) for one in key if one is not None)}")
    runs, steps = map(int, DEPTH.split("x"))
    assert not missing(tally, SEEN)
    assert tally["evaluate", "permit", None] > runs * steps / 5
    assert sum(n for key, n in tally.items() if key[:2] == ("decide", 200)) > runs * steps / 8
    if runs * steps >= 5000:
        assert not missing(tally, RARE)
