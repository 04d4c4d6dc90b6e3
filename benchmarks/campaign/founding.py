"""A small organisation, as an operator would found it: units, people, their offices, accounts, and who asks."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from benchmarks.processes import Installation, many

UNITS = ("sales", "care")
WORKERS_A_UNIT = 12
ACCOUNTS_A_UNIT = 4
COURSE = "basics"
_COLUMNS = (
    "Employee ID", "First Name", "Last Name", "Preferred Name", "Work Email", "Job Title", "Department", "Location",
    "Worker Type", "Hire Date", "Termination Date", "Status", "Manager ID",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who is there. ``tokens`` and ``ids``: by HR's employee id; ``accounts``: unit of each account, by its id.

    ``names``: HR's employee id of each person, by our id; ``asker`` and ``feed``: bearers of the tool and of HR's feed.
    """

    tokens: Mapping[str, str]
    ids: Mapping[str, str]
    accounts: Mapping[str, str]
    asker: str
    feed: str

    @property
    def names(self) -> dict[str, str]:
        """HR's employee id of each person, by our id."""
        return {id_: name for name, id_ in self.ids.items()}

    @property
    def workers(self) -> list[str]:
        """Those who ask for rights, and who come and go."""
        return [f"{unit}{n}" for unit in UNITS for n in range(WORKERS_A_UNIT)]


def people() -> list[tuple[str, str]]:
    """HR's employee id and department of everybody."""
    several = [(f"{unit}{n}", unit) for unit in UNITS for n in range(WORKERS_A_UNIT)]
    several += [(f"liaison-{unit}{n}", unit) for unit in UNITS for n in range(2)]
    return [*several, *((name, "hub") for name in ("hub0", "hub1", "boss0", "boss1", "auditor"))]


_FILES = (("employees", "people"), ("accounts", "accounts"))
_APPOINTMENTS = (
    *(["appoint", f"liaison-{unit}{n}", "bu_liaison", "--scope", f"bu:{unit}"] for unit in UNITS for n in range(2)),
    *(["appoint", name, "strategist"] for name in ("boss0", "boss1")),
    *(["appoint", name, "community_manager"] for name in ("hub0", "hub1")),
    ["appoint", "auditor", "auditor"],
)


def found(at: Installation) -> Organisation:
    """Put it into an empty database. Raises ``Failed``."""
    with (at.folder / "people.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(_COLUMNS)
        for name, unit in people():
            told = (
                name,
                name,
                "Person",
                name,
                f"{name}@campaign.example",
                "Person",
                unit,
                "",
                "Employee",
                "",
                "",
                "Active",
                "",
            )
            rows.writerow(told)
    with (at.folder / "accounts.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("network", "handle", "url", "business_unit", "steward_employee_id", "display_name"))
        for unit in UNITS:
            for n in range(ACCOUNTS_A_UNIT):
                rows.writerow(
                    ("x", f"{unit}_{n}", f"https://x.com/{unit}_{n}", unit, f"liaison-{unit}0", f"{unit} {n}")
                )
    named = [name for name, _ in people()]
    loads = [["import", what, str(at.folder / f"{file}.csv"), "--json"] for what, file in _FILES]
    tokens = [["token", name, "--ttl", "86400"] for name in named]
    clients = [["client", "create", scope, "--scope", scope, "--static"] for scope in ("decisions", "hr")]
    # One after the other in one process: most of each command's time is its start.
    said = many(at, [["migrate"], *loads, *_APPOINTMENTS, *tokens, *clients])
    ids, accounts = _read(at)
    asker, feed = (one.split()[-1] for one in said[-2:])
    bearers = said[-2 - len(named) : -2]
    return Organisation(dict(zip(named, bearers, strict=True)), ids, accounts, asker, feed)


def _read(at: Installation) -> tuple[dict[str, str], dict[str, str]]:
    """Our ids of people, and the unit of each account."""
    engine = sa.create_engine(at.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        people = connection.execute(sa.text("SELECT employee_number, id FROM employee")).all()
        accounts = connection.execute(
            sa.text("SELECT a.id, u.key FROM account a JOIN business_unit u ON u.id = a.business_unit_id")
        ).all()
    # SQLite has them as text, without dashes.
    return {name: str(UUID(str(id_))) for name, id_ in people}, {str(UUID(str(id_))): unit for id_, unit in accounts}
