"""Request, approve, approve: round trips beside one-row commits of the same file."""

from statistics import median

from benchmarks import deciding
from benchmarks.databases import durability
from benchmarks.decisions.lab import Lab
from benchmarks.decisions.serving import ROOT
from benchmarks.decisions.table import at_least
from benchmarks.report import rate


def trips(lab: Lab) -> None:
    """One client, SQLite with full sync; in turns with raw commits into the very same file."""
    length = deciding.Length(lab.told.rounds, lab.told.seconds, min(lab.told.seconds, 1.0))
    export = min(day for day in (ROOT / "tests/data/congress").iterdir() if day.is_dir())
    with deciding.staged("sqlite", lab.server, export) as stage:
        lab.table.heading(f"request-approve-approve, one client; {durability(stage.at)}")
        for _ in range(length.rounds):
            deciding.turn(stage, 1, length)
        deciding.check(stage)
    made, raw = median(stage.trips[1]), median(stage.raw[1])
    lab.table.row("round trips beside one-row commits", rate(made), rate(raw), made / raw, at_least(0.08))
