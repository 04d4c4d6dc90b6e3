"""Planning the campaign, and getting the first of its people ready before it begins."""

from app.demo.stage.service import DAY, HOUR, Founding
from app.governance.campaigns import service as campaigns
from app.governance.requests import service as requests
from app.governance.steps.rules import Verdict

from . import rules

_BEGINS, _LASTS = 2 * DAY, 42 * DAY


def prepare(one: Founding) -> None:
    """Planned a day before it began two days ago; what its first member asked for was decided in between."""
    begins = one.now - _BEGINS
    lists = {
        "account_ids": frozenset(one.accounts[key] for key in rules.ACCOUNTS),
        "members": {one.people[who]: rights for who, rights in rules.MEMBERS.items()},
    }
    with one.acting("campaign", _BEGINS + 24 * HOUR) as work:
        dates = {"starts_at": begins, "ends_at": begins + _LASTS}
        made = campaigns.create(work, {**rules.PLANNED, **dates, **lists}).campaign
    with one.acting(rules.READY, _BEGINS + 23.75 * HOUR) as work:
        answers = campaigns.ask(work, rules.KEY, None)
    asked = [each.request.id for answer in answers for each in answer.requests]
    for n, who in enumerate(rules.DECIDERS):
        with one.acting(who, _BEGINS + (23.5 - n / 4) * HOUR) as work:
            for id_ in asked:
                requests.decide(work, id_, Verdict.APPROVE, rules.SAID[n])
    one.examples |= {
        "campaign_id": str(made.id),
        "create_campaign.manager_id": str(one.people["campaign"]),
        "ask_for_campaign.beneficiary_id": str(one.people["employee"]),
    }
