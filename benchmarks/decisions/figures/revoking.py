"""A revoked right: how long others go on permitting it, and whether anybody does who was told what to know."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any

from benchmarks.decisions.lab import Lab
from benchmarks.decisions.seeding import Seeded, grant_id
from benchmarks.decisions.serving import LOAD_CORE, SERVER_CORE, family, served
from benchmarks.decisions.stale import Verdict, counted, judge
from benchmarks.decisions.table import at_most
from benchmarks.decisions.world import IN_FORCE, SMALL, question, state_of
from benchmarks.processes import Caller, Failed, Server
from benchmarks.report import millis

REPLICAS = 3
WRITERS = 4
_PATH = "/access/v1/evaluation"
_WITHIN = 5.0
_STOPPED = 1.2
"""Longer than an answer may be behind."""
_BAD = (Verdict.STALE, Verdict.WRONG)
_PER_WORKER = 6
"""Connections to a replica of several workers, for each of them: the kernel deals them out, and none is to be left out."""


@dataclass(slots=True)
class Site:
    """One process that writes, and replicas that decide; tokens of who revokes and who asks."""

    seeded: Seeded
    writer: Server
    replicas: list[Server]
    connections: int
    asker: str
    spare: Iterator[int] = field(init=False)

    def __post_init__(self) -> None:
        self.spare = (n for n in range(self.seeded.world.size.grants) if state_of(n) == IN_FORCE)

    def everybody(self) -> list[Caller]:
        """Connections to all workers of all replicas."""
        return [Caller(one.port) for one in self.replicas for _ in range(self.connections)]


@contextmanager
def _site(lab: Lab) -> Iterator[Site]:
    seeded, workers = lab.seeded(SMALL), lab.told.workers
    asker = lab.bearer(seeded)
    with ExitStack() as stack:
        writer = stack.enter_context(served(seeded.at, "api", core=LOAD_CORE))
        replicas = [
            stack.enter_context(served(seeded.at, "decisions", core=SERVER_CORE, workers=workers))
            for _ in range(REPLICAS)
        ]
        yield Site(seeded, writer, replicas, 1 if workers == 1 else _PER_WORKER * workers, asker)


def write(site: Site, caller: Caller, n: int, verb: str) -> int:
    """Revoke, suspend or resume the n-th grant; the revision that this has written."""
    body = '{"reason": "The benchmark turns it."}'
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {site.seeded.strategist}"}
    caller.connection.request("POST", f"/v1/grants/{grant_id(n)}/{verb}", body, headers)
    answer = caller.connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise Failed(f"{verb}: {answer.status} {text[:400]!r}")
    return int(answer.headers["Coe-Revision"])


def ask(site: Site, caller: Caller, n: int, revision: int | None) -> tuple[int, Any]:
    """Whether the n-th grant's person may publish now; of a replica that has to know ``revision``."""
    send(site, caller, n, revision)
    answer = caller.connection.getresponse()
    return answer.status, json.loads(answer.read())


def send(site: Site, caller: Caller, n: int, revision: int | None) -> None:
    """Ask that, and do not wait for the answer."""
    asked = question(site.seeded.world.pairs[n])
    if revision is not None:
        asked["context"] = {"at_least_revision": str(revision)}
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {site.asker}"}
    caller.connection.request("POST", _PATH, json.dumps(asked), headers)


