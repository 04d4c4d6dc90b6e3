"""Sweeping: each task by itself, in short transactions, by one process at a time; now and then, in a thread."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Thread

import structlog
from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError

from app.kernel.access import SYSTEM, House, operator_work
from app.kernel.clocks import ClockApart, check_now
from app.kernel.database import try_advisory_lock
from app.settings import Settings

from . import service
from .rules import Errand, Outcome, Swept, Task

LONGEST_GOODBYE_SECONDS = 5
"""How long a shutdown waits for what is being swept; after that the thread ends with the process."""
RUNS = Counter("coe_sweep_runs", "How often each task was swept, by how it ended.", ["task", "outcome"])
DONE = Counter("coe_sweep_done", "Of how many things each task did something.", ["task"])
_log = structlog.get_logger(__name__)
Job = Task | Errand


def _never() -> bool:
    return False


def sweep(parts: House, jobs: Sequence[Job], stopping: Callable[[], bool] = _never) -> list[Swept]:
    """Do everything once, in the name of the service itself. What goes wrong with one job is logged, and stops no other."""
    acting = replace(parts, operator=SYSTEM, request_id=None)
    if not _in_time(acting):
        return []
    return [_swept(acting, job, stopping) for job in jobs if not stopping()]


def _in_time(parts: House) -> bool:
    """May this process say what time gives cause for? If the database does not answer, each job finds that out itself."""
    try:
        with operator_work(parts, write=False) as work:
            check_now(work.session)
    except ClockApart as error:
        _log.error("sweep_out_of_time", error=str(error))
        return False
    except (OSError, SQLAlchemyError):
        return True
    return True


def _swept(parts: House, job: Job, stopping: Callable[[], bool]) -> Swept:
    try:
        done = job.run(parts, stopping) if isinstance(job, Errand) else _in_rounds(parts, job, stopping)
    except Exception:  # noqa: BLE001 - whatever it is, the other tasks and the next sweep go on
        _log.exception("sweep_failed", task=job.name)
        return _counted(Swept(job.name, Outcome.FAILED))
    if done is None:
        return _counted(Swept(job.name, Outcome.BUSY))
    return _counted(Swept(job.name, Outcome.DONE if done else Outcome.IDLE, done))


def _in_rounds(parts: House, task: Task, stopping: Callable[[], bool]) -> int | None:
    """How much was done; None where another process is at it."""
    total = 0
    for _ in range(task.rounds):
        done = _round(parts, task)
        if done is None:
            return total or None
        total += done
        if done == 0 or stopping():
            break
    return total


def _round(parts: House, task: Task) -> int | None:
    with operator_work(parts) as work:
        if not try_advisory_lock(work.session, task.lock):
            return None
        return task.run(work, task.limit)


def _counted(swept: Swept) -> Swept:
    RUNS.labels(swept.name, swept.outcome.value).inc()
    DONE.labels(swept.name).inc(swept.done)
    return swept


class Sweeper:
    """A thread that sweeps every so many seconds, and not before the first of them have passed."""

    def __init__(self, parts: House, jobs: Sequence[Job], seconds: float) -> None:
        self._parts, self._jobs, self._seconds = parts, jobs, seconds
        self._over = Event()
        self._thread = Thread(target=self._run, name="sweeper", daemon=True)

    def start(self) -> None:
        """Begin; answers at once."""
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more; answers at once."""
        self._over.set()

    def join(self) -> None:
        """Wait for what is under way, but not for long."""
        self._thread.join(LONGEST_GOODBYE_SECONDS)

    def _run(self) -> None:
        # Replicas that were started together need not all come at once.
        while not self._over.wait(self._seconds * random.uniform(0.8, 1.2)):  # noqa: S311 - no secret
            sweep(self._parts, self._jobs, self._over.is_set)


def _sweepers(parts: House, told: Settings) -> list[Sweeper]:
    errands = [Sweeper(parts, (one,), one.seconds or told.sweep_seconds) for one in service.errands(told)]
    return [Sweeper(parts, service.tasks(told), told.sweep_seconds), *errands]


@contextmanager
def sweeping(parts: House, told: Settings) -> Iterator[None]:
    """Sweep as long as this lasts, as the settings say. Each errand has a thread of its own: a slow server delays nothing
    else.
    """
    sweepers = _sweepers(parts, told) if told.sweep_seconds else []
    for one in sweepers:
        one.start()
    try:
        yield
    finally:
        for one in sweepers:
            one.stop()
        for one in sweepers:
            one.join()
