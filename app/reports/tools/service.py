"""The publishing tools that accounts use: how many each where, and how far posting goes through one approved platform."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.kernel.work import Work
from app.programme.vendors import store as vendors
from app.programme.vendors.rules import ToolState, WorkKind
from app.reports.rules import UNIT, Cell, Column, Figures, Kind, Row, View, count, longest, share, summed
from app.tools import store as tools

from . import store

TOOL_COLUMNS = (
    Column("tool", "Tool"),
    Column("tool_name", "Name of the tool"),
    Column("state", "State"),
    Column("approved_until", "Approved until", Kind.INSTANT),
    *UNIT,
    count("accounts", "Accounts in use"),
)
_TOOL_NOTES = (
    "Accounts in use by the units where they stand; an account counts with each tool that it uses.",
    "A tool that no account uses is told of without a unit, unless it is retired.",
)
PLATFORM_COLUMNS = (
    *UNIT,
    count("accounts", "Active accounts"),
    count("on_one", "On one approved tool"),
    Column("share", "Share", Kind.SHARE),
    count("on_several", "On several"),
    count("not_approved", "On one that is not approved"),
    count("without", "Without any tool"),
    Column("most_used", "Most used"),
    count("on_most_used", "On the most used"),
    Column("most_used_share", "Share of the most used", Kind.SHARE),
)
_PLATFORM_NOTES = (
    "Each active account is on one approved tool, on several that are all approved, on one at least that is not, or on none.",
    "Tools for publishing count, and those of which nobody has said what they are for.",
    "The most used is the approved tool that most of these accounts use.",
)


def used_tools(work: Work, view: View) -> Figures:
    """Each tool, by the units of the accounts in use that use it."""
    standings, by_tool = vendors.standings(work.session, work.now), store.by_tool(work.session, view)
    rows: list[Row] = []
    chart = Counter[str]()
    for one in sorted(tools.tools(work.session), key=lambda tool: tool.key):
        stands, units = standings[one.id], by_tool.get(one.id, {})
        told = (one.key, one.name, str(stands.state), stands.until)
        rows += [(*told, *view.named(unit_id), units[unit_id]) for unit_id in sorted(units, key=view.named)]
        if not units and stands.state is not ToolState.RETIRED:
            rows.append((*told, None, None, 0))
        chart[one.key] = sum(units.values())
    bars = longest("Accounts by tool", "accounts", chart)
    return Figures(TOOL_COLUMNS, tuple(rows), summed(TOOL_COLUMNS, rows), _TOOL_NOTES, bars=bars)


@dataclass(frozen=True, slots=True)
class _Known:
    """The keys of the tools that count for publishing, and which of them are approved."""

    keys: dict[UUID, str]
    approved: frozenset[UUID]


def one_platform(work: Work, view: View) -> Figures:
    """How far the active accounts of each unit are on one approved tool."""
    known, used = _known(work), store.active(work.session, view)
    rows = [(*view.named(unit_id), *_covered(each, known)) for unit_id, each in used.items()]
    rows.sort(key=lambda row: row[:2])
    every = [each for found in used.values() for each in found]
    names = [column.key for column in PLATFORM_COLUMNS[len(UNIT) :]]
    totals = dict(zip(names, _covered(every, known), strict=True))
    without = totals["without"]
    left_out = f"How {without} active accounts are posted to: nobody has said which tools they use, if any."
    chart = longest("On one approved tool, by unit", "accounts", {str(row[0]): _number(row[3]) for row in rows})
    return Figures(PLATFORM_COLUMNS, tuple(rows), totals, _PLATFORM_NOTES, (left_out,) if without else (), chart)


def _number(cell: Cell) -> int:
    return cell if isinstance(cell, int) else 0


def _known(work: Work) -> _Known:
    every = tools.tools(work.session)
    profiles = vendors.profiles(work.session, {one.id for one in every})
    counts = {one.id: one.key for one in every if WorkKind.PUBLISHING in (profiles[one.id].kinds or WorkKind)}
    standings = vendors.standings(work.session, work.now)
    return _Known(counts, frozenset(id_ for id_ in counts if standings[id_].approved))


def _covered(accounts: Sequence[Collection[UUID]], known: _Known) -> Row:
    """The cells of active accounts, each as the tools that it uses."""
    each = [[id_ for id_ in used if id_ in known.keys] for used in accounts]
    sound = [used for used in each if used and known.approved >= set(used)]
    one = sum(len(used) == 1 for used in sound)
    without = sum(not used for used in each)
    uses = Counter(known.keys[id_] for used in each for id_ in used if id_ in known.approved)
    most, on_most = min(uses.items(), key=lambda pair: (-pair[1], pair[0]), default=(None, 0))
    n = len(each)
    return (
        n, one, share(one, n), len(sound) - one, n - len(sound) - without, without, most, on_most, share(on_most, n)
    )  # fmt: skip
