"""What must come out of every call, worked out from the table that the service serves and what the domain adds to it."""

from enum import StrEnum

from tests.matrix import BEYOND, CLIENTS, NOBODY, PEOPLE

PINNED = """
account:decide        employee eligible
account:decommission  employee own, strategist anywhere, community_manager in_scope
account:manage        employee own, strategist anywhere, community_manager in_scope, bu_liaison in_scope
account:propose       employee anywhere
account:read          employee anywhere, client registry:read
account:record_activity employee own, strategist anywhere, community_manager in_scope, bu_liaison in_scope, \
social_analyst in_scope, client activity
account:stop          strategist anywhere, community_manager in_scope
account:update        employee own, strategist anywhere, community_manager in_scope, bu_liaison in_scope, client registry:write
appointment:create    strategist anywhere
appointment:end       strategist anywhere
appointment:read      employee anywhere
approval:read         employee own
attestation:create    employee own
attestation:read      employee own, strategist anywhere, content_strategist anywhere, community_manager in_scope, \
bu_liaison in_scope, auditor anywhere
audit:read            strategist anywhere, auditor anywhere, client audit:read
budget:read           strategist anywhere, content_strategist anywhere, bu_liaison in_scope, social_analyst in_scope, \
auditor anywhere
budget:record         strategist anywhere, bu_liaison in_scope, social_analyst in_scope
budget:write          strategist anywhere
business_unit:read    employee anywhere, client registry:read
business_unit:write   strategist anywhere, admin anywhere
campaign:manage       strategist anywhere, community_manager in_scope, bu_liaison in_scope, campaign_manager in_scope
campaign:read         employee anywhere, client registry:read
clearance:decide      strategist anywhere, content_strategist anywhere
clearance:read        employee own, strategist anywhere, content_strategist anywhere, community_manager in_scope, \
bu_liaison in_scope, auditor anywhere, client decisions
clearance:redeem      client decisions
clearance:submit      employee anywhere
completion:read       employee own, strategist anywhere, content_strategist anywhere, community_manager in_scope, \
bu_liaison in_scope, auditor anywhere, client lms
completion:write      strategist anywhere, client lms
course:read           employee anywhere, client lms, client registry:read
course:write          strategist anywhere, content_strategist anywhere
decision:evaluate     employee own, strategist anywhere, content_strategist anywhere, community_manager anywhere, \
bu_liaison anywhere, campaign_manager anywhere, social_analyst anywhere, developer anywhere, auditor anywhere, client decisions
directory:import      admin anywhere, client hr
directory:read_changes strategist anywhere, auditor anywhere, admin anywhere, client hr
directory:read_orphans strategist anywhere, community_manager in_scope, bu_liaison in_scope, auditor anywhere
directory:sync        client hr
discovery:read        strategist anywhere, content_strategist anywhere, community_manager in_scope, bu_liaison in_scope, \
social_analyst anywhere, auditor anywhere
discovery:record      strategist anywhere, community_manager anywhere, social_analyst anywhere, client registry:write
discovery:resolve     strategist anywhere, community_manager in_scope
employee:erase        admin anywhere
employee:read         employee anywhere
employee:read_details employee own, strategist anywhere, content_strategist anywhere, community_manager in_scope, \
bu_liaison in_scope, auditor anywhere, admin anywhere
freeze:lift           strategist anywhere, community_manager in_scope, bu_liaison in_scope
freeze:read           employee anywhere, client registry:read
freeze:set            strategist anywhere, community_manager in_scope, bu_liaison in_scope
governance:read       employee anywhere, client registry:read
governance:switch     strategist anywhere
grant:passport        employee own
grant:read            employee own, strategist anywhere, content_strategist anywhere, community_manager in_scope, \
bu_liaison in_scope, auditor anywhere
grant:renew           employee own
grant:revoke          employee own, strategist anywhere, community_manager in_scope, bu_liaison in_scope
grant:suspend         strategist anywhere, community_manager in_scope, bu_liaison in_scope
group:map             strategist anywhere
group:read            strategist anywhere, auditor anywhere
kpi:read              employee anywhere, client activity, client registry:read
kpi:write             strategist anywhere, content_strategist anywhere
legal_hold:read       strategist anywhere, auditor anywhere, admin anywhere
legal_hold:set        strategist anywhere
maturity:declare      strategist anywhere, bu_liaison in_scope
maturity:read         strategist anywhere, content_strategist anywhere, community_manager in_scope, bu_liaison in_scope, \
social_analyst anywhere, auditor anywhere
me:read               employee own
me:update             employee own
network:read          employee anywhere, client registry:read
network:write         strategist anywhere, developer anywhere
observation:read      employee own, strategist anywhere, content_strategist anywhere, community_manager in_scope, \
bu_liaison in_scope, social_analyst anywhere, auditor anywhere
observation:write     strategist anywhere, bu_liaison in_scope, social_analyst in_scope, client activity
passport:read_revocations strategist anywhere, content_strategist anywhere, community_manager anywhere, \
bu_liaison anywhere, campaign_manager anywhere, social_analyst anywhere, developer anywhere, auditor anywhere, client decisions
permission:read       employee anywhere, client registry:read
policy:draft          strategist anywhere, content_strategist anywhere
policy:publish        strategist anywhere
policy:read           employee anywhere, client registry:read
report:read           strategist anywhere, content_strategist anywhere, community_manager in_scope, bu_liaison in_scope, \
social_analyst anywhere, auditor anywhere
research:cite         strategist anywhere, content_strategist anywhere, community_manager anywhere, bu_liaison anywhere, \
developer anywhere
research:read         employee anywhere, client registry:read
research:write        strategist anywhere, content_strategist anywhere
retirement:answer     employee own
retirement:manage     strategist anywhere, community_manager in_scope
retirement:read       employee anywhere, client registry:read
review:create         strategist anywhere, community_manager in_scope
review:decide         employee eligible
review:manage         strategist anywhere, community_manager in_scope
review:read           employee own, strategist anywhere, content_strategist anywhere, community_manager in_scope, \
auditor anywhere
rights_request:create employee own, bu_liaison in_scope
rights_request:decide employee eligible
rights_request:read   employee own, strategist anywhere, content_strategist anywhere, community_manager in_scope, \
bu_liaison in_scope, auditor anywhere
rights_request:update employee own
strategy:approve      strategist anywhere
strategy:draft        strategist anywhere, content_strategist anywhere, bu_liaison in_scope
strategy:read         employee anywhere, client registry:read
target:read           employee own, strategist anywhere, content_strategist anywhere, community_manager in_scope, \
bu_liaison in_scope, social_analyst anywhere, auditor anywhere
target:write          strategist anywhere, bu_liaison in_scope
tool:read             employee anywhere, client registry:read
tool:write            strategist anywhere, developer anywhere
vendor:approve        strategist anywhere
vendor:read           employee anywhere, client registry:read
vendor:write          strategist anywhere, developer anywhere
webhook:manage        strategist anywhere, community_manager in_scope, bu_liaison in_scope, developer anywhere, client events
"""
"""From domain.md: the roles (1), who decides and revokes (3, 4), who sees what (9), the scopes of service clients (api.md)."""
DEPUTIES = frozenset({"rights_request:read"})
"""What a deputy has of the role they stand in for, beside its seat: sight of what they may decide (domain.md 9)."""
READ_EVERYTHING = frozenset({"auditor"})


