"""`python -m benchmarks`: one table, and RESULTS.md."""

import argparse
import sys
import time
from pathlib import Path

import sqlalchemy as sa

from . import deciding, loading, report, starting
from .databases import durability, fresh, postgres
from .processes import Failed

PARTS = ("run", "serve", "import", "decide")


def main() -> int:
    """Measure what is asked for; exit 1 when something did not do what it should."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=starting.ROOT / "tests/data/congress", help="folder of dated exports"
    )
    parser.add_argument("--quick", action="store_true", help="fewer repeats, under 90 s; RESULTS.md stays as it is")
    parser.add_argument("--only", choices=PARTS, action="append", help="one part; several times for more")
    told = parser.parse_args()
    table, began = report.Table(), time.monotonic()
    try:
        about = _measure(table, told.data, told.only or PARTS, quick=told.quick)
    except Failed as error:
        sys.stderr.write(f"benchmarks: {error}\n")
        return 1
    table.note(f"Measured in {time.monotonic() - began:.0f} s{', --quick' if told.quick else ''}.")
    print("\n".join([*about, "", table.text()]))
    if not told.quick and not told.only:
        report.RESULTS.write_text(table.markdown(about), encoding="utf-8")
    return 0


def _measure(table: report.Table, data: Path, parts: tuple[str, ...] | list[str], *, quick: bool) -> list[str]:
    exports = sorted(day for day in data.iterdir() if day.is_dir())
    if "run" in parts:
        starting.make_run(table, again=not quick)
    with postgres() as server:
        if "serve" in parts:
            starting.serve(table, server, repeats=1 if quick else 5)
        if "import" in parts:
            days = exports[:1] if quick else exports
            loading.imports(table, server, days, repeats=1 if quick else 3)
        if "decide" in parts:
            length = deciding.Length(2, 1.5, 0.5) if quick else deciding.Length(5, 3.0, 1.0)
            deciding.decisions(table, server, exports[0], length)
        return report.machine([_durability(kind, server) for kind in loading.KINDS])


def _durability(kind: str, server: sa.URL) -> str:
    with fresh(kind, server, migrated=False) as at:
        return durability(at)


if __name__ == "__main__":
    sys.exit(main())
