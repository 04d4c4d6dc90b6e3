"""Two exports of a real organisation, one after the other; what must come out is computed from the files themselves."""

import pytest

from app.lifecycle.rules import MassDeactivation

from .bench import CONGRESS, Bench, counts, rows_of

FIRST, SECOND = "2024-12-30", "2025-02-15"


def test_both_exports_in_order(bench: Bench) -> None:
    before = {row["Employee ID"]: row for row in rows_of(FIRST, "employees.csv")}
    after = {row["Employee ID"]: row for row in rows_of(SECOND, "employees.csv")}
    stay = before.keys() & after.keys()
    changed = {number for number in stay if before[number] != after[number]}

    first = bench.people(CONGRESS / FIRST / "employees.csv", complete=True)
    assert first.counts == counts(created=len(before))
    assert first.progress[-1] == (len(before), len(before))
    again = bench.people(CONGRESS / FIRST / "employees.csv", complete=True)
    assert (again.counts, again.events) == (counts(unchanged=len(before)), 0)

    with pytest.raises(MassDeactivation, match=r"69 of 536 active people leave \(12.9%"):
        bench.people(CONGRESS / SECOND / "employees.csv", complete=True)
    assert bench.numbers() == before.keys()

    second = bench.people(CONGRESS / SECOND / "employees.csv", complete=True, confirm=True)
    assert second.counts == counts(
        created=len(after.keys() - stay),
        updated=len(changed),
        unchanged=len(stay - changed),
        left=len(before.keys() - stay),
    )
    assert bench.numbers() == after.keys()
    moved = next(number for number in changed if before[number]["Department"] != after[number]["Department"])
    unit = bench.unit(after[moved]["Department"].lower().replace(" - ", "-"))
    assert bench.person(moved).business_unit_id == unit.id


def test_the_accounts_of_both_exports(bench: Bench) -> None:
    rows = {day: rows_of(day, "accounts.csv") for day in (FIRST, SECOND)}
    bench.people(CONGRESS / FIRST / "employees.csv")
    first = bench.accounts(CONGRESS / FIRST / "accounts.csv")
    assert first.counts == counts(created=len(rows[FIRST]))
    again = bench.accounts(CONGRESS / FIRST / "accounts.csv")
    assert (again.counts, again.events) == (counts(unchanged=len(rows[FIRST])), 0)

    bench.people(CONGRESS / SECOND / "employees.csv", complete=True, confirm=True)
    second = bench.accounts(CONGRESS / SECOND / "accounts.csv")
    assert sum(second.counts.values()) == len(rows[SECOND])
    assert second.counts["rejected"] == second.counts["left"] == 0
    assert bench.accounts(CONGRESS / SECOND / "accounts.csv").events == 0


def test_an_export_cut_short_is_refused_whole(bench: Bench) -> None:
    """Attack D06."""
    lines = (CONGRESS / FIRST / "employees.csv").read_bytes().splitlines(keepends=True)
    bench.people(b"".join(lines), complete=True)
    before = bench.events()
    with pytest.raises(MassDeactivation):
        bench.people(b"".join(lines[:66]), complete=True)
    assert len(bench.numbers()) == 536
    assert bench.events() == before
    # It does harm only where it claims to be complete.
    assert bench.people(b"".join(lines[:66])).counts == counts(unchanged=65)
