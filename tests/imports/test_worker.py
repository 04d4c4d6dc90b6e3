"""Batches side by side: in their order for whoever looks on, and none before the managers it needs."""

import threading

import pytest

from app.imports.employees.rules import Person
from app.imports.employees.worker import side_by_side
from app.imports.rules import Summary


def batch(*pairs: str) -> list[Person]:
    """People as number<manager."""
    return [
        Person(number, {}, "Sales", manager or None, True, number)
        for number, _, manager in (p.partition("<") for p in pairs)
    ]


def test_what_needs_nothing_of_each_other_is_written_at_once() -> None:
    both = threading.Barrier(2, timeout=20)

    def write(rows: object) -> Summary:
        both.wait()  # else nobody comes, and it breaks
        return Summary(created=1)

    done = list(side_by_side([batch("1"), batch("2<9"), batch("3", "4"), batch("5")], write, 2))
    assert [rows for rows, _ in done] == [1, 1, 2, 1]


def test_a_manager_is_there_before_their_people() -> None:
    committed: set[str] = set()
    asked: list[str] = []

    def write(rows: list[Person]) -> Summary:
        asked.append(rows[0].number)
        missing = {one.manager for one in rows} - committed - {None}
        assert not missing
        committed.update(one.number for one in rows)
        return Summary(created=len(rows))

    many = [batch(f"{n}", f"{n}a<{n - 1}") if n % 3 else batch(f"{n}<{n - 1}" if n else "0") for n in range(60)]
    assert sum(counts.created for _, counts in side_by_side(many, write, 2)) == sum(map(len, many))
    assert asked == [rows[0].number for rows in many]


def test_a_failure_comes_out_and_ends_it() -> None:
    begun: list[str] = []

    def write(rows: list[Person]) -> Summary:
        begun.append(rows[0].number)
        if rows[0].number == "2":
            raise KeyboardInterrupt
        return Summary()

    with pytest.raises(KeyboardInterrupt):
        list(side_by_side((batch(f"{n}") for n in range(1000)), write, 2))
    assert len(begun) < 10


@pytest.mark.parametrize("lanes", [1, 2])
def test_counts_are_those_of_all(lanes: int) -> None:
    total = Summary()
    for rows, counts in side_by_side([batch("1", "2"), batch("3")], lambda rows: Summary(created=len(rows)), lanes):
        assert rows == counts.created
        total.add(counts)
    assert total == Summary(created=3)
