"""The liaison directory over HTTP: spokes find each other."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

LIAISONS = "/v1/liaisons"


def keys(team, query="", who="stranger"):
    return [one["business_unit_key"] for one in team.get(f"{LIAISONS}{query}", who)["items"]]


def entry(team, unit, who="stranger"):
    return team.get(f"{LIAISONS}/{unit}", who)


def names(offices):
    return [one["display_name"] for one in offices]


def test_everybody_finds_whom_to_turn_to_in_each_open_unit(team):
    team.account("acme_sales")
    ends = (team.clock.now + timedelta(days=9)).isoformat().replace("+00:00", "Z")
    team.appoint("colleague", "bu_liaison", "sales", deputy="asker", valid_until=team.clock.now + timedelta(days=9))
    found = {one["business_unit_key"]: one for one in team.get(LIAISONS, "stranger")["items"]}
    assert list(found) == ["communications", "enterprise", "logistics", "sales"]
    sales = found["sales"]
    assert names(sales["liaisons"]) == ["Liaison", "Colleague"] and names(sales["community_managers"]) == ["Hub"]
    one = sales["liaisons"][1]
    assert (one["scope"], one["business_unit_key"], one["valid_until"]) == ("business_unit", "sales", ends)
    assert one["deputy"]["display_name"] == "Asker"
    assert (sales["model"], sales["routed_as"], sales["networks"]) == ("hub_and_spoke", "hub_and_spoke", ["x"])
    assert (sales["gap"], sales["says"], sales["liaisons_needed"]) == (None, None, 1)
    assert (found["communications"]["gap"], found["communications"]["liaisons"]) == ("no_liaison", [])
    team.clock.turn(days=9)
    assert names(entry(team, "sales")["liaisons"]) == ["Liaison"]
    team.fire("liaison")
    assert entry(team, "sales")["gap"] == "no_liaison"


def test_an_address_is_shown_to_whom_the_directory_of_employees_shows_it(team):
    team.appoint("colleague", "bu_liaison", "sales", deputy="asker")
    seen = {}
    for who in ("stranger", "liaison", "colleague", "boss", "otherliaison"):
        offices = entry(team, "sales", who)["liaisons"]
        seen[who] = [one["email"] is not None for one in (*offices, offices[1]["deputy"])]
        for one in (*offices, offices[1]["deputy"]):
            assert one["email"] == team.get(f"/v1/employees/{one['employee_id']}", who)["email"]
    assert (seen["stranger"], seen["boss"]) == ([False] * 3, [True] * 3)


def test_a_dandelion_with_fewer_than_two_says_so(team):
    team.switch("boss", "dandelion", "sales")
    one = entry(team, "sales")
    assert (one["model"], one["routed_as"], one["gap"]) == ("dandelion", "hub_and_spoke", "too_few_liaisons")
    assert one["says"].startswith("1 of the 2 liaisons")
    team.appoint("colleague", "bu_liaison", "sales")
    one = entry(team, "sales")
    assert (one["routed_as"], one["gap"], one["says"]) == ("dandelion", None, None)


@pytest.fixture
def wide(team):
    """Units below sales, accounts on two networks, a manager of one network, and a model of its own."""
    sales = team.get("/v1/business-units/sales", "boss")["id"]
    for key in ("field", "shops", "gone"):
        team.post("/v1/business-units", "boss", {"key": key, "name": f"The {key}", "parent_id": sales}, 201)
    team.post("/v1/business-units/gone/close", "boss", {"reason": "It is over."})
    team.account("acme_field", "field")
    team.account("acme_shops", "shops", "instagram")
    team.account("acme_old", "logistics", "instagram", state="archived")
    team.appoint("colleague", "community_manager", network="instagram")
    team.switch("boss", "dandelion", "field")
    return team


def test_units_are_found_by_place_network_model_and_text(wide):
    assert keys(wide, "?business_unit_id=sales") == ["field", "sales", "shops"]
    assert keys(wide, "?network=instagram") == ["shops"]
    assert keys(wide, "?network=x&business_unit_id=sales") == ["field"]
    assert keys(wide, "?network=nothing") == []
    assert keys(wide, "?model=dandelion") == ["field"]
    assert keys(wide, "?q=THE%20sh") == ["shops"]
    assert keys(wide, "?q=otherli") == ["logistics"]
    assert keys(wide, "?q=liaison") == ["field", "logistics", "sales", "shops"]  # who covers sales covers what is below
    assert keys(wide, "?q=%25") == keys(wide, "?q=boss") == []
    assert names(entry(wide, "shops")["community_managers"]) == ["Colleague", "Hub"]
    assert names(entry(wide, "field")["community_managers"]) == ["Hub"]
    wide.get(f"{LIAISONS}?business_unit_id=nowhere", "boss", 404)
    wide.get(f"{LIAISONS}?model=anarchy", "boss", 422)
    wide.get(f"{LIAISONS}/gone", "boss", 404)
    wide.get(f"{LIAISONS}/nowhere", "boss", 404)


@pytest.mark.parametrize("sort", ["key", "-key", "name", "-name", "id", "-id"])
def test_a_walk_gives_each_unit_once_in_every_order(wide, sort):
    name = {"key": "business_unit_key", "id": "business_unit_id"}.get(sort.strip("-"), sort.strip("-"))
    seen, cursor = [], ""
    while cursor is not None:
        page = wide.get(f"{LIAISONS}?limit=2&sort={sort}" + (f"&cursor={cursor}" if cursor else ""), "boss")
        seen += [one[name] for one in page["items"]]
        assert len(page["items"]) == 2 or page["next_cursor"] is None
        cursor = page["next_cursor"]
    assert len(seen) == 6 and seen == sorted(seen, reverse=sort.startswith("-"))


def lines(team, unit, who="stranger"):
    names = ("our_people", "their_people", "our_requests", "their_requests")
    found = entry(team, unit, who)["neighbours"]
    return {one["business_unit_key"]: tuple(one[name] for name in names) for one in found}


def test_neighbours_are_siblings_and_those_with_whom_people_and_requests_are_shared(wide):
    quiet = (0, 0, 0, 0)
    assert lines(wide, "shops") == {"field": quiet}
    assert lines(wide, "sales") == {"communications": quiet, "logistics": quiet}
    account = wide.account("acme_sales")
    asked = wide.ask("stranger", account)
    assert lines(wide, "sales")["logistics"] == (0, 0, 0, 1)
    for who in ("liaison", "otherliaison", "hub"):
        wide.decide(who, asked)
    wide.ask("stranger", account, ["engage"])
    wide.ask("asker", account)  # nobody else's business
    assert lines(wide, "sales")["logistics"] == (0, 1, 0, 2)
    assert lines(wide, "logistics")["sales"] == (1, 0, 2, 0)
    (one,) = [each for each in entry(wide, "logistics")["neighbours"] if each["business_unit_key"] == "sales"]
    assert one["sibling"] and names(one["liaisons"]) == ["Liaison"]
    wide.clock.turn(days=90)
    assert lines(wide, "sales")["logistics"] == (0, 1, 0, 0)
    wide.fire("stranger")
    assert lines(wide, "sales", "boss")["logistics"] == quiet


def test_the_number_of_statements_does_not_grow(wide):
    bearer = wide.token("stranger")

    def sent():
        found = []
        for path in (LIAISONS, f"{LIAISONS}?q=liaison&model=hub_and_spoke&network=x", f"{LIAISONS}/sales"):
            seen = []
            note = lambda *args, seen=seen: seen.append(args[2])  # noqa: E731
            sa.event.listen(wide.app.state.engine, "before_cursor_execute", note)
            wide.want(200, "GET", path, bearer=bearer)
            sa.event.remove(wide.app.state.engine, "before_cursor_execute", note)
            found.append(len(seen))
        return found

    sent()
    before = sent()
    for n in range(5):
        wide.post("/v1/business-units", "boss", {"key": f"unit-{n}", "name": f"Unit {n}"}, 201)
        wide.hire(f"liaison-{n}", f"Unit {n}")
        wide.appoint(f"liaison-{n}", "bu_liaison", f"unit-{n}")
        wide.ask(f"liaison-{n}", wide.account(f"acme_{n}", "logistics"))
    assert sent() == before
    assert len(lines(wide, "logistics")) == 7
