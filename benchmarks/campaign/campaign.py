"""A whole campaign: everything is set up, loaded and broken for a while, healed, and looked at."""

import asyncio
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from benchmarks.processes import Caller, Failed, Installation

from . import founding, history, keeping, webhooks
from .checks import judge
from .cluster import Cluster, running
from .driver import Driver
from .evidence import Evidence, Usage
from .founding import COURSE, Organisation
from .nemesis import Nemesis
from .places import DATABASE, Embedded, Place, Served
from .receivers import Receiver, listening
from .replicas import Fleet, fleet, kept
from .report import Outcome
from .schedule import NEED_STANDBY, Fault

REPLICAS = 3
_VOLUME = "900m"
_PORT = 8000
"""Of the public address; nobody listens there, but tokens name it."""
_AFTER = 6.0
"""Seconds that the load goes on once everything is healed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """``rate``: operations a second, at most; ``keep``: a folder that is left with history and logs; ``bug``, ``ddl``, ``settings``, ``asynchronous``: of a control; ``embedded``: on SQLite.

    ``standby`` None: there is one if any fault needs it.
    """

    words: str
    seed: int
    seconds: float
    faults: Sequence[Fault]
    clients: int = 12
    replicas: int = REPLICAS
    rate: float = 60
    keep: Path | None = None
    standby: bool | None = None
    bug: str = ""
    ddl: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    asynchronous: bool = False
    embedded: bool = False

    @property
    def kinds(self) -> frozenset[str]:
        """Of its faults."""
        return frozenset(one.kind for one in self.faults)


@dataclass(slots=True)
class Founded:
    """An organisation that was founded once, to be copied: founding it again takes longer than most controls."""

    folder: Path
    org: Organisation | None = None

    @property
    def data(self) -> Path | None:
        """A data directory, once there is one."""
        return self.folder / "data" if self.org else None


def campaign(plan: Plan, like: Founded | None = None) -> Outcome:
    """All of it. ``like``: where the organisation is kept for the next one. Raises ``Failed`` where it could not be done."""
    standby = bool(plan.kinds & NEED_STANDBY) if plan.standby is None else plan.standby
    began = time.monotonic()
    with ExitStack() as stack:
        folder = plan.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="coe-campaign-")))
        _swept(folder)
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="coe-campaign-db-")))
        if "full" in plan.kinds:
            stack.enter_context(volume(data))
        if plan.embedded:
            return _embedded(plan, Embedded(data), folder)
        cluster = stack.enter_context(
            running(data, plan.replicas, like.data if like else None, asynchronous=plan.asynchronous)
        )
        place = Served(cluster)
        at = Installation("postgresql", place.url(cluster.primary.port), folder, _PORT)
        org = _founded(cluster, at, like)
        _prepared(cluster, at, plan)
        if standby:
            cluster.follow()
        several = fleet(folder, place.urls(), at.env["COE_PUBLIC_URL"], _bug(plan, cluster))
        sys.stderr.write(f"  founded in {time.monotonic() - began:.0f} s\n")
        return asyncio.run(_loaded(plan, place, several, org, at))


def _embedded(plan: Plan, place: Embedded, folder: Path) -> Outcome:
    at = Installation("sqlite", place.urls()[0], folder, _PORT)
    org = founding.found(at)
    return asyncio.run(_loaded(plan, place, fleet(folder, place.urls(), at.env["COE_PUBLIC_URL"], {}), org, at))


def _swept(folder: Path) -> None:
    """An empty place, as far as a campaign before this one left something there."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    shutil.rmtree(folder / "keys", ignore_errors=True)
    for old in (*folder.glob("replica-*.log"), *folder.glob("history.jsonl")):
        old.unlink()


