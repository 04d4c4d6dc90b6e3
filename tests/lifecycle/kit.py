"""What tests of people's coming and going have in common: HR says something, and what became of a grant is asked."""

from app.directory import store as directory
from app.lifecycle import service as lifecycle


def person(work, team, who):
    return directory.employee(work.session, team.ids[who])


def amend(team, who, **values):
    with team.work() as work:
        if "department" in values:
            values["business_unit_id"] = lifecycle.department(work, values.pop("department"))
        return lifecycle.amend(work, person(work, team, who), values)


def restate(team, who, *, active=True, **values):
    with team.work() as work:
        return lifecycle.restate(work, person(work, team, who), values, active=active, reason="HR's feed says so")


def settle(team):
    with team.work() as work:
        return lifecycle.settle(work)


def granted(team, account, who="asker", right="publish", approvers=("liaison", "hub")):
    asked = team.ask(who, account, [right])
    for approver in approvers:
        asked = team.decide(approver, asked)
    return asked["grants"][0]


def grant(team, made, **params):
    """A grant as a strategist reads it."""
    return team.get(f"/v1/grants/{made['id']}", "boss", params=params)


def as_of(team, made, at):
    """The state of a grant at an instant of the past; None where it was not in force."""
    params = {"as_of": at.isoformat().replace("+00:00", "Z"), "account_id": made["account_id"]}
    found = {one["id"]: one["state"] for one in team.get("/v1/grants", "boss", params=params)["items"]}
    return found.get(made["id"])


def actions(team, after=0):
    """What the log tells since a sequence number, the oldest first."""
    return [one["action"] for one in reversed(team.events()) if one["seq"] > after]


def zoned(team, unit, timezone):
    team.want(200, "PATCH", f"/v1/business-units/{unit}", "boss", {"timezone": timezone})
