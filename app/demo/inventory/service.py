"""Putting the accounts into the register: the inventory of the first day, and what is known of them today."""

from datetime import datetime

from app.accounts import service as accounts
from app.accounts import store as account_store
from app.accounts.rules import AccountState
from app.audit import service as audit
from app.demo.rules import FOUNDED
from app.demo.stage.service import DAY, HOUR, Founding
from app.demo.strategy.rules import SERVED
from app.kernel.work import Work
from app.networks import rules as network_rules
from app.networks import store as networks

from .rules import Entry, inventory


def take_inventory(one: Founding) -> None:
    """The inventory as it was on the first day."""
    with one.operating(FOUNDED * DAY - 7 * HOUR) as work:
        known = {network.key: network for network in networks.networks(work.session)}
        for entry in inventory():
            named = network_rules.canonical(known[entry.network], entry.handle, others=known.values())
            _register(one, work, entry, named)


def _register(one: Founding, work: Work, entry: Entry, named: network_rules.Handle) -> None:
    alike = account_store.look_alike(work.session, entry.network, named.skeleton, named.canonical)
    opened = one.now - entry.opened * DAY
    values = {
        "network": entry.network, "handle": named.canonical, "handle_written": named.written, "url": named.url,
        "skeleton": named.skeleton, "display_name": entry.name, "business_unit_id": one.units[entry.unit],
        "steward_id": one.people[entry.steward],
        "backup_steward_id": one.people[entry.backup] if entry.backup else None,
        "purpose": entry.purpose, "audience": entry.audience, "language": entry.language, "region": entry.unit,
        "risk": entry.risk, "objective": SERVED.get(entry.unit),
        "posting_capacity": entry.capacity, "mfa": True, "state": AccountState.ACTIVE,
        "vault_reference": f"vault:social/{entry.network}/{named.canonical}", "opened_on": opened.date(),
        "official_from": opened, "source": "inventory", "look_alike_of": alike, **_seen(one, entry, work.now),
    }  # fmt: skip
    made = account_store.add(work.session, work.now, values)
    audit.record(work, "account.imported", ("account", made.id), after=accounts.told(made))
    one.accounts[entry.key] = made.id


def _seen(one: Founding, entry: Entry, at: datetime) -> dict[str, datetime]:
    """What an inventory taken at this instant could know of activity and validation."""
    told = {"last_activity_at": one.now - entry.quiet * DAY, "last_validated_at": one.now - entry.validated * DAY}
    return {name: then for name, then in told.items() if then <= at}


def update_inventory(one: Founding) -> None:
    """The same inventory this morning: what was used and looked at since."""
    with one.operating(5 * HOUR) as work:
        known = account_store.accounts(work.session, one.accounts.values())
        for entry in inventory():
            account = known[one.accounts[entry.key]]
            accounts.change(work, account, _seen(one, entry, work.now), "account.updated")