@contextmanager
def volume(folder: Path) -> Iterator[None]:
    """A small file system of its own at this place. Raises ``Failed`` where that is not allowed."""
    words = ["mount", "-t", "tmpfs", "-o", f"size={_VOLUME}", "tmpfs", str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"no volume for `full`: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def _founded(cluster: Cluster, at: Installation, like: Founded | None) -> Organisation:
    if like is not None and like.org is not None:
        shutil.copytree(like.folder / "keys", at.folder / "keys")
        return like.org
    cluster.primary.ask(f"CREATE DATABASE {DATABASE}")
    org = founding.found(at)
    if like is not None:
        cluster.primary.stop(signal.SIGINT)
        shutil.copytree(cluster.primary.data, like.folder / "data")
        shutil.copytree(at.folder / "keys", like.folder / "keys")
        cluster.primary.start()
        like.org = org
    return org


def _prepared(cluster: Cluster, at: Installation, plan: Plan) -> None:
    """As the control wants it."""
    engine = sa.create_engine(at.url, poolclass=sa.NullPool)
    for statement in plan.ddl:
        with engine.begin() as connection:
            connection.execute(sa.text(statement))
    for name, value in plan.settings.items():
        cluster.primary.ask(f"ALTER SYSTEM SET {name} = '{value}'")
    cluster.primary.ask("SELECT pg_reload_conf()")


def _bug(plan: Plan, cluster: Cluster) -> dict[str, str]:
    if not plan.bug:
        return {}
    standby = Served.url(cluster.standby.port) if cluster.standby is not None else ""
    return {"CAMPAIGN_BUG": plan.bug, "CAMPAIGN_STANDBY": standby}


async def _loaded(plan: Plan, place: Place, several: Fleet, org: Organisation, at: Installation) -> Outcome:
    path = at.folder / "history.jsonl"
    try:
        async with listening(plan.seed) as hearing, kept(several):
            nemesis = Nemesis(place.cluster, several, plan.seed)
            with history.Recorder(path) as recorder:
                driver = Driver(
                    org, [one.port for one in several.replicas], recorder, plan.seed, plan.clients, plan.rate
                )
                await asyncio.to_thread(_course, driver, org)
                await asyncio.to_thread(_subscribed, driver, org, hearing)
                told = Evidence((), began=time.monotonic(), receivers=hearing)
                told.before = await asyncio.to_thread(_held, place, several)
                await _under_load(plan, driver, nemesis, told)
            await _told(told, place)
            told.after = await _settled(place, several)
        told.operations, told.faults = history.fold(recorder.lines), nemesis.done
        told.rows, told.markers = await asyncio.to_thread(place.rows)
        keeping.write(at.folder, told)
        about = place.about(at.folder)
    finally:
        place.end()
    seconds = told.quiet - told.began
    return Outcome(plan.words, plan.seed, seconds, told, judge(told), _wrong(nemesis, several), about)


def _course(driver: Driver, org: Organisation) -> None:
    caller = Caller(driver.ports[0])
    caller.want(201, "POST", "/v1/courses", org.tokens["boss0"], {"key": COURSE, "title": "The basics"})
    caller.connection.close()


def _subscribed(driver: Driver, org: Organisation, hearing: Sequence[Receiver]) -> None:
    """Whoever is told of events wants to be. Raises ``Failed``."""
    caller = Caller(driver.ports[0])
    for one in hearing:
        body = {"name": one.name, "url": one.url, "events": [f"{kind}.*" for kind in one.kinds]}
        made = caller.want(201, "POST", "/v1/webhooks", org.tokens["boss0"], body)
        one.id, one.secret, one.first = made["id"], made["secret"], made["next_seq"]
    caller.connection.close()


async def _told(told: Evidence, place: Place) -> None:
    """Wait until the honest receiver knows all that it should, or should have long known it."""
    honest, end = told.receivers[0], told.quiet + webhooks.SOON
    while time.monotonic() < end:
        told.rows, _ = await asyncio.to_thread(place.rows)
        if webhooks.due(told, honest) <= webhooks.came(honest).keys():
            return
        await asyncio.sleep(1)


def _held(place: Place, several: Fleet) -> Usage:
    return place.held([one.uses() for one in several.replicas])


async def _settled(place: Place, several: Fleet) -> Usage:
    """What is held in the end, at the best of some moments: what comes and goes is no leak."""
    found = []
    for _ in range(6):
        found.append(await asyncio.to_thread(_held, place, several))
        await asyncio.sleep(0.5)
    return min(found, key=lambda one: (one.idle, one.waiting))


async def _under_load(plan: Plan, driver: Driver, nemesis: Nemesis, told: Evidence) -> None:
    """Load and faults; then everything is healed, and the load goes on for a while."""
    load = asyncio.create_task(driver.run())
    teller = asyncio.create_task(_tell(driver))
    began, waited = time.monotonic(), _waited()
    try:
        await asyncio.gather(nemesis.run(plan.faults), asyncio.sleep(plan.seconds))
        told.pressure = None if waited is None else ((_waited() or 0) - waited) / (time.monotonic() - began)
        await nemesis.heal()
        told.healed = told.quiet = time.monotonic()
        driver.healed.set()
        await asyncio.sleep(_AFTER)
        told.quiet = time.monotonic()
        driver.stop = True
        await load
    finally:
        for task in (load, teller):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def _waited() -> float | None:
    """For how many seconds somebody waited for a processor since the machine was started; None: it does not tell."""
    try:
        some = Path("/proc/pressure/cpu").read_text(encoding="ascii").partition("\n")[0]
    except OSError:
        return None
    return int(some.rpartition("=")[2]) / 1e6


async def _tell(driver: Driver) -> None:
    while True:
        await asyncio.sleep(30)
        sys.stderr.write(f"  {driver.counted:,} requests so far\n")


def _wrong(nemesis: Nemesis, several: Fleet) -> list[str]:
    """What was not as it was meant, and what replicas said of errors that are nobody's but theirs."""
    found = list(nemesis.wrong)
    for one in several.replicas:
        said = one.log.read_text(encoding="utf-8", errors="replace").splitlines()
        errors = [line for line in said if '"level": "error"' in line and '"sweep_failed"' not in line]
        found += [f"replica {one.number} said: {line[:240]}" for line in errors[:3]]
    return found


def interrupted(number: int, _: object) -> None:
    """Told to end: by an exit, so that servers and folders go, too."""
    sys.exit(128 + number)
