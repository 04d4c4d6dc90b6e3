"""Accepting a version of a policy, oneself."""

from uuid import UUID

from app.audit import service as audit
from app.directory import store as directory
from app.kernel.actor import Permission
from app.kernel.pages import Page
from app.kernel.work import Work
from app.policies import service as policies

from . import rules, store
from .rules import Attestation


def attest(work: Work, policy: str, n: int, read: str | None) -> tuple[Attestation, bool]:
    """Whoever acts accepts a version; answers it, and whether it is new. Raises ``VersionNotCurrent``, ``TextDiffers``."""
    of = policies.policy(work, policy)
    version = policies.version(work, policy, n)
    directory.lock_employees(work.session, [work.me])
    had = store.find(work.session, version.id, work.me)
    if had is not None:
        return work.show(had), False
    rules.check(version, read, work.now)
    made = store.add(work.session, work.now, version.id, work.me, version.text_sha256)
    audit.record(
        work, "policy_version.attested", ("policy_version", version.id),
        after={
            "attestation_id": made.id, "policy": of.key, "n": n, "text_sha256": made.text_sha256, "employee_id": work.me,
        },
    )  # fmt: skip
    return work.show(made), True


def attestations(work: Work, policy: str, n: int, page: Page, employee_id: UUID | None) -> list[Attestation]:
    """Who has accepted a version, as far as the actor sees people."""
    version = policies.version(work, policy, n)
    scopes = work.actor.scopes(Permission.ATTESTATION_READ)
    people = None if scopes is None else directory.employee_ids_in(scopes)
    filters = {"employee_id": employee_id}
    return store.page(work.session, version.id, page, filters, people, work.actor.employee_id)
