"""What a file would do, said beforehand: the same as it then does, and without a trace."""

import json
import os
import subprocess
import sys
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


_COMMAND = """
import sys
from app.cli import app
from app.kernel.database import Base
try:
    app(sys.argv[1:])
finally:
    assert "app.main" not in sys.modules, "a file waits for all routes to be imported"
    assert Base.metadata.sorted_tables  # every table that another refers to is known
"""


def command(bench: Bench, *words: str) -> subprocess.CompletedProcess[str]:
    """`coe` as a process of its own."""
    with bench.house.reads() as session:
        url = session.get_bind().engine.url.render_as_string(hide_password=False)
    return subprocess.run(
        [sys.executable, "-c", _COMMAND, *words], env=os.environ | {"COE_DATABASE_URL": url}, cwd=bench.path.parent,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_at_the_command_line(bench: Bench) -> None:
    bench.people([hr("1"), hr("=2")])
    bench.write([hr("1", Job_Title="New", Department="Ops"), hr("=2", Status="Inactive"), hr("3", Manager_ID="?")])
    before = whole(bench)
    words = ("import", "employees", str(bench.path), "--json", "--dry-run")
    done = command(bench, *words, "--changes", "changes.csv", "--rejects", "rejects.csv")
    assert whole(bench) == before
    assert (done.returncode, json.loads(done.stdout)) == (1, counts(updated=1, left=1, rejected=1)), done.stderr
    assert (bench.path.parent / "changes.csv").read_text().splitlines() == [
        "employee_id,what,fields",
        "1,updated,title business_unit_id",
        '"\'=2",left,active',
    ]
    assert "unknown_manager" in (bench.path.parent / "rejects.csv").read_text()
    assert command(bench, *words[:-1]).returncode == 1
    assert bench.person("1").title == "New"


def test_changes_are_told_of_a_dry_run_only(bench: Bench) -> None:
    bench.write([hr("1")])
    done = command(bench, "import", "employees", str(bench.path), "--changes", "changes.csv")
    assert (done.returncode, bench.numbers()) == (2, set())
    assert "--dry-run" in done.stderr
