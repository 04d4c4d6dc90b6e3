"""Asking which accounts are still needed."""

from app.demo.stage.service import Founding
from app.governance.retirements import service as retirements
from app.governance.retirements import store

from . import rules


def ask(one: Founding) -> None:
    """A campaign with answers of two custodians; others have still to answer, and the hub to decide."""
    with one.acting("hub", rules.OPENED) as work:
        made, _ = retirements.create(work, rules.CAMPAIGN)
        items = {item.account_id: item.id for item in store.items(work.session, made.id)}
    item_of = {account: items[id_] for account, id_ in one.accounts.items() if id_ in items}
    for said in rules.ANSWERS:
        with one.acting(said.who, said.ago) as work:
            retirements.answer(work, made.id, item_of[said.account], said.word, said.why)
    one.examples |= {
        "retirement_id": str(made.id),
        "get_retirement_item.item_id": str(item_of[rules.KEPT.account]),
        "answer_retirement.item_id": str(item_of[rules.WAITING]),
        "decide_retirement.item_id": str(item_of[rules.AGREED.account]),
    }
