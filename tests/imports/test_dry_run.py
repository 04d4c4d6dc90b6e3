"""What a file would do, said beforehand: the same as it then does, and without a trace."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from app.imports.rules import Change
from app.imports.service import FileRefused, import_employees
from app.lifecycle.rules import MassDeactivation

from .bench import Bench, counts, hr

MANY = [hr(str(number)) for number in range(1, 21)]


def foreseen(
    bench: Bench, content: Any, **options: Any
) -> tuple[dict[str, int], dict[str, tuple[str, ...]], list[int]]:
    """(the counts, by employee id what and in which fields, the lines rejected) of a dry run, which left no trace."""
    before = whole(bench)
    changes: list[Change] = []
    rejected: list[Any] = []
    told = {"complete": False, "confirm_leavers": False, **options}
    summary = import_employees(
        bench.house, bench.write(content), progress=lambda *_: None, reject=rejected.append, dry_run=True,
        changes=changes.append, **told,
    )  # fmt: skip
    assert whole(bench) == before
    assert len({one.employee_id for one in changes}) == len(changes)
    return (
        summary.as_dict(),
        {one.employee_id: (one.what, *one.fields) for one in changes},
        [one.line for one in rejected],
    )


def whole(bench: Bench) -> dict[str, list[Any]]:
    """Everything in the database."""
    with bench.house.reads() as session:
        names = inspect(session.connection()).get_table_names()
        return {name: sorted(map(repr, session.execute(text(f'SELECT * FROM "{name}"')))) for name in names}


def test_it_says_what_then_happens(bench: Bench) -> None:
    bench.people([*MANY, hr("gone", Status="Inactive")])
    file = [
        *MANY[4:],
        hr("1", Job_Title="New", Manager_ID="2"),
        hr("2", Department="Ops"),
        hr("3", Status="Terminated"),
        hr("4", Hire_Date="?", Status="Terminated"),
        hr("new", Department="Ops"),
        hr("gone"),
        hr("bad", Manager_ID="nobody"),
    ]
    said, changes, lines = foreseen(bench, file)
    assert changes == {
        "1": ("updated", "title", "manager_id"),
        "2": ("updated", "business_unit_id"),
        "3": ("left", "active"),
        "4": ("left", "active"),
        "new": ("created",),
        "gone": ("updated", "active"),
    }
    done = bench.people(file)
    assert (said, lines) == (done.counts, list(done.codes))
    assert said == counts(created=1, updated=3, unchanged=16, left=2, rejected=2)
    said, changes, _ = foreseen(bench, file)
    assert (said, changes) == (counts(unchanged=21, rejected=2), {})


def test_the_absent_are_foreseen_and_guarded_as_they_are(bench: Bench) -> None:
    bench.people(MANY)
    said, changes, _ = foreseen(bench, MANY[2:], complete=True)
    assert (said, changes) == (counts(unchanged=18, left=2), {"1": ("left", "active"), "2": ("left", "active")})
    with pytest.raises(MassDeactivation, match="3 of 20"):
        foreseen(bench, MANY[3:], complete=True)
    assert foreseen(bench, MANY[3:], complete=True, confirm_leavers=True)[0] == counts(unchanged=17, left=3)


def test_a_file_that_is_refused_is_refused(bench: Bench) -> None:
    with pytest.raises(FileRefused):
        foreseen(bench, "nonsense\n")
    with pytest.raises(FileRefused, match="cannot be opened"):
        foreseen(bench, Path(bench.path.parent, "missing.csv"))
