"""Decision engines inside one process, each asked for the grant alone: `python -m benchmarks.decisions.peers.engines NAME`.

It says READY with what it took, then for each line of standard input (a number of seconds) decides that long, and says
how many decisions it made: so that engines can take turns, and a disturbance falls on all of them.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable

from benchmarks.decisions.peers.holdings import held, the_world
from benchmarks.decisions.world import DISTINCT, account, person

Pair = tuple[str, str]
Decider = Callable[[str, str], bool]
Run = Callable[[list[Pair]], int]
"""Decides several, and says how many were permitted."""
Grants = dict[tuple[str, str], int]
_CASBIN = """\
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.sub == p.sub && r.obj == p.obj && r.act == p.act
"""
_REGO = """\
package p
import future.keywords
default allow := false
allow if data.grants[input.e][input.a] > 0
"""
_CEDAR = 'permit(principal, action == Action::"publish", resource) when { principal in resource };'


def by_dictionary(grants: Grants) -> Decider:
    """The least that can be done."""
    now = time.time

    def decide(who: str, where: str) -> bool:
        until = grants.get((who, where))
        return until is not None and until > now()

    return decide


def by_regorus(grants: Grants) -> Decider:
    """Rego, compiled in Rust; grants as data, one rule."""
    import lakera_regorus

    engine = lakera_regorus.Engine()
    engine.add_data_json(json.dumps({"grants": _nested(grants)}))
    engine.add_policy("p.rego", _REGO)

    def decide(who: str, where: str) -> bool:
        engine.set_input({"e": who, "a": where})
        return engine.eval_query("data.p.allow")["result"][0]["expressions"][0]["value"] is True

    return decide


def by_cedar(grants: Grants) -> Decider:
    """Cedar in Rust, policy and entities parsed once: one policy, the grants as a graph. No other way of it is quicker."""
    import cedarpy

    graph = [
        {"uid": {"type": "User", "id": who}, "attrs": {}, "parents": [{"type": "Account", "id": where} for where in of]}
        for who, of in _nested(grants).items()
    ]
    policies, entities = cedarpy.PolicySet.from_str(_CEDAR), cedarpy.Entities.from_json_str(json.dumps(graph))

    def decide(who: str, where: str) -> bool:
        request = {
            "principal": f'User::"{who}"', "action": 'Action::"publish"', "resource": f'Account::"{where}"', "context": {},
        }  # fmt: skip
        return bool(cedarpy.is_authorized(request, policies, entities).allowed)

    return decide


def by_casbin(grants: Grants) -> Decider:
    """pycasbin's FastEnforcer: policies indexed by their first three fields."""
    import logging

    import casbin

    logging.disable(logging.CRITICAL)
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as model:
        model.write(_CASBIN)
        model.flush()
        enforcer = casbin.FastEnforcer(model.name, enable_log=False, cache_key_order=[0, 1, 2])
    enforcer.add_policies([[who, where, "publish"] for who, where in grants])
    return lambda who, where: bool(enforcer.enforce(who, where, "publish"))


def _nested(grants: Grants) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (who, where), until in grants.items():
        found.setdefault(who, {})[where] = until
    return found


ENGINES: dict[str, Callable[[Grants], Decider]] = {
    "dictionary": by_dictionary, "regorus": by_regorus, "cedarpy": by_cedar, "FastEnforcer": by_casbin,
}  # fmt: skip


def each(decide: Decider) -> Run:
    """One after the other."""

    def run(several: list[Pair]) -> int:
        permits = 0
        for who, where in several:
            permits += decide(who, where)
        return permits

    return run


def take_turns(run: Run, asked: list[Pair], began: float, *, step: int = 16, fixed: bool = False) -> None:
    """Say READY, then decide as long as each line of input says, ``step`` at a time; one JSON line for each."""
    print(json.dumps({"ready": time.perf_counter() - began}), flush=True)
    at = 0
    for line in sys.stdin:
        length, done, permits, took = float(line), 0, 0, 0.0
        start, cpu = time.perf_counter(), time.process_time()
        while took < length:
            several = asked[at : at + step]
            permits += run(several)
            done += len(several)
            at = (at + len(several)) % len(asked)
            took = time.perf_counter() - start
            if took < length / 50 and not fixed:  # the clock is looked at seldom by a quick engine
                step = min(step * 2, 4096)
        told = {"done": done, "seconds": took, "cpu": time.process_time() - cpu, "permits": permits}
        print(json.dumps(told), flush=True)


def main() -> int:
    """Build one engine, see that it answers rightly, and take turns."""
    began = time.perf_counter()
    grants, world = held(), the_world()
    decide = ENGINES[sys.argv[1]](grants)
    asked = [(person(who), account(where)) for who, where in world.questions(DISTINCT)]
    for pair in asked[:200]:
        if decide(*pair) != (pair in grants):
            sys.stderr.write(f"{sys.argv[1]} answers {pair} wrongly\n")
            return 1
    take_turns(each(decide), asked, began)
    return 0


if __name__ == "__main__":
    sys.exit(main())
