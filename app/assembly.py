"""Everything that the service answers: every route."""

from collections.abc import Mapping

from fastapi import APIRouter

import app.schema  # noqa: F401 - every table is there before anything is asked of one
from app.accounts import api as accounts
from app.audit import api as audit
from app.audit.checkpoints import api as checkpoints
from app.authzen import api as evaluations
from app.authzen.forward import api as forwarding
from app.authzen.metadata import api as decision_point
from app.authzen.requests import api as access_requests
from app.authzen.search import api as searches
from app.console import api as console
from app.directory import api as directory
from app.discoveries import api as discoveries
from app.docs import api as docs
from app.erasure import api as erasure
from app.feeds import api as feeds
from app.governance.approvals import api as approvals
from app.governance.campaigns import api as campaigns
from app.governance.clearances import api as clearances
from app.governance.decommissioning import api as decommissioning
from app.governance.explaining import api as explaining
from app.governance.freezes import api as freezes
from app.governance.grants import api as grants
from app.governance.impact import api as impact
from app.governance.passports import api as passports
from app.governance.recertification import api as recertification
from app.governance.registrations import api as registrations
from app.governance.requests import api as requests
from app.governance.retirements import api as retirements
from app.governance.reviews import api as reviews
from app.governance.switching import api as switching
from app.groups import api as groups
from app.identity import api as identity
from app.imports.completions import api as completions
from app.imports.discoveries import api as found
from app.imports.observations import api as observation_files
from app.imports.runs import api as imports
from app.learning import api as learning
from app.liaisons import api as liaisons
from app.lifecycle import api as lifecycle
from app.maturity import api as maturity
from app.me import api as me
from app.measurement.comparing import api as comparing
from app.measurement.kpis import api as kpis
from app.measurement.observations import api as observations
from app.measurement.targets import api as targets
from app.networks import api as networks
from app.notices import api as notices
from app.operations import api as operations
from app.policies import api as policies
from app.policies.attestations import api as attestations
from app.programme.budgets import api as budgets
from app.programme.curriculum import api as curriculum
from app.programme.strategy import api as strategy
from app.programme.training import api as training
from app.programme.vendors import api as vendors
from app.reports import api as reports
from app.research import api as research
from app.roles import api as roles
from app.scim import api as scim
from app.webhooks import api as webhooks

AUTHZEN = (evaluations.router, forwarding.router, searches.router, decision_point.router)
ROUTERS: tuple[APIRouter, ...] = (
    me.router,
    requests.router,
    approvals.router,
    grants.router,
    campaigns.router,
    clearances.router,
    passports.router,
    notices.router,
    recertification.router,
    reviews.router,
    retirements.router,
    accounts.router,
    registrations.router,
    decommissioning.router,
    discoveries.router,
    found.router,
    networks.router,
    *AUTHZEN,
    explaining.router,
    access_requests.router,
    freezes.router,
    *vendors.routers,
    webhooks.router,
    switching.router,
    roles.router,
    groups.router,
    policies.router,
    policies.combined,
    attestations.router,
    impact.router,
    training.router,
    completions.router,
    curriculum.router,
    learning.router,
    liaisons.router,
    strategy.router,
    budgets.router,
    *research.routers,
    maturity.router,
    kpis.router,
    observations.router,
    observation_files.router,
    targets.router,
    comparing.router,
    reports.router,
    directory.router,
    lifecycle.router,
    erasure.router,
    feeds.router,
    *imports.routers,
    scim.router,
    audit.router,
    checkpoints.router,
    *identity.routers,
    operations.router,
)
DECISIONS = (*AUTHZEN, operations.router)
"""What a process that only decides answers: a busy neighbour in the same process would cost it most of its speed."""
SERVED: Mapping[str, tuple[APIRouter, ...]] = {
    "all": (*ROUTERS, docs.router, *console.routers),
    "api": (*(router for router in ROUTERS if router not in AUTHZEN), docs.router, *console.routers),
    "decisions": DECISIONS,
}


def is_upload(method: str, path: str) -> bool:
    """Does this request bring a file, which is not held in memory?"""
    return any(one.is_upload(method, path) for one in (imports, completions, observation_files, found))
