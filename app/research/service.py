"""Research: findings are published and withdrawn, and decisions cite them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from app.audit import service as audit
from app.directory import store as directory
from app.kernel.actor import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.pages import Page
from app.kernel.work import Personal, Work
from app.networks import store as networks
from app.roles.rules import Role

from . import rules, store
from .rules import Citation, Finding, Subject, Tag, TagKind
from .store import Sight

_PLAIN = ("title", "published_on", "withdrawn_at")
_PERSONAL = ("question", "summary", "source", "url")
"""What people write: a source names its authors, so that the log can forget them."""


def finding(work: Work, id_: UUID) -> Finding:
    """One finding. Raises ``NotFound``."""
    return work.show(store.finding(work.session, id_))


def findings(
    work: Work, page: Page, unit: str | None, network: str | None, function: str | None, *, withdrawn: bool | None
) -> list[Finding]:
    """A page of findings: about a unit (id or key), a network, a function. Raises ``NotFound``."""
    tags = []
    if unit is not None:
        tags.append(Tag(TagKind.BUSINESS_UNIT, str(directory.unit(work.session, unit).id)))
    tags += [Tag(kind, value) for kind, value in ((TagKind.NETWORK, network), (TagKind.FUNCTION, function)) if value]
    return store.page(work.session, page, tags, withdrawn=withdrawn)


def publish(
    work: Work, values: Mapping[str, Any], units: Sequence[str], named: Sequence[str], functions: Iterable[str]
) -> Finding:
    """Record what was found out, about these units (ids or keys), networks (keys) and functions. Raises ``Invalid``."""
    on = values["published_on"]
    if on is not None and on > work.now.date():
        raise Invalid.field("/published_on", "in_the_future", "What is cited was published.")
    tags = [*_units(work, units), *_networks(work, named), *(Tag(TagKind.FUNCTION, str(one)) for one in functions)]
    made = store.add(work.session, work.now, {**values, "recorded_by": work.actor.employee_id}, tags)
    about = {"recorded_by": made.recorded_by, "tags": [[str(kind), value] for kind, value in made.tags]}
    audit.record(work, "finding.published", ("finding", made.id), after={**_told(made), **about})
    return work.show(made)


def _units(work: Work, refs: Sequence[str]) -> list[Tag]:
    found = []
    for n, ref in enumerate(refs):
        try:
            found.append(Tag(TagKind.BUSINESS_UNIT, str(directory.unit(work.session, ref).id)))
        except NotFound as error:
            raise Invalid.field(f"/business_units/{n}", "unknown_unit", str(error)) from None
    return found


def _networks(work: Work, keys: Sequence[str]) -> list[Tag]:
    known = {one.key for one in networks.networks(work.session)}
    for n, key in enumerate(keys):
        if key not in known:
            raise Invalid.field(f"/networks/{n}", "unknown_network", f"There is no network {key}.")
    return [Tag(TagKind.NETWORK, key) for key in keys]


def withdraw(work: Work, id_: UUID, reason: str) -> Finding:
    """A finding does not hold (any more); wherever it was cited, that is seen. Raises ``NotFound``, ``FindingWithdrawn``."""
    before = store.lock(work.session, store.finding(work.session, id_).id)
    work.match(before)
    rules.check_published(before)
    news = {"withdrawn_at": work.now, "withdrawn_by": work.actor.employee_id, "withdraw_reason": reason}
    after = store.save(work.session, id_, work.now, news)
    audit.record(
        work, "finding.withdrawn", ("finding", id_), before={"withdrawn_at": None}, after={"withdrawn_at": work.now},
        reason=reason,
    )  # fmt: skip
    return work.show(after)


def cite(work: Work, id_: UUID, subject: Subject, why: str | None) -> Citation:
    """A decision that one may read rests on a finding.

    Raises ``NotFound``, ``FindingWithdrawn``, ``CitedAlready``, ``Invalid``.
    """
    of = store.lock(work.session, store.finding(work.session, id_).id)
    if not store.is_there(work.session, subject, _sight(work)):
        raise Invalid.field("/subject/id", "unknown_subject", f"There is no such {subject.kind.replace('_', ' ')}.")
    rules.check_published(of)
    made = store.add_citation(work.session, work.now, of, subject, {"why": why, "cited_by": work.actor.employee_id})
    told = {"citation_id": made.id, "subject_kind": subject.kind, "subject_id": subject.id, "why": Personal(why)}
    audit.record(work, "finding.cited", ("finding", of.id), after=told)
    return made


def citations(
    work: Work, page: Page, finding_id: UUID | None, kind: str | None, subject_id: UUID | None
) -> list[Citation]:
    """A page of citations in what one may read: of a finding, by a decision. Raises ``NotFound``."""
    of = store.finding(work.session, finding_id).id if finding_id is not None else None
    filters = {"finding_id": of, "subject_kind": kind, "subject_id": subject_id}
    return store.page_citations(work.session, page, filters, _sight(work))


def _sight(work: Work) -> Sight:
    """Which drafts the actor may read, as policies and strategies themselves have it."""
    auditor = Role.AUDITOR in work.actor.roles
    scopes = work.actor.scopes(Permission.STRATEGY_DRAFT)
    return Sight(
        policies=auditor or work.actor.holds(Permission.POLICY_DRAFT),
        strategies=auditor or scopes is None or work.actor.may(Permission.STRATEGY_APPROVE),
        units=directory.unit_ids_in(scopes) if scopes else None,
    )


def _told(one: Finding) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in _PLAIN}
    return {**plain, **{name: Personal(getattr(one, name)) for name in _PERSONAL}}
