"""What a thousand times as many people, and everything else with them, cost."""

from contextlib import ExitStack

from benchmarks.decisions.lab import Lab, checked
from benchmarks.decisions.load import Rounds, Target, in_turns, one_round, scripted
from benchmarks.decisions.seeding import Seeded
from benchmarks.decisions.serving import SERVER_CORE, resident, served
from benchmarks.decisions.table import at_least, at_most
from benchmarks.decisions.world import COLD, DISTINCT, HOT, SMALL, batches, body
from benchmarks.report import mib, rate, seconds

from .http import BATCH, PATH, answers_batches, told

_CHECKED = 300


def growth(lab: Lab) -> None:
    """The same server on the large enterprise beside one on the small."""
    sizes = SMALL, lab.large
    lab.table.heading(f"growth from {sizes[0].told()} to {sizes[1].told()}")
    both = [lab.seeded(size) for size in sizes]
    with ExitStack() as stack:
        targets, many = [], []
        for seeded in both:
            token, size = lab.bearer(seeded), seeded.world.size
            server = stack.enter_context(served(seeded.at, "decisions", core=SERVER_CORE))
            pairs = seeded.world.questions(DISTINCT)
            checked(server.port, token, seeded.world, pairs[:_CHECKED])
            script = scripted(lab.folder, f"hot-{size.name}", map(body, pairs[:HOT]), token)
            targets.append(Target(size.name, server.port, server.pid, PATH, script))
            if answers_batches(lab, server.port, token, seeded.world, pairs):
                script = scripted(lab.folder, f"batch-{size.name}", batches(pairs, BATCH), token)
                many.append(Target(size.name, server.port, server.pid, "/access/v1/evaluations", script))
        found = in_turns(targets, lab.told.rounds, lab.told.seconds)
        _row(lab, f"{HOT:,} questions", found[sizes[1].name], found[sizes[0].name])
        if len(many) == len(both):
            found = in_turns(many, lab.told.rounds, lab.told.seconds, connections=2)
            large, small = (BATCH * found[size.name].median("rate") for size in reversed(sizes))
            lab.table.row(f"decisions, {BATCH:,} in one call", rate(large), rate(small), large / small, at_least(0.9))
    cold = [_cold(lab, seeded) for seeded in both]
    _row(lab, f"cold: a new process, each of at most {COLD:,} once", cold[1], cold[0])


def _row(lab: Lab, what: str, large: Rounds, small: Rounds) -> None:
    ratio = large.median("rate") / small.median("rate")
    lab.table.row(what, told(large), told(small), ratio, at_least(0.9))
    lab.table.row(f"{what}: p99", "", "", large.median("p99") / small.median("p99"), at_most(1.3))


def _cold(lab: Lab, seeded: Seeded) -> Rounds:
    """Every question once, each round in a process of its own."""
    token, size = lab.bearer(seeded), seeded.world.size
    script = scripted(lab.folder, f"cold-{size.name}", map(body, seeded.world.questions(COLD, seed=1)), token)
    found = Rounds()
    for _ in range(lab.told.rounds):
        with served(seeded.at, "decisions", core=SERVER_CORE) as server:
            target = Target(size.name, server.port, server.pid, PATH, script, once=True)
            found.several.append(one_round(target, lab.told.seconds))
    return found


def memory(lab: Lab) -> None:
    """One worker on the large enterprise: until it is ready, and what it holds then and after a load."""
    seeded = lab.seeded(lab.large)
    token = lab.bearer(seeded)
    lab.table.heading(f"one worker from PostgreSQL; {lab.large.told()}")
    script = scripted(lab.folder, "memory", map(body, seeded.world.questions(COLD, seed=2)), token)
    with served(seeded.at, "decisions", core=SERVER_CORE) as server:
        ready, first = server.ready, resident(server.pid)
        one_round(Target("large", server.port, server.pid, PATH, script), lab.told.seconds)
        after = resident(server.pid)
    lab.table.row(
        "ready", seconds(ready.seconds), f"CPU {seconds(ready.cpu)}", goal=at_most(30, " s"), value=ready.seconds
    )
    lab.table.row("resident, ready", mib(first), goal=at_most(1024, " MiB"), value=first)
    lab.table.row("resident, after a load", mib(after), goal=at_most(1024, " MiB"), value=after)
    lab.table.note(f"The database of {lab.large.told()} was filled in {seconds(seeded.seconds)}.")
