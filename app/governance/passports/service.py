"""Issuing posting passports, and telling which of them count no more."""

from datetime import UTC, datetime
from uuid import UUID

from app.accounts import store as accounts
from app.audit import service as audit
from app.governance.evaluation import service as evaluation
from app.governance.freezes import store as freezes
from app.governance.grants import service as grants
from app.governance.reasons.rules import RequestRefused, refuse
from app.kernel import tokens
from app.kernel.actor import Permission
from app.kernel.ids import new_id
from app.kernel.work import Work

from . import rules, store
from .rules import Office, Passport, Revocations, Stopped


def issue(work: Work, office: Office, grant_id: UUID, audience: str | None) -> Passport:
    """A passport of one's own grant, if one may use it now: what an evaluation refuses, no passport says.

    Raises ``NotFound``, ``Forbidden``, ``RequestRefused`` with every reason, ``Invalid``.
    """
    grant = grants.grant(work, grant_id)
    work.match(grant)
    work.etag = None  # what is shown is no grant
    work.actor.require(Permission.GRANT_PASSPORT, own=grant.employee_id == work.actor.employee_id)
    wanted = rules.check_audience(audience, office)
    revision = audit.revision(work)  # before the answer that rests on it
    refuse(RequestRefused, evaluation.evaluate_grant(work, grant).reasons)
    account = accounts.account(work.session, grant.account_id)
    parties = {"iss": office.issuer, "aud": wanted, "jti": str(new_id())}
    said = rules.claims(grant, account, parties, revision, work.now)
    made = Passport(tokens.sign(said, office.key, rules.TYPE), wanted, datetime.fromtimestamp(said["exp"], UTC))
    told = {"jti": said["jti"], "audience": wanted, "expires_at": made.expires_at}
    audit.record(work, "passport.issued", ("grant", grant.id), after=told)
    return made


def revocations(work: Work) -> Revocations:
    """The grants that ended, were paused or frozen lately enough that a passport of theirs may not have expired."""
    since = work.now - rules.WINDOW
    revision = audit.revision(work)  # first: what is written meanwhile may be in the list, and is not promised to be
    found = store.stopped(work.session, since, work.now)
    known = {one.grant_id for one in found}
    found += [one for one in _frozen(work, since) if one.grant_id not in known]
    return Revocations(work.now, since, revision, tuple(sorted(found, key=lambda one: (one.at, one.grant_id))))


def _frozen(work: Work, since: datetime) -> list[Stopped]:
    """Grants of accounts that changed lately, and all of them while a freeze is so young that passports may outlive it."""
    stops = freezes.open_freezes(work.session)
    young = any(one.created_at > since for one in stops)
    running = store.running(work.session, work.now, None if young else since)
    return rules.frozen(running, stops, since, work.now)
