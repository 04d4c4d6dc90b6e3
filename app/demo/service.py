"""Founding the demo enterprise.

Every fact goes through the services that everybody uses, dated when it is said to have happened, so that the audit log
tells of it in order.
"""

from collections.abc import Callable

from app.demo.campaigns import service as campaigns
from app.demo.charter import service as charter
from app.demo.company import rules as people
from app.demo.company import service as company
from app.demo.figures import service as figures
from app.demo.inventory import service as inventory
from app.demo.posts import service as posts
from app.demo.retirement import service as retirement
from app.demo.sightings import service as sightings
from app.demo.stage.service import Founding
from app.demo.story import service as story
from app.demo.strategy import service as strategy
from app.demo.training import service as training
from app.demo.vendors import service as vendors
from app.kernel.access import House

from . import rules
from .rules import Demo

_STEPS = (
    company.found_company,
    company.employ,
    company.appoint,
    company.send_groups,
    company.set_passwords,
    charter.choose_models,
    charter.write_policies,
    charter.register_tools,
    charter.register_webhook,
    vendors.select,
    training.hold_courses,
    training.record_completions,
    strategy.plan,
    figures.define_kpis,
    inventory.take_inventory,
    vendors.use_tools,
    strategy.account_for,
    story.early_rounds,
    story.last_round,
    story.lately,
    campaigns.prepare,
    retirement.ask,
    story.today,
    inventory.update_inventory,
    figures.record_figures,
    figures.aim,
    posts.submit_posts,
    sightings.see,
    charter.draft_policy,
    strategy.lately,
    vendors.lately,
)
"""In the order in which it happened."""


def seed(parts: House, progress: Callable[[int, int], None]) -> Demo:
    """Put the demo enterprise into a migrated, empty database. ``progress`` is told steps done, and of how many.

    Raises ``KeyTaken`` or ``EmployeeExists`` where the database is not empty.
    """
    one = Founding(parts, parts.clock())
    for n, step in enumerate(_STEPS):
        progress(n, len(_STEPS))
        step(one)
    progress(len(_STEPS), len(_STEPS))
    examples = {
        **rules.EXAMPLES,
        **one.examples,
        "business_unit_id": str(one.units["nordics"]),
        "close_unit.business_unit_id": str(one.units["pop-up-stores"]),
        "merge_unit.into_id": str(one.units["europe"]),
    }
    logins = {key: (f"{key}@{people.DOMAIN}", name) for key, name in people.PERSONAS.items()}
    return Demo(rules.COMPANY, logins, rules.PASSWORD, examples)
