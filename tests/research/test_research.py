"""Findings of research, and the decisions that cite them."""

from uuid import UUID, uuid4

import pytest

from app.research.rules import SubjectKind

RESEARCH, CITATIONS = "/v1/research", "/v1/citations"
SAID = {"title": "Answers keep customers", "summary": "It is so.", "source": "A journal, 2026"}
WHY = {"reason": "It was counted twice."}


def published(team, who="content", **more):
    return team.post(RESEARCH, who, {**SAID, **more}, 201)


def cited(team, finding, kind, id_, who="boss", status=201):
    body = {"subject": {"kind": kind, "id": str(id_)}, "why": "It says so."}
    return team.post(f"{RESEARCH}/{finding['id']}/citations", who, body, status)


@pytest.fixture
def subjects(team):
    """One of each kind of decision that everybody may read."""
    team.post("/v1/publishing-tools", "developer", {"key": "trumpet", "name": "Trumpet"}, 201)
    assessed = {"tool_id": "trumpet", "summary": "It works.", "valid_until": "2027-01-01T00:00:00Z"}
    team.post("/v1/policies", "boss", {"key": "care", "title": "Care", "scope": {"kind": "enterprise"}}, 201)
    version = team.post("/v1/policies/care/versions", "content", {"text": "Care.", "rules": {}}, 201)
    team.post("/v1/policies/care/versions/1/publish", "boss")
    strategy = team.post("/v1/strategy/versions", "liaison", {"purpose": "Near.", "business_unit_id": "sales"}, 201)
    team.post(f"/v1/strategy/versions/{strategy['id']}/submit", "liaison")
    team.post(f"/v1/strategy/versions/{strategy['id']}/decisions", "boss", {"decision": "approve"})
    team.switch("boss", "dandelion", "logistics")
    (event,) = team.events(action="governance.switched")
    return {
        "assessment": team.post("/v1/assessments", "developer", assessed, 201)["id"], "policy_version": version["id"],
        "strategy": strategy["id"], "governance_setting": event["after"]["setting_id"],
    }  # fmt: skip


# --- findings -------------------------------------------------------------------------------------------------------


def test_a_finding_is_read_by_everybody_and_found_by_what_it_is_about(team):
    about = {"business_units": ["sales"], "networks": ["x", "linkedin", "x"], "functions": ["customer_support"]}
    more = {"question": "Why?", "url": "https://journal.example/42", "published_on": "2026-02-01"}
    made = published(team, **about, **more)
    assert (made["state"], made["networks"], made["functions"]) == (
        "published",
        ["linkedin", "x"],
        ["customer_support"],
    )
    assert made == team.get(f"{RESEARCH}/{made['id']}", "stranger")
    other = published(team, networks=["x"])
    found = lambda query: {one["id"] for one in team.get(f"{RESEARCH}?{query}", "asker")["items"]}  # noqa: E731
    assert found("") == found("network=x") == {made["id"], other["id"]}
    for query in ("network=linkedin", "business_unit_id=sales", "function=customer_support&network=x"):
        assert found(query) == {made["id"]}
    assert found("business_unit_id=logistics") == found("function=sales") == found("state=withdrawn") == set()
    team.get(f"{RESEARCH}?business_unit_id=nowhere", "asker", 404)
    assert team.untold() == ()


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"published_on": "2026-03-03"}, "/published_on"),
        ({"business_units": ["sales", "nowhere"]}, "/business_units/1"),
        ({"networks": ["nothing"]}, "/networks/0"),
        ({"functions": ["gardening"]}, "/functions/0"),
        ({"url": "file:///etc/passwd"}, "/url"),
        ({"source": " "}, "/source"),
    ],
)
def test_what_a_finding_cannot_say_is_refused(team, more, pointer):
    problem = team.post(RESEARCH, "content", {**SAID, **more}, 422)
    assert [one["pointer"] for one in problem["errors"]] == [pointer]
    assert team.get(RESEARCH, "asker")["items"] == []


