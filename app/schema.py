"""Every table there is. Whoever writes to some and serves nothing needs these, and no routes: those take longer to load."""

from app.accounts import tables as _accounts
from app.audit import tables as _audit
from app.audit.checkpoints import tables as _checkpoints
from app.authzen.requests import tables as _access_requests
from app.clients import tables as _clients
from app.console.sessions import tables as _console
from app.directory import tables as _directory
from app.directory.erasures import tables as _erasures
from app.discoveries import tables as _discoveries
from app.erasure import tables as _erasure
from app.governance.campaigns import tables as _campaigns
from app.governance.clearances import tables as _clearances
from app.governance.decommissioning import tables as _decommissioning
from app.governance.freezes import tables as _freezes
from app.governance.grants import tables as _grants
from app.governance.models import tables as _models
from app.governance.retirements import tables as _retirements
from app.governance.reviews import tables as _reviews
from app.governance.routing import tables as _routing
from app.groups import tables as _groups
from app.identity.login import tables as _login
from app.identity.oauth import tables as _oauth
from app.imports.runs import tables as _imports
from app.kernel import replies as _replies
from app.kernel.database import Base
from app.maturity import tables as _maturity
from app.measurement.kpis import tables as _kpis
from app.measurement.observations import tables as _observations
from app.measurement.targets import tables as _targets
from app.networks import tables as _networks
from app.notices import tables as _notices
from app.policies import tables as _policies
from app.policies.attestations import tables as _attestations
from app.programme.budgets import tables as _budgets
from app.programme.curriculum import tables as _curriculum
from app.programme.strategy import tables as _strategy
from app.programme.training import tables as _training
from app.programme.vendors import tables as _vendors
from app.research import tables as _research
from app.roles import tables as _roles
from app.tools import tables as _tools
from app.webhooks import tables as _webhooks

METADATA = Base.metadata
TABLES = (
    _access_requests, _accounts, _attestations, _audit, _budgets, _campaigns, _checkpoints, _clearances, _clients,
    _console, _curriculum, _decommissioning, _directory, _discoveries, _erasure, _erasures, _freezes, _grants,
    _groups, _imports, _kpis, _login, _maturity, _models, _networks, _notices, _oauth, _observations, _policies, _replies,
    _research, _retirements, _reviews, _roles, _routing, _strategy, _targets, _tools, _training, _vendors, _webhooks,
)  # fmt: skip
"""Every module that adds tables to the metadata, so that migrations see them all."""
