"""What tests of reviews have in common: opening one, answering its items, asking where things stand."""

from datetime import timedelta

from app.governance.reviews import service as reviews
from tests.kit import START
from tests.lifecycle.kit import actions, granted

MOMENT = timedelta(microseconds=1)
DUE, ENDS = START + timedelta(days=14), START + timedelta(days=21)
WHY = {"reason": "As agreed."}


def opened(team, who="boss", kinds=("grants",), status=201, title="Autumn", **body):
    return team.post("/v1/reviews", who, {"title": title, "kinds": list(kinds), **body}, status)


def items(team, review, who="boss", status=200, **params):
    answer = team.get(f"/v1/reviews/{review['id']}/items", who, status, params={"limit": 200, **params})
    return answer["items"] if status == 200 else answer


def item(team, review, who="boss", **params):
    (one,) = items(team, review, who, **params)
    return one


def path(one):
    return f"/v1/reviews/{one['review_id']}/items/{one['id']}"


def answer(team, one, who="liaison", decision="keep", status=200, **more):
    return team.post(f"{path(one)}/decisions", who, {"decision": decision, **more}, status)


def reassigned(team, one, to, who="boss", status=200):
    return team.post(f"{path(one)}/reassign", who, {"reviewer_id": str(team.ids[to]), **WHY}, status)


def progress(team, review, who="boss"):
    """Only what is not nothing."""
    told = team.get(f"/v1/reviews/{review['id']}", who)["progress"]
    return {name: n for name, n in told.items() if n and name != "by_kind"}


def names(team, one):
    """Who may answer, by the names of the tests; a deputy behind the one they would sit for."""
    known = {str(id_): number for number, id_ in team.ids.items()}
    return [
        known[seat["employee_id"]] + (f"/{known[seat['deputy_id']]}" if seat["deputy_id"] else "")
        for seat in one["eligible"]
    ]


def done(team):
    """What was done, the last last; without the tokens that the tests themselves ask for."""
    return [one for one in actions(team) if one != "token.issued"]


def sweep(team, limit=100):
    with team.work() as work:
        return reviews.sweep(work, limit)


def held(team, handle="acme", who="asker", right="publish", unit="sales", **account):
    """A right of somebody on an account of its own, approved by a liaison and the hub."""
    approvers = ("liaison" if unit == "sales" else "otherliaison",)
    if unit == "logistics":
        return granted(team, team.account(handle, unit, **account), who, right, (*approvers, "liaison", "hub"))
    return granted(team, team.account(handle, unit, **account), who, right, (*approvers, "hub"))
