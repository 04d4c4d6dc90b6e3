"""Files that cannot be opened; two runs at once; a run that breaks off."""

from pathlib import Path
from typing import Any

import pytest

from app.imports.employees import service as employees
from app.imports.service import FileRefused, ImportRunning
from app.imports.store import alone

from .bench import Bench, counts, hr


def test_two_at_once(bench: Bench) -> None:
    """Attack D12."""
    with alone(bench.house.writes):
        for load in (bench.people, bench.accounts, bench.units):
            with pytest.raises(ImportRunning):
                load([hr("1")])
    assert bench.people([hr("1")]).counts == counts(created=1)


def test_a_refused_run_lets_the_next_one_in(bench: Bench) -> None:
    with pytest.raises(FileRefused):
        bench.people("nonsense\n")
    assert bench.people([hr("1")]).counts == counts(created=1)


@pytest.mark.parametrize("path", ["", "missing.csv"])
def test_a_file_that_cannot_be_opened_is_refused(bench: Bench, path: str) -> None:
    with pytest.raises(FileRefused, match="cannot be opened"):
        bench.people(Path(bench.path.parent, path))


def test_nothing_of_a_file_that_is_refused_late_is_loaded(bench: Bench) -> None:
    rows = [hr(str(number)) for number in range(1, 601)]
    broken = bench.write(rows).read_bytes() + b"\xff\n"
    with pytest.raises(FileRefused, match="Line 602, byte 1"):
        bench.people(broken, complete=True)
    assert (bench.numbers(), bench.events()) == (set(), 0)


def test_a_run_that_breaks_off_leaves_whole_batches_and_the_next_completes_it(bench: Bench, monkeypatch: Any) -> None:
    rows = [hr(str(number), Manager_ID="1" if number > 1 else "") for number in range(1, 1501)]
    join, seen = employees._joiner, []

    def breaks(*args: Any) -> Any:
        seen.append(args)
        if len(seen) > 900:
            raise KeyboardInterrupt
        return join(*args)

    with monkeypatch.context() as patch:
        patch.setattr(employees, "_joiner", breaks)
        with pytest.raises(KeyboardInterrupt):
            bench.people(rows)
    assert len(bench.numbers()) == 500  # of the two batches that need the first one, neither can be whole yet
    assert bench.people(rows).counts == counts(created=1000, unchanged=500)
