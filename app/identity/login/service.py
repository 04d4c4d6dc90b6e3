"""Checking and setting passwords. Hashing is slow on purpose: it is done outside of transactions."""

import secrets
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.audit import service as audit
from app.directory import store as directory
from app.directory.rules import Employee
from app.identity.service import one_employee
from app.kernel.work import Work

from . import rules, store

# Argon2id at the least cost OWASP recommends (19 MiB, two rounds, one lane), so that a burst of logins is affordable.
_HASHER = PasswordHash((Argon2Hasher(memory_cost=19 * 1024, time_cost=2, parallelism=1),))


class Transactions(Protocol):
    """Opens one writing transaction; it commits when left."""

    def __call__(self) -> AbstractContextManager[Work]: ...


@dataclass(frozen=True, slots=True)
class Admitted:
    """The password fits."""

    employee_id: UUID


@dataclass(frozen=True, slots=True)
class Refused:
    """Unknown, wrong, without a password, or gone: the answer does not say which."""


@dataclass(frozen=True, slots=True)
class Throttled:
    """Too many tries; ``seconds`` until the next is looked at."""

    seconds: int


@dataclass(frozen=True, slots=True)
class _Candidate:
    person: Employee | None  # employed at this instant
    hashed: str | None
    throttled: Throttled | None
    closes: bool  # this is the first try too many


def set_password(work: Work, employee: str, password: str) -> None:
    """Give a person (work e-mail, user name, HR's employee id) a password. Raises ``NotFound``, ``Invalid``."""
    person = one_employee(work, employee)
    rules.check_password(password, (person.email, person.user_name, person.display_name))
    store.save_password(work.session, person.id, hash_password(password), work.now)
    audit.record(work, "password.set", ("employee", person.id), person_id=person.id)


def log_in(
    open_work: Transactions, user: str, password: str, host: str | None, application: str
) -> Admitted | Refused | Throttled:
    """Whose password this is. ``host``: the address asking; ``application``: where they want to get in, for the log.

    The try is counted before the password is looked at: of many sent at once no more than allowed get an answer.
    Whoever is asked for, there is one verification of the same cost, and one event.
    """
    keys = (rules.account_key(user), rules.address_key(host))
    with open_work() as work:
        found = _candidate(work, user, keys)
        if found.closes:
            tell(work, "login.throttled", found.person, application)
    if found.throttled is not None:
        return found.throttled
    fits, renewed = _verify(password, found.hashed)
    with open_work() as work:
        if not fits or found.person is None:
            tell(work, "login.refused", found.person, application)
            return Refused()
        store.forget(work.session, keys[0])
        store.take_back(work.session, keys[1:])
        if renewed is not None:
            store.save_password(work.session, found.person.id, renewed, work.now)
        tell(work, "login.accepted", found.person, application)
    return Admitted(found.person.id)


def tell(work: Work, action: str, person: Employee | None, application: str) -> None:
    """Record what came of a login.

    What was typed for a name is told nowhere where it is nobody's: it may be a password in the wrong field.
    """
    id_ = person.id if person else None
    audit.record(work, action, ("login", id_ or "unknown"), after={"application": application}, person_id=id_)


def _candidate(work: Work, user: str, keys: tuple[str, ...]) -> _Candidate:
    tries = [store.count_try(work.session, key, work.now, rules.WINDOW) for key in sorted(keys)]
    waits = [_seconds(began_at, work.now) for number, began_at in tries if number > rules.MAX_FAILURES]
    people = directory.find_employees(work.session, user)
    person = people[0] if len(people) == 1 and people[0].employed(work.now) else None
    hashed = store.password_hash(work.session, person.id) if person else None
    closes = any(number == rules.MAX_FAILURES + 1 for number, _ in tries)
    return _Candidate(person, hashed, Throttled(max(waits)) if waits else None, closes)


def _seconds(began_at: datetime, now: datetime) -> int:
    return max(1, int((began_at + rules.WINDOW - now).total_seconds()))


def hash_password(password: str) -> str:
    """How a password is kept."""
    return _HASHER.hash(rules.prepared(password))


def _verify(password: str, hashed: str | None) -> tuple[bool, str | None]:
    if len(password) > rules.MAX_PASSWORD:  # as no kept password is; the cost stays the same
        password, hashed = "", None
    fits, renewed = _HASHER.verify_and_update(rules.prepared(password), hashed or _nobodys_hash())
    return fits and hashed is not None, renewed


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return hash_password(secrets.token_urlsafe(32))
