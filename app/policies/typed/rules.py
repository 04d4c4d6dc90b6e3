"""The typed rules that a policy may hold: what each says, and how two of it combine to the tighter.

A rule is JSON as it is sent and kept. ``tighter`` and ``normal`` give it in its one form, so that two of them are compared
by ``==``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from app.policies.hours import rules as hours


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """One typed rule: how two of it combine to the tighter, and what stands where no policy says anything.

    ``parts``: its value as a mapping where it rules several things apart (risk tiers, courses), else None. What such a
    value leaves out, it does not rule.
    """

    name: str
    says: str
    tighter: Callable[[Any, Any], Any]
    default: Any = None
    normal: Callable[[Any], Any] = lambda value: value
    parts: Callable[[Any], Mapping[str, Any]] | None = None

    def widens(self, floor: Any, value: Any) -> bool:
        """Would ``value`` alone let through what ``floor`` does not?"""
        tightest = self.tighter(floor, value)
        if self.parts is None:
            return bool(tightest != self.normal(value))
        found = self.parts(tightest)
        return any(found[part] != held for part, held in self.parts(value).items())


def _set(value: Iterable[str]) -> list[str]:
    return sorted(set(value))


def _both(a: Sequence[str], b: Sequence[str]) -> list[str]:
    return sorted(set(a) & set(b))


def _tiers(value: Mapping[str, int]) -> dict[str, int]:
    return {tier: value[tier] for tier in sorted(value)}


def _each_higher(a: Mapping[str, int], b: Mapping[str, int]) -> dict[str, int]:
    return {tier: max(a.get(tier, 0), b.get(tier, 0)) for tier in sorted({*a, *b})}


def courses(value: Iterable[Mapping[str, Any]]) -> dict[str, int | None]:
    """Required courses: key -> for how many days a completion counts by this rule; None: as long as the course says."""
    found: dict[str, int | None] = {}
    for one in value:
        key, days = one["course"], one.get("valid_for_days")
        found[key] = _shorter(found[key], days) if key in found else days
    return {key: found[key] for key in sorted(found)}


def _shorter(a: int | None, b: int | None) -> int | None:
    return min((days for days in (a, b) if days is not None), default=None)


def _all_courses(a: Iterable[Mapping[str, Any]], b: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"course": key, **({"valid_for_days": days} if days is not None else {})}
        for key, days in courses([*a, *b]).items()
    ]


def _either(a: bool, b: bool) -> bool:
    return a or b


RULES: Mapping[str, RuleSpec] = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            RuleSpec("max_grant_days", "A right ends after at most this many days.", min),
            RuleSpec(
                "required_training", "Whoever uses a right has completed these courses.", _all_courses,
                normal=lambda value: _all_courses(value, ()), parts=courses,
            ),
            RuleSpec("attestation_required", "Whoever uses a right has accepted this version.", _either),
            RuleSpec("employment_types", "Only people employed like this may hold a right.", _both, normal=_set),
            RuleSpec("allowed_networks", "Accounts and rights only on these networks.", _both, normal=_set),
            RuleSpec("allowed_tools", "Posts go through one of these publishing tools.", _both, normal=_set),
            RuleSpec(
                "posting_hours", "Posts go out in these hours, by the clock of the account's unit.", hours.both,
                normal=hours.normal,
            ),
            RuleSpec("clearance_required", "A post's exact content is cleared before it goes out.", _either),
            RuleSpec("two_custodians", "An account has a steward and a backup steward.", _either),
            RuleSpec("max_publishers_per_account", "At most this many people hold publish on one account.", min),
            RuleSpec(
                "min_approvals", "How many must approve in the last step, by risk tier.", _each_higher,
                normal=_tiers, parts=_tiers,
            ),
            RuleSpec("idle_after_days", "An account without activity for this long is idle.", min, 90),
            RuleSpec("validate_every_days", "An account must be validated this often.", min, 180),
            RuleSpec(
                "mover_grace_days", "A mover keeps rights on the accounts of the unit left for this long.", min, 14
            ),
            RuleSpec("pending_expires_after_days", "A pending request expires after this many days.", min, 30),
            RuleSpec("step_due_working_days", "After this many working days the next up may decide too.", min, 2),
        )
    }
)  # fmt: skip
