"""Recording what was seen, and what the hub has said of some of it."""

from uuid import UUID

from app.demo.stage.service import Founding
from app.discoveries import service as discoveries
from app.discoveries.rules import Seen
from app.networks import rules as networks
from app.networks import store as network_store

from . import rules
from .rules import Sight


def see(one: Founding) -> None:
    """What was found on the networks, and what there is to try out with it."""
    made = {sight: _record(one, sight) for sight in rules.SIGHTS}
    with one.acting("hub", rules.SAID) as work:
        discoveries.ignore(work, made[rules.IGNORED], discoveries.Reason(rules.WHY_IGNORED))
        discoveries.dispute(work, made[rules.LOOK_ALIKE], discoveries.Reason(rules.WHY_DISPUTED))
    one.examples |= {
        "discovery_id": str(made[rules.OPEN]),
        "take_down_discovery.discovery_id": str(made[rules.LOOK_ALIKE]),
        "reopen_discovery.discovery_id": str(made[rules.IGNORED]),
    }


def _record(one: Founding, sight: Sight) -> UUID:
    key, _, handle = sight.account.partition(":")
    with one.acting("hub", rules.LOADED) as work:
        named = networks.canonical(network_store.network(work.session, key), handle)
        seen = Seen(
            key, named, rules.SOURCE, one.now - sight.ago, sight.active, sight.name, sight.followers,
            unit_id=one.units[sight.unit] if sight.unit else None,
        )  # fmt: skip
        return discoveries.report(work, seen).discovery.id
