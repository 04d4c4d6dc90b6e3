"""Posting rights in figures: what is held where, where nobody publishes, and who holds the most."""

from collections import Counter

from app.directory import store as directory
from app.governance.models.rules import Right
from app.kernel.work import Work
from app.reports.naming.service import NOT_NAMED, names
from app.reports.rules import NETWORK, UNIT, Column, Figures, Row, View, count, longest, summed

from . import store
from .store import Group

MOST = 50
"""How many of those who hold the most rights are told."""
COLUMNS = (
    *UNIT,
    NETWORK,
    count("accounts", "Accounts in use"),
    count("accounts_without_publisher", "Without publisher"),
    *(count(right) for right in Right),
    count("grants", "Rights"),
    count("paused"),
    count("holders"),
)
_NOTES = (
    "Rights that have neither ended nor lapsed, those that are paused or begin later among them.",
    "Accounts in use are approved, active or suspended; one is without publisher where nobody holds the right to publish.",
    "Whoever holds rights in several units or networks counts as a holder in each, and once in the total.",
)
HOLDER_COLUMNS = (
    Column("person", "Person"), *UNIT, count("grants", "Rights"), count("publish", "To publish"), count("accounts"),
)  # fmt: skip


def rights(work: Work, view: View) -> Figures:
    """Rights on the accounts of a view."""
    held: dict[Group, Counter[str]] = {}
    for one in store.held(work.session, view, work.now):
        counts = held.setdefault((one.business_unit_id, one.network), Counter())
        counts.update({one.right.value: one.grants, "grants": one.grants, "paused": one.paused})
    for group, people in store.holders(work.session, view, work.now).items():
        held[group]["holders"] = people
    for group, (n, silent) in store.accounts(work.session, view, work.now).items():
        held.setdefault(group, Counter()).update({"accounts": n, "accounts_without_publisher": silent})
    ordered = sorted(held.items(), key=lambda pair: (view.named(pair[0][0]), pair[0][1]))
    keys = [column.key for column in COLUMNS[3:]]
    rows: tuple[Row, ...] = tuple(
        (*view.named(unit_id), network, *(counts[key] for key in keys)) for (unit_id, network), counts in ordered
    )
    totals = summed(COLUMNS, rows) | {"holders": store.people(work.session, view, work.now)}
    by_right = Counter[str]({right.value: 0 for right in Right})
    for counts in held.values():
        by_right.update({right.value: counts[right] for right in Right})
    return Figures(COLUMNS, rows, totals, _NOTES, bars=longest("Rights by kind", "rights", by_right))


def holders(work: Work, view: View) -> Figures:
    """Who holds the most rights on the accounts of a view."""
    found = store.most(work.session, view, work.now, MOST)
    people = [one.employee_id for one in found]
    named, units = names(work, people), directory.employees(work.session, people)
    rows = tuple(
        (
            named.get(one.employee_id),
            *(view.named(units[one.employee_id].business_unit_id) if one.employee_id in named else (None, None)),
            one.grants,
            one.publish,
            one.accounts,
        )
        for one in found
    )
    all_of = store.people(work.session, view, work.now)
    notes = (
        f"The {MOST} people with the most rights that have neither ended nor lapsed, of {all_of} who hold any.",
        *((NOT_NAMED,) if len(named) < len(found) else ()),
    )
    return Figures(HOLDER_COLUMNS, rows, {}, notes)
