"""How the demo enterprise is governed: the models it chose, its policies, its publishing tools."""

from secrets import token_bytes
from typing import Any

from app.demo.rules import FOUNDED
from app.demo.stage.service import DAY, HOUR, Founding
from app.governance.models.rules import ModelKey
from app.governance.switching import service as switching
from app.governance.switching.service import Choice
from app.kernel.actor import ENTERPRISE, Scope, ScopeKind
from app.kernel.outbound import Outside
from app.policies import service as policies
from app.tools import service as tools
from app.webhooks import service as webhooks
from app.webhooks.rules import Sender, WebhookState

from . import rules


def choose_models(one: Founding) -> None:
    """Hub and spoke for the enterprise; Iberia is a dandelion."""
    why = "Each market runs its own accounts; the hub guides and approves."
    apart = "Iberia has a team, a strategy and two liaisons of its own."
    with one.acting("strategist", FOUNDED * DAY - 3 * HOUR) as work:
        switching.switch(work, Choice(ModelKey.HUB_AND_SPOKE, why))
        switching.switch(work, Choice(ModelKey.DANDELION, apart, one.units["iberia"]))


def write_policies(one: Founding) -> None:
    """Written by the content strategist, published by the strategist."""
    with one.acting("content", FOUNDED * DAY - 4 * HOUR) as work:
        for each in rules.POLICIES:
            scope = Scope(ScopeKind.BUSINESS_UNIT, one.units[each.unit]) if each.unit else ENTERPRISE
            policies.create(work, each.key, each.title, scope)
            policies.draft(work, each.key, _version(each.text, each.rules))
    with one.acting("strategist", FOUNDED * DAY - 5 * HOUR) as work:
        for each in rules.POLICIES:
            policies.publish(work, each.key, 1)


def _version(text: str, enforced: dict[str, Any]) -> dict[str, Any]:
    return {"text": text, "rules": enforced, "effective_from": None, "attestation_grace_days": 14}


def register_tools(one: Founding) -> None:
    """The publishing tools, by the developer."""
    with one.acting("developer", FOUNDED * DAY - 6 * HOUR) as work:
        for key, name, vendor, unit in rules.TOOLS:
            owner = one.units[unit] if unit else None
            tools.register(work, {"key": key, "name": name, "vendor": vendor, "business_unit_id": owner})


def register_webhook(one: Founding) -> None:
    """A webhook of the developer's that is told nothing yet: there is nobody at its address, and its secret is to be
    rotated before it is made active, since what founds the demo knows no key of the installation.
    """
    with one.acting("developer", FOUNDED * DAY - 6 * HOUR) as work:
        sender = Sender(Outside("https://coe.example.com"), token_bytes(32))
        made, _ = webhooks.create(work, sender, rules.WEBHOOK)
        webhooks.amend(work, sender, made.id, {"state": WebhookState.DISABLED})
        one.examples["webhook_id"] = str(made.id)


def draft_policy(one: Founding) -> None:
    """The next version of the policy, which waits for the strategist to publish it."""
    with one.acting("content", 3 * HOUR) as work:
        policies.draft(work, rules.POLICIES[0].key, _version(rules.NEXT_VERSION, rules.POLICIES[0].rules))
