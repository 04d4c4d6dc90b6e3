"""One evaluation over HTTP beside other handlers of the same requests, and many in one call."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from benchmarks.decisions import provisions
from benchmarks.decisions.lab import Lab, checked
from benchmarks.decisions.load import Rounds, Target, in_turns, one_round, scripted
from benchmarks.decisions.peers import cerbos
from benchmarks.decisions.peers.holdings import SIZE
from benchmarks.decisions.seeding import Seeded
from benchmarks.decisions.serving import ROOT, SERVER_CORE, peer_environment, running, served
from benchmarks.decisions.table import at_least, at_most
from benchmarks.decisions.world import COLD, DISTINCT, HOT, SMALL, World, batches, body
from benchmarks.processes import Caller, Failed, Server, free_port
from benchmarks.report import millis, rate

PATH = "/access/v1/evaluation"
BATCH = 1_000
_CHECKED = 300
OURS, BARE, TYPED, CERBOS = "ours", "bare ASGI, dictionary", "FastAPI, pydantic", "Cerbos"


@contextmanager
def python_peer(module: str, world: World, folder: Path) -> Iterator[Server]:
    """A peer of ours under uvicorn with uvloop and httptools, in the peers' venv. Raises ``Missing``."""
    size = world.size
    words = [
        provisions.python(), "-m", "uvicorn", f"benchmarks.decisions.peers.{module}:application", "--app-dir", ROOT,
        "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning",
    ]  # fmt: skip
    env = peer_environment({SIZE: f'["{size.name}", {size.people}, {size.accounts}, {size.grants}]'})
    with running(words, folder, env, "/", core=SERVER_CORE) as server:
        yield server


@contextmanager
def _cerbos(folder: Path) -> Iterator[Server]:
    port = free_port()
    words = [provisions.cerbos(), *cerbos.configured(folder, port, free_port())]
    env = peer_environment({"GOMAXPROCS": "1"})
    with running(words, folder, env, "/_cerbos/health", core=SERVER_CORE, port=port) as server:
        yield server


def http(lab: Lab) -> None:
    """One evaluation a call, verified bearer, all conditions live, one worker; the peers in turns with it."""
    seeded, rounds, seconds = lab.seeded(SMALL), lab.told.rounds, lab.told.seconds
    world, token = seeded.world, lab.bearer(seeded)
    pairs = world.questions(DISTINCT)[:HOT]
    same = scripted(lab.folder, "hot", map(body, pairs), token)
    lab.table.heading(f"evaluation over HTTP, 32 connections, {HOT:,} questions; {world.size.told()}")
    with ExitStack() as stack:
        ours = stack.enter_context(served(seeded.at, "decisions", core=SERVER_CORE))
        checked(ours.port, token, world, pairs[:_CHECKED])
        targets = [Target(OURS, ours.port, ours.pid, PATH, same)]
        for name, module in ((BARE, "bare"), (TYPED, "typed")):
            peer = stack.enter_context(python_peer(module, world, lab.folder))
            checked(peer.port, None, world, pairs[:_CHECKED])
            targets.append(Target(name, peer.port, peer.pid, PATH, same))
        try:
            peer = stack.enter_context(_cerbos(lab.folder))
        except provisions.Missing as why:
            lab.table.skipped(CERBOS, str(why))
        else:
            bodies = map(partial(cerbos.body, world), pairs)
            targets.append(Target(CERBOS, peer.port, peer.pid, PATH, scripted(lab.folder, "cerbos", bodies)))
            _check_cerbos(peer.port, world, pairs[:_CHECKED])
        _tell_http(lab, in_turns(targets, rounds, seconds))
    _cold(lab, seeded, token)


def _check_cerbos(port: int, world: World, pairs: list[tuple[int, int]]) -> None:
    caller = Caller(port)
    for pair in pairs:
        answer = caller.want(200, "POST", PATH, None, json.loads(cerbos.body(world, pair)))
        if answer["decision"] is not (pair in world.in_force):
            raise Failed(f"Cerbos answers {pair} {answer}")


