"""Every statement about who was erased."""

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.directory.tables import Employee
from app.kernel.database import value_of
from app.kernel.text import key_of

from . import rules
from .rules import Erased
from .tables import ErasedPerson


def erased(session: Session, employee_id: UUID) -> Erased | None:
    """When somebody was erased; None: they were not."""
    row = session.get(ErasedPerson, employee_id)
    return value_of(Erased, row) if row else None


def everyone(session: Session) -> list[UUID]:
    """Who was erased, in the order of it."""
    return list(
        session.scalars(select(ErasedPerson.employee_id).order_by(ErasedPerson.erased_at, ErasedPerson.employee_id))
    )


def add(session: Session, employee_id: UUID, number: str, external_id: str | None, now: datetime) -> Erased:
    """Write down that somebody is erased, and by what HR's ids of them are known again."""
    salt = _salt(session) or secrets.token_hex(16)
    digests = [rules.digest(salt, one) if one is not None else None for one in (number, external_id)]
    row = ErasedPerson(
        employee_id=employee_id, erased_at=now, salt=salt, number_digest=digests[0], external_digest=digests[1]
    )
    session.add(row)
    session.flush()
    return Erased(employee_id, now)


def numbers(session: Session, given: Collection[str]) -> set[str]:
    """Which of HR's employee ids are those of people who were erased."""
    return _known(session, given, ErasedPerson.number_digest)


def refuse(session: Session, given: Iterable[str], external_ids: Iterable[str | None] = ()) -> None:
    """Raises ``PersonErased`` where one of HR's ids is that of somebody who was erased."""
    known = numbers(session, list(given)) | _known(
        session, [one for one in external_ids if one is not None], ErasedPerson.external_digest
    )
    if known:
        raise rules.PersonErased(
            "The data of this person was erased and is not taken in again. HR's feed has to leave them out."
        )


def shared(session: Session, employee_id: UUID, names: Collection[str]) -> set[str]:
    """Which of these names somebody else goes by, too, whatever the case."""
    row, keys = Employee, {key_of(one): one for one in names}
    found: set[str] = set()
    for column in (row.email_key, row.user_name_key, row.display_name_key):
        found |= set(session.scalars(select(column).where(column.in_(list(keys)), row.id != employee_id)))
    return {one for one in names if key_of(one) in found}


def _known(session: Session, given: Collection[str], column: object) -> set[str]:
    salt = _salt(session) if given else None
    if salt is None:
        return set()
    digests = {rules.digest(salt, one): one for one in given}
    found = session.scalars(select(column).where(column.in_(list(digests))))  # type: ignore[call-overload, attr-defined]
    return {digests[one] for one in found}


def _salt(session: Session) -> str | None:
    return session.scalar(select(ErasedPerson.salt).limit(1))
