"""What may be asked at all: every reason for which a rights request is refused when it is made."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.accounts.rules import OPEN_FOR_RIGHTS, Account
from app.directory.rules import Employee
from app.governance.grants.rules import Grant, most_days
from app.governance.models.rules import COVERS, Model, Right
from app.governance.reasons.rules import Reason, ReasonCode
from app.governance.routing.rules import Request
from app.kernel.errors import Conflict
from app.policies.rules import Limits


class AlreadyRequested(Conflict):
    """The same right is on its way for the same person."""

    code = "already_requested"


class OfACampaign(Conflict):
    """What was asked for a campaign may be made less; anything else is asked through the campaign."""

    code = "request_of_a_campaign"


MOST_OPEN = 100
"""So many requests of one person may wait at a time: nobody has more to ask for, and somebody has to read them."""


class TooManyOpen(Conflict):
    """Whoever asks has asked for as much as may wait at a time; withdraw some, or wait until they are decided."""

    code = "too_many_open_requests"


def check_room(waiting: int) -> None:
    """May somebody of whom so many requests wait make another? Raises ``TooManyOpen``."""
    if waiting >= MOST_OPEN:
        raise TooManyOpen(
            f"{waiting} of your requests wait for a decision; at most {MOST_OPEN} may. Withdraw some, or wait."
        )


def check_of_campaign(request: Request, rights: Collection[Right], until: datetime | None) -> None:
    """May this be asked instead, if it was asked for a campaign? Its rights are those of the campaign, and end with it.

    Raises ``OfACampaign``.
    """
    if request.campaign_id is not None and (until != request.until or not set(rights) <= set(request.rights)):
        raise OfACampaign(
            "It was asked for a campaign: rights may be left out, no more. Withdraw it and ask anew with "
            f"POST /v1/campaigns/{request.campaign_id}/requests."
        )


def taken_away(one: Grant, rights: Sequence[Right], at: datetime) -> bool:
    """Did somebody else take away what is asked, or what would come with it; or is it for a review to say?"""
    taken = one.taken_by_another or one.unanswered(at)
    return taken and any(one.right in COVERS[asked] or asked in COVERS[one.right] for asked in rights)


def notes(model: Model, unit: str, liaisons: int) -> tuple[str, ...]:
    """What is not as the model has it in the account's unit (by name), which so many liaisons cover."""
    by = model.short_of_liaisons
    if by is None or liaisons >= 2:
        return ()
    return (f"{unit} has fewer than two liaisons ({liaisons}): under {model.key} this is routed as {by} until it has.",)


@dataclass(frozen=True, slots=True)
class Asking:
    """All that the answer depends on."""

    rights: tuple[Right, ...]
    until: datetime | None
    for_self: bool
    liaison_of_beneficiary: bool
    beneficiary: Employee
    beneficiary_in_coe: bool
    account: Account
    model: Model
    limits: Limits
    other_publishers: int
    suspended: tuple[Right, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why it is refused, if it is; and what is said of it without refusing it."""

    refusals: tuple[Reason, ...]
    advice: tuple[Reason, ...]


def judge(asking: Asking, at: datetime) -> Verdict:
    """Every reason against it. What an advisory model's policies say is advice."""
    binding = [*_people(asking, at), *_account(asking), *_until(asking, at)]
    policy = _policy(asking)
    if asking.model.advisory:
        return Verdict(tuple(binding), tuple(policy))
    return Verdict((*binding, *policy), ())


def _people(asking: Asking, at: datetime) -> list[Reason]:
    found = []
    if not asking.beneficiary.employed(at):
        gone = f"{asking.beneficiary.display_name} is not an active employee."
        found.append(Reason(ReasonCode.SUBJECT_INACTIVE, gone))
    if not asking.for_self and not (asking.model.for_people_of_subtree and asking.liaison_of_beneficiary):
        who = (
            "a liaison of their unit asks for them"
            if asking.model.for_people_of_subtree
            else "each asks for themselves"
        )
        found.append(Reason(ReasonCode.NOT_FOR_OTHERS, f"Under {asking.model.key} {who}."))
    return found


def _account(asking: Asking) -> list[Reason]:
    found = []
    if asking.account.state not in OPEN_FOR_RIGHTS:
        found.append(Reason(ReasonCode.ACCOUNT_NOT_ACTIVE, f"The account is {asking.account.state.replace('_', ' ')}."))
    above = [right for right in asking.rights if right not in asking.model.ceiling]
    if above and not asking.beneficiary_in_coe:
        message = f"Under {asking.model.key} only members of the Center of Excellence may {_list(above)}."
        found.append(Reason(ReasonCode.ABOVE_MODEL_CEILING, message))
    if asking.suspended:
        found.append(
            Reason(ReasonCode.GRANT_SUSPENDED, f"The right to {_list(asking.suspended)} is held and suspended.")
        )
    return found


def _until(asking: Asking, at: datetime) -> list[Reason]:
    if asking.until is None:
        return []
    if asking.until <= at:
        return [Reason(ReasonCode.UNTIL_IN_THE_PAST, "The right would have ended before it began.")]
    days = most_days(asking.model, asking.limits)
    latest = at + timedelta(days=days)
    if asking.until <= latest:
        return []
    policy = asking.limits.source.get("max_grant_days") if days < asking.model.most_days else None
    message = f"The most allowed here is {days} days, until {latest:%Y-%m-%dT%H:%M:%SZ}."
    return [Reason(ReasonCode.UNTIL_TOO_LATE, message, policy)]


def _policy(asking: Asking) -> list[Reason]:
    found, limits = [], asking.limits
    types, networks, most = limits["employment_types"], limits["allowed_networks"], limits["max_publishers_per_account"]
    if types is not None and asking.beneficiary.employment_type not in types:
        message = (
            f"Policy lets {_list(types) or 'nobody'} hold rights; this is {_a(asking.beneficiary.employment_type)}."
        )
        found.append(Reason(ReasonCode.EMPLOYMENT_TYPE_EXCLUDED, message, limits.source["employment_types"]))
    if networks is not None and asking.account.network not in networks:
        message = f"Policy allows {_list(networks) or 'no network'}; not {asking.account.network}."
        found.append(Reason(ReasonCode.NETWORK_NOT_ALLOWED, message, limits.source["allowed_networks"]))
    if most is not None and Right.PUBLISH in asking.rights and asking.other_publishers >= most:
        message = f"{most} people may publish on this account, and as many do."
        found.append(Reason(ReasonCode.PUBLISHERS_FULL, message, limits.source["max_publishers_per_account"]))
    return found


def _list(words: Sequence[str]) -> str:
    return " or ".join(str(word) for word in words)


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
