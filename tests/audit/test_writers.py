"""Many writers, one chain: no gap, no fork, nothing lost that was acknowledged."""

from threading import Barrier, Thread

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.audit import service, store

WRITERS, EACH = 8, 10


def write_together(world, writers=WRITERS, each=EACH):
    """(acknowledged, errors) of writers who begin at once, each a transaction per event."""
    gate, acknowledged, errors = Barrier(writers), [], []

    def run(writer):
        gate.wait()
        for n in range(each):
            try:
                with world.work() as work:
                    service.record(work, "thing.changed", ("thing", f"{writer}-{n}"), after={"n": n})
                acknowledged.append(f"{writer}-{n}")
            except Exception as error:
                errors.append(error)

    threads = [Thread(target=run, args=(writer,)) for writer in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return acknowledged, errors


def test_concurrent_writers_make_one_chain_without_gap_or_fork(world):
    acknowledged, errors = write_together(world)
    assert errors == [] and len(acknowledged) == WRITERS * EACH
    assert world.intact() == WRITERS * EACH
    assert {event["subject"]["id"] for event in world.events()} == set(acknowledged)


def test_without_its_lock_the_chain_refuses_to_fork_so_the_test_above_can_fail(postgres_url, tmp_path, monkeypatch):
    from tests.kit import World

    world = World(postgres_url, tmp_path)
    monkeypatch.setattr(store, "_HOLD", sa.select(1))
    rounds = [write_together(world, writers=6, each=5) for _ in range(3)]
    monkeypatch.undo()
    errors = [error for _, found in rounds for error in found]
    assert errors and all(isinstance(error, IntegrityError) for error in errors)
    assert world.intact() == sum(len(done) for done, _ in rounds)  # what was acknowledged is there, once
    world.close()


def test_a_transaction_that_fails_leaves_no_number_behind(world):
    with pytest.raises(ZeroDivisionError), world.work() as work:
        service.record(work, "thing.changed", ("thing", "1"))
        raise ZeroDivisionError
    with world.work() as work:
        service.record(work, "thing.changed", ("thing", "2"))
        service.record(work, "thing.changed", ("thing", "3"))
    assert [(event["seq"], event["subject"]["id"]) for event in world.events()] == [(2, "3"), (1, "2")]
