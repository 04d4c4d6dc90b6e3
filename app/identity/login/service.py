"""Checking and setting passwords. Hashing is slow on purpose: it is done outside of transactions."""

import secrets
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol
from uuid import UUID

import structlog
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
_log = structlog.get_logger(__name__)


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


def set_password(work: Work, employee: str, password: str) -> None:
    """Give a person (work e-mail, user name, HR's employee id) a password. Raises ``NotFound``, ``Invalid``."""
    person = one_employee(work, employee)
    rules.check_password(password, (person.email, person.user_name, person.display_name))
    store.save_password(work.session, person.id, hash_password(password), work.now)
    audit.record(work, "password.set", ("employee", person.id), person_id=person.id)


def log_in(open_work: Transactions, user: str, password: str, host: str | None) -> Admitted | Refused | Throttled:
    """Whose password this is. ``host``: the address asking.

    The try is counted before the password is looked at: of many sent at once no more than allowed get an answer.
    Whoever is asked for, there is one verification of the same cost.
    """
    keys = (rules.account_key(user), rules.address_key(host))
    with open_work() as work:
        found = _candidate(work, user, keys)
    if found.throttled is not None:
        return found.throttled
    fits, renewed = _verify(password, found.hashed)
    if not fits or found.person is None:
        _log.info("login_refused", employee_id=str(found.person.id) if found.person else None)
        return Refused()
    with open_work() as work:
        store.forget(work.session, keys[0])
        store.take_back(work.session, keys[1:])
        if renewed is not None:
            store.save_password(work.session, found.person.id, renewed, work.now)
    return Admitted(found.person.id)


def _candidate(work: Work, user: str, keys: tuple[str, ...]) -> _Candidate:
    waits = [_wait(work, key) for key in sorted(keys)]
    throttled = [wait for wait in waits if wait is not None]
    people = directory.find_employees(work.session, user)
    person = people[0] if len(people) == 1 and people[0].employed(work.now) else None
    hashed = store.password_hash(work.session, person.id) if person else None
    return _Candidate(person, hashed, max(throttled, key=lambda one: one.seconds, default=None))


def _wait(work: Work, key: str) -> Throttled | None:
    tries, began_at = store.count_try(work.session, key, work.now, rules.WINDOW)
    if tries <= rules.MAX_FAILURES:
        return None
    return Throttled(max(1, _seconds(began_at, work.now)))


def _seconds(began_at: datetime, now: datetime) -> int:
    return int((began_at + rules.WINDOW - now).total_seconds())


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