class Outcome(StrEnum):
    ALLOWED = "allowed"
    UNKNOWN = "401"
    REFUSED = "403"
    HIDDEN = "404"


def reaches(table, caller, permission):
    """How far this caller's permission carries, in each way in which they have it."""
    row = table[permission]
    if caller.client:
        return ["anywhere"] if caller.client in row["client"] else []
    holds = caller.role if caller.role and (not caller.deputy or permission in DEPUTIES) else None
    return [row[name] for name in ("employee", holds) if name in row]


def may(table, caller, permission, where, thing, place):
    """Does it carry to this thing, at this place?"""
    for reach in reaches(table, caller, permission):
        if reach == "anywhere" or (reach == "own" and (thing is None or where == "mine")):
            return True
        if reach == "in_scope" and (thing is None or caller.covers(place)):  # a list is cut to the scope
            return True
        if reach == "eligible" and thing is not None and eligible(caller, where, thing):
            return True
    return False


def eligible(caller, where, thing):
    """Does its open step wait for this caller? Nobody decides about their own."""
    return where != "mine" and caller.role == thing.step and caller.covers(thing.at)


def sees(table, caller, permission, where, thing):
    if permission == "draft":  # of a policy: those who write policies, and who reads everything
        return bool(reaches(table, caller, "policy:draft")) or caller.role in READ_EVERYTHING
    if permission == "strategy:draft" and caller.role in READ_EVERYTHING:
        return True
    if permission == "webhook:manage" and caller.client:  # a client has its own, and those here are people's
        return False
    return any(may(table, caller, permission, where, thing, place) for place in thing.seen_from) or (
        permission in ("review:read", "rights_request:read") and eligible(caller, where, thing)
    )


def expected(table, operation, caller, where, thing):
    if caller is NOBODY:
        return Outcome.UNKNOWN
    if not reaches(table, caller, operation.lock):
        return Outcome.REFUSED
    if operation.hides and not sees(table, caller, operation.hides, where, thing):
        return Outcome.HIDDEN
    if operation.aside:
        thing = None
    if caller.role in operation.without:
        return Outcome.REFUSED
    if operation.hides == operation.lock:
        return Outcome.ALLOWED  # to see it is all that was asked
    if (operation.but and where == operation.but) or operation.only not in (None, where):
        return Outcome.REFUSED
    ways = [(operation.lock, thing.at if thing else None)]
    ways += [
        (needed, place) for needed in operation.needs for place in (thing.at, *([BEYOND] if operation.beyond else []))
    ]
    return (
        Outcome.ALLOWED if all(may(table, caller, one, where, thing, place) for one, place in ways) else Outcome.REFUSED
    )


def cells(org, table, operation):
    """Everybody, with each thing there is for them: here, away, of our person elsewhere, and their own.

    Whom the door itself turns away is tried once: behind it nobody has looked at the thing yet. What is open to every
    employee is not tried with things of their own.
    """
    open_to_all = table[operation.lock].get("employee") == "anywhere" and not operation.only
    inside = ("here", "away") if open_to_all else ("here", "away", "abroad", "mine")
    for caller in (NOBODY, *PEOPLE, *(() if operation.cookie else CLIENTS)):
        turned_away = caller is NOBODY or caller.client or not reaches(table, caller, operation.lock)
        for where in ("here",) if turned_away else inside:
            thing = org.thing(operation.thing, where, caller) if operation.thing else None
            if thing:
                yield caller, where, thing
        if operation.thing is None:
            yield caller, None, None