def test_a_finding_is_withdrawn_once_and_stays(team):
    made = published(team)
    gone = team.post(f"{RESEARCH}/{made['id']}/withdraw", "boss", WHY)
    assert (gone["state"], gone["withdraw_reason"], gone["withdrawn_by"]) == (
        "withdrawn", WHY["reason"], str(team.ids["boss"]),
    )  # fmt: skip
    assert team.get(f"{RESEARCH}/{made['id']}", "asker") == gone
    assert team.post(f"{RESEARCH}/{made['id']}/withdraw", "boss", WHY, 409)["code"] == "finding_withdrawn"
    assert [one["id"] for one in team.get(f"{RESEARCH}?state=withdrawn", "asker")["items"]] == [made["id"]]
    assert team.get(f"{RESEARCH}?state=published", "asker")["items"] == []
    team.post(f"{RESEARCH}/{uuid4()}/withdraw", "boss", WHY, 404)
    for who in ("liaison", "hub", "developer", "asker"):
        team.post(RESEARCH, who, SAID, 403)


# --- citations ------------------------------------------------------------------------------------------------------


def test_every_kind_of_decision_cites_and_is_found_from_both_sides(team, subjects):
    assert set(subjects) == {str(kind) for kind in SubjectKind}
    one, other = published(team), published(team)
    made = {kind: cited(team, one, kind, id_) for kind, id_ in subjects.items()}
    cited(team, other, "strategy", subjects["strategy"], "liaison")
    assert {item["id"] for item in team.get(f"{RESEARCH}/{one['id']}/citations", "stranger")["items"]} == {
        each["id"] for each in made.values()
    }
    path = f"{CITATIONS}?subject_kind=strategy&subject_id={subjects['strategy']}"
    assert [item["finding_id"] for item in team.get(path, "stranger")["items"]] == [one["id"], other["id"]]
    assert made["strategy"]["subject"] == {"kind": "strategy", "id": subjects["strategy"]}
    assert len(team.get(CITATIONS, "stranger")["items"]) == 5
    assert team.untold() == ()


def test_a_withdrawn_finding_shows_wherever_it_was_cited_and_is_cited_no_more(team, subjects):
    one = published(team)
    cited(team, one, "assessment", subjects["assessment"])
    team.post(f"{RESEARCH}/{one['id']}/withdraw", "content", WHY)
    (item,) = team.get(f"{CITATIONS}?subject_id={subjects['assessment']}", "asker")["items"]
    assert (item["finding_state"], item["withdraw_reason"]) == ("withdrawn", WHY["reason"])
    assert cited(team, one, "strategy", subjects["strategy"], status=409)["code"] == "finding_withdrawn"


def test_a_decision_cites_a_finding_once_and_what_is_not_there_cites_nothing(team, subjects):
    one = published(team)
    cited(team, one, "assessment", subjects["assessment"])
    assert cited(team, one, "assessment", subjects["assessment"], "hub", 409)["code"] == "cited_already"
    for kind, id_ in (("strategy", subjects["assessment"]), ("assessment", uuid4())):
        (error,) = cited(team, one, kind, id_, status=422)["errors"]
        assert (error["pointer"], error["code"]) == ("/subject/id", "unknown_subject")
    cited(team, {"id": uuid4()}, "assessment", subjects["assessment"], status=404)
    cited(team, one, "assessment", subjects["assessment"], "asker", 403)


def test_drafts_cite_for_those_who_may_read_them(team):
    """Whoever may not read a draft is neither told that it is there nor what it cites."""
    one = published(team)
    team.post("/v1/policies", "boss", {"key": "care", "title": "Care", "scope": {"kind": "enterprise"}}, 201)
    policy = team.post("/v1/policies/care/versions", "content", {"text": "Care.", "rules": {}}, 201)["id"]
    said = {"purpose": "Near.", "business_unit_id": "sales"}
    strategy = team.post("/v1/strategy/versions", "liaison", said, 201)["id"]
    readers = {
        policy: {"boss", "content", "auditor"}, strategy: {"boss", "content", "auditor", "liaison"},
    }  # fmt: skip
    cited(team, one, "policy_version", policy, "liaison", 422)
    cited(team, one, "strategy", strategy, "otherliaison", 422)
    cited(team, one, "policy_version", policy, "content")
    cited(team, one, "strategy", strategy, "liaison")
    for who in ("boss", "content", "auditor", "liaison", "otherliaison", "hub", "developer", "asker"):
        for path in (CITATIONS, f"{RESEARCH}/{one['id']}/citations"):
            shown = {item["subject"]["id"] for item in team.get(path, who)["items"]}
            assert shown == {id_ for id_, people in readers.items() if who in people}, who
    team.post("/v1/policies/care/versions/1/publish", "boss")
    team.clock.turn(seconds=1)
    assert [UUID(item["subject"]["id"]) for item in team.get(CITATIONS, "asker")["items"]] == [UUID(policy)]