def _tell_http(lab: Lab, found: dict[str, Rounds]) -> None:
    ours = found[OURS]
    goals = {BARE: at_least(0.9), TYPED: at_least(3), CERBOS: at_least(6)}
    for name, goal in goals.items():
        if name in found:
            peer = found[name]
            lab.table.row(f"beside {name}", told(ours), told(peer), ours.median("rate") / peer.median("rate"), goal)
    bare = found[BARE]
    lab.table.row(
        f"p99 beside {BARE}", millis(ours.median("p99")), millis(bare.median("p99")),
        ours.median("p99") / bare.median("p99"), at_most(1.5),
    )  # fmt: skip
    for name in goals:
        if name in found:
            by_cpu = [one.median("by_cpu") for one in (ours, found[name])]
            lab.table.row(f"of the server's CPU, beside {name}", *map(rate, by_cpu), ratio=by_cpu[0] / by_cpu[1])
    noise(lab, found)


def told(rounds: Rounds) -> str:
    """Requests a second and the latencies, medians of rounds."""
    return f"{rate(rounds.median('rate'))}, p50 {millis(rounds.median('p50'))}, p99 {millis(rounds.median('p99'))}"


def noise(lab: Lab, found: dict[str, Rounds]) -> None:
    """Remark how much of a core others used, and how far the rounds lie apart."""
    foreign = max(one.median("foreign") for one in found.values())
    apart = ", ".join(f"{name} {one.spread:.0%}" for name, one in found.items())
    lab.table.note(f"Others used {foreign:.2f} of a core meanwhile; most between two rounds: {apart}.")


def _cold(lab: Lab, seeded: Seeded, token: str) -> None:
    """Every question once, each round in a process of its own."""
    pairs = seeded.world.questions(COLD, seed=1)
    script = scripted(lab.folder, "cold", map(body, pairs), token)
    found = {OURS: Rounds(), BARE: Rounds()}
    for _ in range(lab.told.rounds):
        with served(seeded.at, "decisions", core=SERVER_CORE) as ours:
            target = Target(OURS, ours.port, ours.pid, PATH, script, once=True)
            found[OURS].several.append(one_round(target, lab.told.seconds))
        with python_peer("bare", seeded.world, lab.folder) as peer:
            target = Target(BARE, peer.port, peer.pid, PATH, script, once=True)
            found[BARE].several.append(one_round(target, lab.told.seconds))
    ours, bare = found[OURS], found[BARE]
    lab.table.row(
        f"cold: a new process, each of {len(pairs):,} once", told(ours), told(bare),
        ours.median("rate") / bare.median("rate"),
    )  # fmt: skip


def batch(lab: Lab) -> None:
    """A thousand evaluations in one call, decisions a second on one core."""
    seeded = lab.seeded(SMALL)
    token, pairs = lab.bearer(seeded), seeded.world.questions(DISTINCT)
    script = scripted(lab.folder, "batch", batches(pairs, BATCH), token)
    lab.table.heading(f"evaluations, {BATCH:,} in one call, 2 connections; {len(pairs):,} questions")
    with served(seeded.at, "decisions", core=SERVER_CORE) as ours:
        if not answers_batches(lab, ours.port, token, seeded.world, pairs):
            return
        target = Target(OURS, ours.port, ours.pid, "/access/v1/evaluations", script)
        found = in_turns([target], lab.told.rounds, lab.told.seconds, connections=2)[OURS]
    many = BATCH * found.median("rate")
    lab.table.row("decisions", rate(many), goal=at_least(150_000, " /s"), value=many)
    lab.table.row("decisions a second of the server's CPU", rate(BATCH * found.median("by_cpu")))


def answers_batches(lab: Lab, port: int, token: str, world: World, pairs: list[tuple[int, int]]) -> bool:
    """Does it answer a thousand at once, and rightly? Raises ``Failed`` where it answers wrongly."""
    asked = json.loads(next(batches(pairs, BATCH)))
    status, answer = Caller(port).call("POST", "/access/v1/evaluations", token, asked)
    if status != 200:
        lab.table.skipped("evaluations", f"POST /access/v1/evaluations answers {status}")
        return False
    decided = [one["decision"] for one in answer["evaluations"]]
    if decided != [pair in world.in_force for pair in pairs[:BATCH]]:
        raise Failed("a batch was answered wrongly")
    return True
