"""What only an import of completions asks of the directory."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.directory.tables import Employee as Row
from app.kernel.bulk import among
from app.kernel.text import key_of


def people_named(session: Session, names: Iterable[str]) -> dict[str, list[UUID]]:
    """Whom each of these names means: by HR's employee id, else by e-mail, else by user name; nobody is left out.

    Names of a record that HR's feed has deleted may be somebody else's by now.
    """
    found: dict[str, list[UUID]] = {}
    kept = Row.deleted_at.is_(None)
    ways: list[tuple[Any, Any, Callable[[str], str]]] = [
        (Row.employee_number, select(Row.employee_number, Row.id), str),
        (Row.email_key, select(Row.email_key, Row.id).where(kept), key_of),
        (Row.user_name_key, select(Row.user_name_key, Row.id).where(kept), key_of),
    ]
    left = set(names)
    for column, stmt, spelled in ways:
        by: dict[str, list[UUID]] = defaultdict(list)
        for text, id_ in map(tuple, among(session, stmt, column, {spelled(name) for name in left})):
            by[text].append(id_)
        found |= {name: by[spelled(name)] for name in left if spelled(name) in by}
        left -= found.keys()
    return found | {name: [] for name in left}
