"""Recording what sources say of accounts: the same again is nothing new, another value is a correction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from app.accounts import service as accounts
from app.accounts import store as account_store
from app.accounts.rules import Account
from app.audit import service as audit
from app.kernel.actor import Permission
from app.kernel.errors import FieldError, Forbidden
from app.kernel.ids import new_id
from app.kernel.pages import Page
from app.kernel.work import Work
from app.measurement.kpis import store as kpis
from app.measurement.kpis.rules import plain

from . import rules, store
from .rules import Named, Observation, OverlappingPeriod, Recorded, Sorted, Stated

WRITE = Permission.OBSERVATION_WRITE


def observations(
    work: Work,
    page: Page,
    account: str | None,
    kpi: str | None,
    source: str | None,
    within: tuple[date | None, date | None],
) -> list[Observation]:
    """A page of the observations that the actor may see, of periods within these days; of what is not there, none."""
    of = accounts.named(work, account) if account is not None else None
    in_ = kpis.find(work.session, kpi) if kpi is not None else None
    if (account is not None and of is None) or (kpi is not None and in_ is None):
        return []
    scopes = work.actor.scopes(Permission.OBSERVATION_READ)
    seen = account_store.ids_seen(scopes, work.actor.employee_id) if scopes is not None else None
    filters = {
        "account_id": of and of.id, "kpi_id": in_ and in_.id, "source": source, "from": within[0], "until": within[1],
    }  # fmt: skip
    return store.page(work.session, page, filters, seen)


def observe(work: Work, said: Sequence[Named], pointer: str = "/items/{}") -> Recorded:
    """Record what somebody says, all of it or nothing. ``pointer``: where the observation of a place stands in the body.

    Raises ``Invalid`` and ``OverlappingPeriod``, which name everything that is wrong, ``Forbidden``.
    """
    stated = _resolved(work, said, pointer)
    found = sort_out(work, stated)
    text = "Another in the same call says something else of this."
    rules.check([FieldError(pointer.format(one), "differing_items", text) for one in sorted(found.differing)])
    if found.overlapping:
        text = "Days of this period are in another one of the same account, KPI and source: they would count twice."
        places = [f"{pointer.format(place)}/period_from" for place in sorted(found.overlapping)]
        raise OverlappingPeriod(text, errors=[FieldError(place, "overlapping_period", text) for place in places])
    return write(work, stated, found)


def _resolved(work: Work, said: Sequence[Named], pointer: str) -> list[Stated]:
    known = accounts.all_named(work, {one.account for one in said})
    _check_scope(work, said, known, pointer)
    meant = kpis.named(work.session, {one.kpi for one in said})
    faults, stated = list[FieldError](), list[Stated]()
    for place, one in enumerate(said):
        of, in_ = known.get(one.account), meant.get(one.kpi)
        wrong = rules.fault(one, work.now.date())
        if of is None:
            wrong = FieldError("/account_id", "unknown_account", "There is no such account.")
        elif in_ is None:
            wrong = FieldError("/kpi_id", "unknown_kpi", "There is no such KPI.")
        else:
            wrong = wrong or rules.kpi_fault(in_, one.period_from)
            stated.append(Stated(of, in_, one.period_from, one.period_until, one.value, one.source))
        if wrong is not None:
            faults.append(replace(wrong, pointer=pointer.format(place) + wrong.pointer))
    rules.check(faults)
    return stated


def _check_scope(work: Work, said: Sequence[Named], known: Mapping[str, Account], pointer: str) -> None:
    elsewhere = {text for text, one in known.items() if not work.actor.may(WRITE, one.place)}
    if elsewhere:
        text = "This account is none of those that you may write observations of."
        places = (place for place, one in enumerate(said) if one.account in elsewhere)
        faults = [FieldError(f"{pointer.format(place)}/account_id", "forbidden", text) for place in places]
        raise Forbidden(text, errors=faults)


def sort_out(work: Work, stated: Sequence[Stated]) -> Sorted:
    """Which of what somebody states is news. Nobody else records anything until the transaction ends."""
    store.lock(work.session)
    return rules.sort_out(stated, store.known(work.session, stated))


def write(work: Work, stated: Sequence[Stated], found: Sorted) -> Recorded:
    """Record what is news of what was sorted out, and tell of it in one event; accounts are alive as far as it shows that."""
    made = store.add(work.session, work.now, found.news)
    store.correct(work.session, work.now, found.corrections)
    corrected = [
        replace(one, value=value, updated_at=work.now, version=one.version + 1) for one, value in found.corrections
    ]
    _announce(work, made, [one for one, _ in found.corrections], corrected)
    accounts.note_activity(work, rules.alive_at(stated, work.now))
    held = {(one.key, one.period): one for one in (*found.held, *made, *corrected)}
    return Recorded(len(made), len(corrected), found.same, [held[one.key, one.period] for one in stated])


def _announce(
    work: Work, made: Sequence[Observation], before: Sequence[Observation], after: Sequence[Observation]
) -> None:
    news = [*made, *after]
    if news:
        batch = news[0].id if len(news) == 1 else new_id()
        counts = {"recorded": len(made), "corrected": len(after)}
        audit.record(
            work, "observation.recorded", ("observation", batch),
            before={"observations": told(before)} if before else None, after={**counts, "observations": told(news)},
        )  # fmt: skip


def told(some: Sequence[Observation]) -> dict[str, dict[str, list[list[Any]]]]:
    """Observations as the audit log tells them: by KPI and source, since those are few; each its id, its account, its days
    and its value.
    """
    by: dict[str, dict[str, list[list[Any]]]] = {}
    for one in some:
        row = [one.id, one.account_id, one.period_from, one.period_until, plain(one.value)]
        by.setdefault(str(one.kpi_id), {}).setdefault(one.source, []).append(row)
    return by
