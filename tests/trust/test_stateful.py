"""The organisation goes through what chance brings, on both databases side by side, and is what the model says.

``COE_TRUST_DEPTH=200x50`` is how many runs of how many rules; ``COE_TRUST_SEED`` other ones than every time.
"""

import os
from collections import Counter

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from .machine import Machine

DEPTH = os.environ.get("COE_TRUST_DEPTH", "6x40")
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


def test_whatever_happens_the_service_is_what_the_model_says(sides, capsys):
    tally = run(sides)
    with capsys.disabled():
        print()
        for key, n in sorted(tally.items(), key=str):
            print(f"{n:6} {' '.join(str(one) for one in key if one is not None)}")
