"""Who may register an account, and what policy says of it."""

from dataclasses import dataclass

from app.governance.models.rules import Model, Proposer
from app.governance.reasons.rules import Reason, ReasonCode
from app.policies.rules import Limits

_WHO = {
    Proposer.ANYONE: "any employee",
    Proposer.LIAISON: "a liaison of the unit",
    Proposer.COE: "a member of the Center of Excellence",
}


@dataclass(frozen=True, slots=True)
class Proposing:
    """All that the answer depends on."""

    model: Model
    limits: Limits
    network: str
    liaison_of_unit: bool
    coe_member: bool
    custodians: int = 2


def judge(proposing: Proposing) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """(refusals, advice): who the model lets propose, and the networks that policy allows."""
    model, limits = proposing.model, proposing.limits
    refusals, policy = [], []
    may = {
        Proposer.ANYONE: True,
        Proposer.LIAISON: proposing.liaison_of_unit or proposing.coe_member,
        Proposer.COE: proposing.coe_member,
    }
    if not may[model.proposer]:
        refusals.append(
            Reason(ReasonCode.NOT_THE_PROPOSER, f"Under {model.key} {_WHO[model.proposer]} registers accounts.")
        )
    allowed = limits["allowed_networks"]
    if allowed is not None and proposing.network not in allowed:
        message = f"Policy allows {' or '.join(allowed) or 'no network'}; not {proposing.network}."
        policy.append(Reason(ReasonCode.NETWORK_NOT_ALLOWED, message, limits.source["allowed_networks"]))
    if limits["two_custodians"] and proposing.custodians < 2:
        message = "Policy wants a steward and a backup steward for every account."
        policy.append(Reason(ReasonCode.CUSTODIANS_MISSING, message, limits.source["two_custodians"]))
    if model.advisory:
        return tuple(refusals), tuple(policy)
    return (*refusals, *policy), ()
