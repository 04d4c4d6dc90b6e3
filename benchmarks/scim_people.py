"""People of any number as SCIM Users, and how they come into a database before anything is measured.

They are written as a SCIM create would have left them (the feed's document beside the columns), but by the directory's
own bulk write: twenty thousand creates, each with a commit, would take longer than all that is to be measured.
"""

import random
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy as sa

from .processes import Installation

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
IN_DEPARTMENT = 50
_PART = 500
_GIVEN = (
    "Ada",
    "Amélie",
    "Björn",
    "Chidi",
    "Elif",
    "Grace",
    "Jürgen",
    "Kofi",
    "María",
    "Noor",
    "Priya",
    "Tomás",
    "Zoë",
)
_FAMILY = (
    "Andersson",
    "Bauer",
    "Costa",
    "García",
    "Haddad",
    "Kowalski",
    "Müller",
    "Nguyen",
    "O'Brien",
    "Sato",
    "Zhang",
)
_TITLES = ("Analyst", "Director", "Engineer", "Senior Manager", "Specialist")
_FIELDS = ("Care", "Finance", "Legal", "Logistics", "Marketing", "People", "Product", "Quality", "Research", "Sales")
_SITES = ("Berlin", "Bogotá", "Chicago", "Lagos", "Osaka", "Pune", "São Paulo")


def department(n: int, users: int) -> str:
    """The department of the n-th person: of so many that each has fifty people."""
    index = n % (users // IN_DEPARTMENT)
    return f"{_FIELDS[index % len(_FIELDS)]} {index:03}"


def user_name(n: int) -> str:
    """The n-th person's user name."""
    return f"W{n + 1}@enterprise.example"


def document(n: int, users: int, manager_id: str | None) -> dict[str, Any]:
    """The n-th person as an identity provider sends them."""
    of = random.Random(n)
    given, family = of.choice(_GIVEN), of.choice(_FAMILY)
    work = {"employeeNumber": f"{n + 1:07}", "costCenter": f"CC{n % 90:03}", "department": department(n, users)}
    return {
        "schemas": [USER, ENTERPRISE],
        "externalId": f"00u{n + 1:017x}",
        "userName": user_name(n),
        "name": {"givenName": given, "familyName": family, "formatted": f"{given} {family}"},
        "displayName": f"{given} {family}",
        "title": of.choice(_TITLES),
        "userType": "Employee",
        "preferredLanguage": of.choice(("en", "es", "pt-BR")),
        "active": True,
        "emails": [{"value": user_name(n).lower(), "type": "work", "primary": True}],
        "phoneNumbers": [{"value": f"tel:+1-555-{n % 10000:04}", "type": "work"}],
        "addresses": [{"locality": of.choice(_SITES), "type": "work"}],
        ENTERPRISE: work | ({"manager": _manager(manager_id)} if manager_id else {}),
    }


def _manager(id_: str) -> dict[str, str]:
    """With the reference too: identity providers send the id alone, but the library's own model wants both."""
    return {"value": id_, "$ref": f"../Users/{id_}"}


def manager_of(n: int) -> int | None:
    """The number of the n-th person's manager; the first one has none."""
    return (n - 1) // 8 if n else None


def load(at: Installation, users: int) -> None:
    """Fill a migrated database with so many people, their departments with them."""
    from app.directory import store as directory
    from app.kernel.access import operator_work
    from app.kernel.database import engine_for
    from app.lifecycle import service as lifecycle
    from app.main import house_for

    engine = engine_for(at.url)
    house, ids = house_for(engine), list[UUID]()
    with operator_work(house) as work:
        units = {
            name: lifecycle.department(work, name) for name in sorted({department(n, users) for n in range(users)})
        }
    for begin in range(0, users, _PART):
        with operator_work(house) as work:
            part = list(_rows(range(begin, min(users, begin + _PART)), users, ids, units))
            directory.add_employees(work.session, work.now, part)
    engine.dispose()
    if at.name == "postgresql":
        _settle(at)


def _rows(numbers: range, users: int, ids: list[UUID], units: dict[str, UUID | None]) -> Iterator[dict[str, Any]]:
    from app.kernel.ids import new_id
    from app.scim.documents import rules as documents

    for n in numbers:
        ids.append(new_id())
        manager = manager_of(n)
        manager_id = ids[manager] if manager is not None else None
        sent = document(n, users, str(manager_id) if manager_id else None)
        kept = documents.kept(sent)
        yield {
            **documents.values_of(kept), "attributes": kept, "external_id": sent["externalId"], "id": ids[n],
            "employee_number": documents.number_of(kept), "manager_id": manager_id,
            "business_unit_id": units[department(n, users)],
        }  # fmt: skip


def _settle(at: Installation) -> None:
    """What autovacuum does within a minute of such a load, done now, so that it does not run while we measure."""
    dsn = sa.make_url(at.url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
