"""Refused for everything at once, one does what the remedies say until it is permitted; and each again by itself."""

import hashlib
import re
from datetime import timedelta

import pytest

from app.clients import service as clients

POST = hashlib.sha256(b"Our new garden shears.").hexdigest()
WHY = {"reason": "As the remedy says."}


class Story:
    """An account whose policy asks everything, and somebody who wants to publish on it."""

    def __init__(self, team):
        self.team, self.account = team, team.account("acme")
        team.post("/v1/courses", "content", {"key": "brand", "title": "Brand", "valid_for_days": 400}, 201)
        team.post("/v1/policies", "boss", {"key": "care", "title": "Care", "scope": {"kind": "enterprise"}}, 201)
        rules = {"required_training": [{"course": "brand"}], "attestation_required": True, "clearance_required": True}
        team.post(
            "/v1/policies/care/versions", "content", {"text": "Care.", "rules": rules, "attestation_grace_days": 0}, 201
        )
        team.post("/v1/policies/care/versions/1/publish", "boss", {})
        with team.work() as work:
            self.tool = clients.create_client(work, "Suite", ["decisions"], static=True).bearer

    def ask(self):
        return self.team.evaluate("boss", "asker", "publish", self.account, content_sha256=POST)

    def reasons(self):
        return {one["code"]: one for one in self.ask()["context"]["reasons"]}

    def follow(self, reason):
        """Make the call that a remedy names; answers False where it names none."""
        call = reason["remedy"]["call"]
        if call is None:
            return False
        for pattern, do in self.ways.items():
            found = re.fullmatch(pattern, call)
            if found:
                do(self, *found.groups())
                return True
        raise AssertionError(f"nobody knows how to make the call {call}")

    def until_permitted(self, rounds=4):
        for _ in range(rounds):
            answer = self.ask()
            if answer["decision"]:
                return answer
            done = [self.follow(one) for one in answer["context"]["reasons"]]
            assert any(done), answer
        raise AssertionError(self.ask())

    def request(self):
        asked = self.team.ask("asker", self.account)
        while asked["state"] == "pending":
            (step,) = [one for one in asked["steps"] if one["state"] == "open"]
            who = {"bu_liaison": "liaison", "community_manager": "hub", "strategist": "boss"}[step["role"]]
            asked = self.team.decide(who, asked)

    def clear(self):
        body = {"account_id": self.account, "content_sha256": POST}
        made = self.team.call("POST", "/v1/clearances", "asker", body)
        if made.status_code == 201:  # else a right comes first, as the other remedy says
            self.team.post(
                f"/v1/clearances/{made.json()['id']}/decisions", "content", {"decision": "approve", "comment": "Good."}
            )

    def complete(self):
        done = {
            "employee_id": str(self.team.ids["asker"]),
            "course_id": "brand",
            "completed_at": self.team.clock.now.isoformat(),
        }
        self.team.post("/v1/completions", "boss", done, 201)

    ways = {
        r"POST /v1/accounts/([^/]+)/resume": lambda self, id_: self.team.post(f"/v1/accounts/{id_}/resume", "hub", WHY),
        r"POST /v1/freezes/([^/]+)/lift": lambda self, id_: self.team.post(f"/v1/freezes/{id_}/lift", "boss", WHY),
        r"POST /v1/grants/([^/]+)/resume": lambda self, id_: self.team.post(f"/v1/grants/{id_}/resume", "hub", WHY),
        r"POST (/v1/policies/[^/]+/versions/\d+/attestations)": lambda self, path: self.team.post(
            path, "asker", {}, 201
        ),
        r"POST /v1/rights-requests": request,
        r"POST /v1/clearances": clear,
        r"POST /v1/completions": complete,
    }


@pytest.fixture
def story(team):
    return Story(team)


def test_from_every_reason_at_once_to_a_permit(team, story):
    team.post(f"/v1/accounts/{story.account}/suspend", "hub", WHY)
    for kind in ("enterprise", "network"):
        scope = {"kind": kind} | ({"id": "x"} if kind == "network" else {})
        team.post("/v1/freezes", "boss", {"scope": scope, "severity": "L1", "reason": "Wait."}, 201)
    assert set(story.reasons()) == {
        "account_not_active", "frozen", "no_grant", "training_missing", "attestation_missing", "clearance_missing",
    }  # fmt: skip
    answer = story.until_permitted()
    assert answer["decision"] and answer["context"]["grant_id"]


def suspended(story, grant):
    story.team.post(f"/v1/grants/{grant}/suspend", "hub", WHY)


def revoked(story, grant):
    story.team.post(f"/v1/grants/{grant}/revoke", "hub", WHY)


def expired(story, _):
    story.team.clock.turn(days=181)


def untrained(story, _):
    story.team.clock.turn(days=401)


def new_version(story, _):
    body = {"text": "Care more.", "rules": {"attestation_required": True}, "attestation_grace_days": 0}
    story.team.post("/v1/policies/care/versions", "content", body, 201)
    story.team.post("/v1/policies/care/versions/2/publish", "boss", {})


def posted(story, _):
    (clearance,) = story.team.get("/v1/clearances", "boss", params={"state": "cleared"})["items"]
    path = f"/v1/clearances/{clearance['id']}/redeem"
    story.team.want(200, "POST", path, None, {"content_sha256": POST}, bearer=story.tool)


@pytest.mark.parametrize(
    ("happens", "code"),
    [
        (suspended, "grant_suspended"), (revoked, "grant_revoked"), (expired, "grant_expired"), (untrained, "training_expired"),
        (new_version, "attestation_missing"), (posted, "clearance_used"),
    ],
)  # fmt: skip
def test_what_takes_a_right_away_says_how_to_have_it_back(story, happens, code):
    grant = story.until_permitted()["context"]["grant_id"]
    happens(story, grant)
    assert code in story.reasons()
    assert story.until_permitted()["decision"]


def test_changed_content_is_refused(team, story):
    story.until_permitted()
    other = hashlib.sha256(b"Our new garden shears!").hexdigest()
    assert team.codes("boss", "asker", "publish", story.account, content_sha256=other) == {"clearance_content_mismatch"}
    assert team.codes("boss", "asker", "publish", story.account) == {"clearance_missing"}


def test_what_cannot_be_cured_by_a_call_says_when_it_ends_or_whom_to_ask(team, story):
    story.until_permitted()
    rules = {"posting_hours": {"tue": ["08:00-18:00"]}, "employment_types": ["agency"], "allowed_tools": []}
    team.post(
        "/v1/policies", "boss", {"key": "strict", "title": "Strict", "scope": {"kind": "network", "id": "x"}}, 201
    )
    team.post("/v1/policies/strict/versions", "content", {"text": "Strict.", "rules": rules}, 201)
    team.post("/v1/policies/strict/versions/1/publish", "boss", {})
    found = story.reasons()
    assert set(found) == {"outside_posting_hours", "employment_type_excluded", "tool_not_allowed"}
    assert {one["policy"] for one in found.values()} == {"strict@1"}
    opens = team.clock.now + timedelta(days=1) - timedelta(hours=1)  # Tuesday, eight o'clock
    assert found["outside_posting_hours"]["remedy"]["until"] == opens.isoformat().replace("+00:00", "Z")
    assert "strategist" in found["employment_type_excluded"]["remedy"]["message"]
    team.fire("asker")
    assert "HR" in story.reasons()["subject_inactive"]["remedy"]["message"]
