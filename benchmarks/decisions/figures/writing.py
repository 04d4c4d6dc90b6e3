"""Deciding while others write."""

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product

from benchmarks.decisions.lab import Lab
from benchmarks.decisions.load import Rounds, Target, one_round, scripted
from benchmarks.decisions.seeding import Seeded, account_id
from benchmarks.decisions.serving import LOAD_CORE, SERVER_CORE, served
from benchmarks.decisions.table import at_least
from benchmarks.decisions.world import DISTINCT, HOT, SMALL, body, person
from benchmarks.processes import Caller, many
from benchmarks.report import rate

from .http import PATH, told

A_SECOND = 100
RIGHTS = ["draft", "publish", "engage", "analyze", "administer"]


class Writer:
    """Asks for rights where they are granted at once: so many a second, one call for several rights of one person."""

    def __init__(self, seeded: Seeded, port: int, tokens: list[str]) -> None:
        self._caller, self._stop = Caller(port), threading.Event()
        self._todo = iter(product(tokens, map(account_id, seeded.world.free)))
        self._wrong: list[Exception] = []
        self.granted, self.seconds = 0, 0.0

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """From now to the end of the block."""
        self._stop.clear()
        self._caller.connection.close()  # the server ends one that was idle meanwhile; a new one is made by itself
        thread = threading.Thread(target=self._work)
        began = time.monotonic()
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()
            self.seconds += time.monotonic() - began
        if self._wrong:
            raise self._wrong[0]

    def _work(self) -> None:
        pace, due = len(RIGHTS) / A_SECOND, time.monotonic()
        try:
            while not self._stop.wait(max(due - time.monotonic(), 0)):
                token, account = next(self._todo)
                body = {"account_id": account, "rights": RIGHTS, "justification": "They post as they like."}
                made = self._caller.want(201, "POST", "/v1/rights-requests", token, body)
                self.granted += len(made["grants"])
                due += pace
        except Exception as error:  # noqa: BLE001 - told by the thread that waits for this one
            self._wrong.append(error)


def writing(lab: Lab) -> None:
    """Evaluations a second while rights are granted through another process, beside the same when nobody writes."""
    seeded, rounds, seconds = lab.seeded(SMALL), lab.told.rounds, lab.told.seconds
    lab.table.heading(f"evaluations while {A_SECOND} grants a second are written")
    token = lab.bearer(seeded)
    calls = math.ceil((rounds + 1) * (seconds + 2) * A_SECOND / len(RIGHTS))
    askers = list(seeded.world.askers)[: calls // len(seeded.world.free) + 1]
    tokens = many(seeded.at, [["token", person(n), "--ttl", "86400"] for n in askers])
    script = scripted(lab.folder, "writing", map(body, seeded.world.questions(DISTINCT)[:HOT]), token)
    idle, loaded = Rounds(), Rounds()
    with served(seeded.at, "api", core=LOAD_CORE) as api, served(seeded.at, "decisions", core=SERVER_CORE) as ours:
        target = Target("ours", ours.port, ours.pid, PATH, script)
        writer = Writer(seeded, api.port, tokens)
        one_round(target, 1)
        with writer.at_work():  # the first calls fill caches
            time.sleep(1)
        writer.granted, writer.seconds = 0, 0.0
        for _ in range(rounds):
            idle.several.append(one_round(target, seconds))
            with writer.at_work():
                loaded.several.append(one_round(target, seconds))
    written = writer.granted / writer.seconds
    ratio = loaded.median("rate") / idle.median("rate")
    lab.table.row(f"with {rate(written)} written", told(loaded), told(idle), ratio, at_least(0.8))
    if written < 0.9 * A_SECOND:
        lab.table.note(
            f"Only {rate(written)} grants were written: the process that writes shares a core with the load."
        )