def revoke(lab: Lab) -> None:
    """From the answer to a revocation until every worker of every replica refuses; then pairs of a write and a question."""
    lab.table.heading(f"revoked, then refused; PostgreSQL, {REPLICAS} replicas of {lab.told.workers} worker(s)")
    with _site(lab) as site:
        delays = _delays(site, lab.told.revocations)
        cut = quantiles(delays, n=100, method="inclusive")
        lab.table.row(
            f"refused everywhere, {len(delays):,} revocations, p99", millis(cut[98]),
            f"p50 {millis(median(delays))}, most {millis(max(delays))}", goal=at_most(50, " ms"), value=1000 * cut[98],
        )  # fmt: skip
        found = _pairs(site, lab.told.pairs, told=True)
        stale = sum(one in _BAD for one in found)
        lab.table.row(
            f"with at_least_revision, {len(found):,} pairs", counted(found), goal=at_most(0, " stale"), value=stale
        )
        for told in (True, False):
            found = _stopped(site, lab.told.stops, told=told)
            stale = sum(one in _BAD for one in found)
            what = f"stopped for {_STOPPED:g} s, then asked {'with' if told else 'without'} it, {len(found)} times"
            lab.table.row(what, counted(found), goal=at_most(0, " stale"), value=stale)
        control = _pairs(site, max(lab.told.pairs // 10, 60), told=False)
        lab.table.row(f"control: at once and without it, {len(control):,} pairs", counted(control))


def _delays(site: Site, revocations: int) -> list[float]:
    """Seconds from each answer to the last permit of anybody."""
    writer, askers, found = Caller(site.writer.port), site.everybody(), list[float]()
    for _ in range(revocations):
        n = next(site.spare)
        for asker in askers:  # it is permitted, and the connection is awake
            _, answer = ask(site, asker, n, None)
            if not answer.get("decision"):
                raise Failed(f"grant {n} is in force and was answered {answer}")
        write(site, writer, n, "revoke")
        began, last = time.perf_counter(), 0.0
        waiting = askers
        while waiting:
            # A refusal may be older than the moment it is read; counting until then errs to our disadvantage.
            waiting = [asker for asker in waiting if ask(site, asker, n, None)[1].get("decision")]
            last = time.perf_counter() - began
            if last > _WITHIN:
                raise Failed(f"grant {n} was still permitted {last:.1f} s after it was revoked")
        found.append(last)
    return found


def _pairs(site: Site, pairs: int, *, told: bool) -> list[Verdict]:
    """Suspend and resume in turns, and ask everybody at once; several writers, each with grants of its own."""
    rounds = -(-pairs // (WRITERS * len(site.everybody())))
    mine = [[next(site.spare) for _ in range(20)] for _ in range(WRITERS)]
    found, wrong = list[Verdict](), list[Exception]()

    def work(grants: Sequence[int]) -> None:
        try:
            found.extend(_toggled(site, grants, rounds, told=told))
        except Exception as error:  # noqa: BLE001 - told by the thread that waits for this one
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(grants,)) for grants in mine]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise Failed(f"while pairs were asked: {wrong[0]}") from wrong[0]
    return found


def _toggled(site: Site, grants: Sequence[int], rounds: int, *, told: bool) -> list[Verdict]:
    writer, askers, found = Caller(site.writer.port), site.everybody(), list[Verdict]()
    for turn in range(rounds + rounds % 2):  # in the end all is resumed
        n, permitted = grants[turn // 2 % len(grants)], bool(turn % 2)
        revision = write(site, writer, n, "resume" if permitted else "suspend")
        for asker in askers:
            found.append(_verdict(site, asker, n, revision if told else None, permitted=permitted))
    return found


def _verdict(site: Site, asker: Caller, n: int, revision: int | None, *, permitted: bool) -> Verdict:
    """Of the first answer; but whoever is behind has to catch up."""
    first = judge(*ask(site, asker, n, revision), permitted=permitted, revision=revision)
    end, now = time.monotonic() + _WITHIN, first
    while now is Verdict.BEHIND:
        now = judge(*ask(site, asker, n, revision), permitted=permitted, revision=revision)
        if time.monotonic() > end:
            raise Failed(f"revision {revision} did not arrive within {_WITHIN} s")
    return now if now in _BAD else first


def _stopped(site: Site, times: int, *, told: bool) -> list[Verdict]:
    """A replica that is not let run while something is written and longer than an answer may be behind.

    The question waits for it when it runs again: it may know the write, or say that it does not.
    """
    replica, writer, grant, found = site.replicas[0], Caller(site.writer.port), next(site.spare), list[Verdict]()
    for turn in range(times + times % 2):
        permitted, asker = bool(turn % 2), Caller(replica.port)
        ask(site, asker, grant, None)
        with _halted(replica.pid):
            revision = write(site, writer, grant, "resume" if permitted else "suspend")
            send(site, asker, grant, revision if told else None)
            time.sleep(_STOPPED)
        answer = asker.connection.getresponse()
        body = json.loads(answer.read())
        found.append(judge(answer.status, body, permitted=permitted, revision=revision if told else None))
    return found


@contextmanager
def _halted(pid: int) -> Iterator[None]:
    several = family(pid)
    for one in several:
        os.kill(one, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in several:
            os.kill(one, signal.SIGCONT)
