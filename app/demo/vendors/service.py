"""Selecting vendors at the demo enterprise: one tool is approved, one waits; what was found out, and what cites it."""

from datetime import timedelta

from app.accounts import service as accounts
from app.accounts import store as account_store
from app.demo.charter.rules import POLICIES
from app.demo.inventory.rules import inventory
from app.demo.rules import FOUNDED
from app.demo.stage.service import DAY, HOUR, Founding
from app.policies import service as policies
from app.programme.vendors import service as vendors
from app.programme.vendors.rules import Verdict
from app.research import service as research
from app.research.rules import Subject, SubjectKind

from . import rules

_MINUTE = timedelta(minutes=1)


def select(one: Founding) -> None:
    """The developer says who sells what, and the strategist approves the tool of the centre."""
    with one.acting("developer", FOUNDED * DAY - 6 * HOUR - 5 * _MINUTE) as work:
        for key, name, url, days in rules.VENDORS:
            ends = (one.now + days * DAY).date() if days is not None else None
            said = {"url": url, "contact": None, "note": None, "contract_ends_on": ends}
            vendors.register_vendor(work, {"key": key, "name": name, **said})
        for key, told in rules.TOOLS.items():
            vendors.describe(work, key, told)
        made = vendors.propose(work, "postwell", rules.CHOSEN, one.now + 400 * DAY)
    with one.acting("strategist", FOUNDED * DAY - 6 * HOUR - 6 * _MINUTE) as work:
        vendors.decide(work, made.id, Verdict.APPROVE, None)
    one.examples |= {"vendor_id": rules.VENDORS[0][0], "assessment_id": str(made.id), "cite_finding.id": str(made.id)}


def use_tools(one: Founding) -> None:
    """Which accounts use which tools, as the inventory of the first day has it."""
    with one.operating(FOUNDED * DAY - 7 * HOUR - 5 * _MINUTE) as work:
        known = account_store.accounts(work.session, one.accounts.values())
        for entry in inventory():
            if entry.unit in rules.USED:
                accounts.use_tools(work, known[one.accounts[entry.key]], [rules.USED[entry.unit]])


def lately(one: Founding) -> None:
    """The other tool waits for a decision; a finding was published, and the policy of the enterprise rests on it."""
    with one.acting("developer", 3 * HOUR - 2 * _MINUTE) as work:
        waits = vendors.propose(work, "iberia-studio", rules.WAITING, one.now + 365 * DAY)
    with one.acting("content", 3 * HOUR - 3 * _MINUTE) as work:
        found = research.publish(work, rules.FINDING, ["customer-care"], ["x"], ["customer_support"])
        rests = policies.version(work, POLICIES[0].key, 1)
        research.cite(work, found.id, Subject(SubjectKind.POLICY_VERSION, rests.id), rules.CITED)
    one.examples |= {"decide_assessment.assessment_id": str(waits.id), "finding_id": str(found.id)}
