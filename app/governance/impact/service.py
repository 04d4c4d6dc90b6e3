"""Who is affected when a version is published, before it is; and who has accepted it, after."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.directory import store as directory
from app.kernel.actor import Permission, ScopeKind
from app.kernel.work import Work
from app.policies import service as policies
from app.policies.rules import Policy, Version
from app.policies.service import Overtaken

from . import rules, store
from .rules import Covered, Effect, Reached


@dataclass(frozen=True, slots=True)
class Impact:
    """What publishing a version now would do. ``overtaken``: rules of narrower policies that would then be looser."""

    policy: Policy
    version: Version
    begins: datetime
    attest_by: datetime | None
    reached: Reached
    effects: tuple[Effect, ...]
    overtaken: tuple[Overtaken, ...]


def preview(work: Work, policy: str, n: int) -> Impact:
    """What publishing a version would mean, changing nothing. Raises ``NotFound``."""
    of, version = policies.policy(work, policy), policies.version(work, policy, n)
    begins = max(version.effective_from or work.now, work.now)
    which = {
        rule: store.condition(of.scope, work.now, rule, version.rules[rule], version.id)
        for rule in sorted(set(version.rules) & set(rules.SAYS))
    }
    reached, counts = store.reached(work.session, of.scope, work.now, which)
    effects = [
        Effect(
            rule,
            grants,
            people,
            store.some(work.session, of.scope, work.now, which[rule]) if grants else (),
            rules.SAYS[rule],
        )
        for rule, (grants, people) in counts.items()
    ]
    enterprise = of.scope.kind is ScopeKind.ENTERPRISE
    overtaken = policies.overtaken(work, policies.enterprise_with(work, of, version)) if enterprise else []
    by = begins + timedelta(days=version.attestation_grace_days) if version.rules.get("attestation_required") else None
    return Impact(of, version, begins, by, reached, tuple(effects), tuple(overtaken))


def coverage(work: Work, policy: str, n: int) -> tuple[Policy, list[Covered]]:
    """Attestations of a version by unit, of the people whom the actor sees. Raises ``NotFound``."""
    of, version = policies.policy(work, policy), policies.version(work, policy, n)
    scopes = work.actor.scopes(Permission.ATTESTATION_READ)
    people = None if scopes is None else directory.employee_ids_in(scopes)
    return of, store.coverage(work.session, of.scope, work.now, version.id, people)
