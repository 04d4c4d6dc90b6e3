"""Making files, loading them, and looking at what they did."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from app.accounts import store as accounts
from app.accounts.rules import Account
from app.audit.tables import AuditEvent
from app.directory import store as directory
from app.directory.rules import BusinessUnit, Employee
from app.imports import service
from app.imports.service import Rejected, Summary
from app.kernel.access import House, operator_work
from tests.kit import active_numbers

CONGRESS = Path(__file__).parents[1] / "data" / "congress"
HR = (
    "Employee ID", "First Name", "Last Name", "Preferred Name", "Work Email", "Job Title", "Department", "Location",
    "Worker Type", "Hire Date", "Termination Date", "Status", "Manager ID",
)  # fmt: skip


def hr(number: str, **more: str) -> dict[str, str]:
    """A row of an HRIS export; ``more`` by column name, spaces as underscores."""
    row = {
        "Employee ID": number,
        "First Name": "Ann",
        "Last Name": number,
        "Work Email": f"{number}@example.com",
        "Department": "Sales",
        "Worker Type": "Employee",
        "Hire Date": "2020-01-31",
        "Status": "Active",
    }
    return dict.fromkeys(HR, "") | row | {name.replace("_", " "): value for name, value in more.items()}


def listed(handle: str, **more: str) -> dict[str, str]:
    """A row of an account inventory."""
    row = {"network": "x", "handle": handle, "url": "", "business_unit": "Sales", "steward_employee_id": "1"}
    return {**row, "display_name": "Our account", **more}


def text(rows: Sequence[Mapping[str, str]], header: Sequence[str] | None = None) -> str:
    """The rows as CSV."""
    out = io.StringIO()
    names = header or list(dict.fromkeys(name for row in rows for name in row))
    csv.DictWriter(out, names).writeheader()
    csv.DictWriter(out, names).writerows(rows)
    return out.getvalue()


def rows_of(day: str, name: str) -> list[dict[str, str]]:
    """An export of Congress."""
    with (CONGRESS / day / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass
class Outcome:
    """What a run did; ``events``: how many it recorded."""

    counts: dict[str, int]
    rejected: list[Rejected]
    events: int
    progress: list[tuple[int, int | None]]

    @property
    def codes(self) -> dict[int, str]:
        """The code of each rejected row, by its line."""
        return {one.line: one.code for one in self.rejected}


def counts(**some: int) -> dict[str, int]:
    """A summary in which all else is 0."""
    return Summary(**some).as_dict()


@dataclass
class Bench:
    """Loads files into one house."""

    house: House
    path: Path

    def write(self, content: Any) -> Path:
        """A file of these bytes, this text, these rows; or one that is there."""
        if isinstance(content, Path):
            return content
        if not isinstance(content, str | bytes):
            content = text(content)
        self.path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self.path

    def _load(self, load: Any, content: Any, **options: Any) -> Outcome:
        rejected: list[Rejected] = []
        progress: list[tuple[int, int | None]] = []
        before = self.events()
        summary = load(
            self.house,
            self.write(content),
            progress=lambda done, total: progress.append((done, total)),
            reject=rejected.append,
            **options,
        )
        return Outcome(summary.as_dict(), rejected, self.events() - before, progress)

    def people(self, content: Any, *, complete: bool = False, confirm: bool = False, **options: Any) -> Outcome:
        return self._load(service.import_employees, content, complete=complete, confirm_leavers=confirm, **options)

    def accounts(self, content: Any) -> Outcome:
        return self._load(service.import_accounts, content)

    def completions(self, content: Any, **options: Any) -> Outcome:
        return self._load(service.import_completions, content, **options)

    def observations(self, content: Any, **options: Any) -> Outcome:
        return self._load(service.import_observations, content, **options)

    def units(self, content: Any) -> Outcome:
        return self._load(service.import_business_units, content)

    def events(self) -> int:
        with self.house.reads() as session:
            return session.scalar(select(func.count()).select_from(AuditEvent)) or 0

    def actions(self) -> list[str]:
        with self.house.reads() as session:
            return list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.seq)))

    def person(self, number: str) -> Employee:
        with self.house.reads() as session:
            return directory.employees_by_number(session, [number])[number]

    def numbers(self) -> set[str]:
        """Everyone active."""
        with self.house.reads() as session:
            return set(active_numbers(session))

    def unit(self, key: str) -> BusinessUnit:
        with self.house.reads() as session:
            return directory.unit(session, key)

    def zoned(self, key: str, timezone: str) -> None:
        with operator_work(self.house) as work:
            directory.save_unit(work.session, directory.unit(work.session, key), work.now, {"timezone": timezone})

    def account(self, network: str, handle: str) -> Account | None:
        with self.house.reads() as session:
            return accounts.registered(session, network, handle)
