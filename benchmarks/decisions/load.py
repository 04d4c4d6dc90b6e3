"""Load from wrk, one connection count for all: what a server did, and how quick it was."""

import os
import re
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.processes import HOST, Failed

from . import provisions
from .serving import LOAD_CORE, busy, on, used

CONNECTIONS = 32
# Requests are made once, before the load; a question is asked again only where that is wanted.
_LUA = """
local bodies, at, last, worker = {}, 0, 0, nil
again = 0
function setup(thread) worker = thread end
function init(args)
  local file = io.open("%(bodies)s", "r")
  for line in file:lines() do bodies[#bodies + 1] = wrk.format("POST", nil, %(headers)s, line) end
  file:close()
  last = #bodies
end
function request()
  at = at + 1
  if at > last then at, again = 1, 1 end
  return bodies[at]
end
function done(summary, latency, requests)
  io.write(string.format("p50us %%d p99us %%d done %%d us %%d bad %%d again %%d\\n", latency:percentile(50), latency:percentile(99),
    summary.requests, summary.duration,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    worker:get("again")))
end
"""
_SAID = re.compile(r"p50us (\d+) p99us (\d+) done (\d+) us (\d+) bad (\d+) again (\d)")


@dataclass(frozen=True, slots=True)
class Round:
    """One round: requests a second, latencies in seconds, requests a second of the server's CPU, and the CPU of others.

    ``foreign``: of one core, what neither server nor load used; noise, where nothing else was meant to run.
    """

    rate: float
    p50: float
    p99: float
    by_cpu: float
    foreign: float


@dataclass(slots=True)
class Rounds:
    """All rounds of one server."""

    several: list[Round] = field(default_factory=list)

    def median(self, name: str) -> float:
        """Of ``rate``, ``p50``, ``p99``, ``by_cpu`` or ``foreign``."""
        return median(getattr(one, name) for one in self.several)

    @property
    def spread(self) -> float:
        """How far the rates lie apart, to their median."""
        rates = [one.rate for one in self.several]
        return (max(rates) - min(rates)) / median(rates)


@dataclass(frozen=True, slots=True)
class Target:
    """A server, and what it is asked: a script that wrk reads. ``once``: every question of it at most once."""

    name: str
    port: int
    pid: int
    path: str
    script: Path
    once: bool = False


def scripted(folder: Path, name: str, bodies: Iterable[str], bearer: str | None = None) -> Path:
    """Write the bodies, and the script that sends them in their order, and then again."""
    text, script = folder / f"{name}.bodies", folder / f"{name}.lua"
    text.write_text("".join(f"{one}\n" for one in bodies), encoding="utf-8")
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
    told = "{" + ", ".join(f'["{key}"] = "{value}"' for key, value in headers.items()) + "}"
    script.write_text(_LUA % {"bodies": text, "headers": told}, encoding="utf-8")
    return script


def one_round(target: Target, seconds: float, connections: int = CONNECTIONS) -> Round:
    """Load for so long. Raises ``Failed`` when any answer was not 200, or none came, or the questions ran out."""
    url = f"http://{HOST}:{target.port}{target.path}"
    words = [provisions.wrk(), "-t1", f"-c{connections}", f"-d{max(round(seconds), 1)}s", "--latency"]
    cpu, whole, children, began = used(target.pid), busy(), _children(), time.monotonic()
    done = subprocess.run(
        [*on(LOAD_CORE), *words, "-s", str(target.script), url], capture_output=True, text=True, check=False
    )
    length = time.monotonic() - began
    said = _SAID.search(done.stdout)
    if said is None:
        raise Failed(f"wrk, {target.name}: {done.stdout[-300:]} {done.stderr[-300:]}")
    p50, p99, count, took, bad, again = map(int, said.groups())
    if bad or not count:
        raise Failed(f"{target.name}: {bad} of {count} requests to {target.path} went wrong")
    if again and target.once:
        raise Failed(f"{target.name}: {count} answers are more than there were questions; shorten --seconds")
    cpu = used(target.pid) - cpu
    foreign = max(busy() - whole - cpu - (_children() - children), 0.0) / length
    return Round(count / (took / 1e6), p50 / 1e6, p99 / 1e6, count / max(cpu, 0.01), foreign)


def _children() -> float:
    """Seconds of CPU of all ended children of this process, wrk among them."""
    spent = os.times()
    return spent.children_user + spent.children_system


def in_turns(
    targets: Sequence[Target], rounds: int, seconds: float, connections: int = CONNECTIONS
) -> Mapping[str, Rounds]:
    """Each target in turns, so often; a first short round of each fills caches and does not count."""
    found = {target.name: Rounds() for target in targets}
    for target in targets:
        one_round(target, 1, connections)
    for _ in range(rounds):
        for target in targets:
            found[target.name].several.append(one_round(target, seconds, connections))
    return found
