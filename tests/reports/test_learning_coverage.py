"""The coverage of every unit, recounted from the rows of the tables, on the demo and on a real enterprise."""

from collections import Counter, defaultdict
from datetime import timedelta

import pytest

from .recount import Raw, share
from .stirring import times

WORST = ("missing", "expired", "current")
TAUGHT = (
    ("everybody", "r-deep", "recommended", "r-sales"),
    ("everybody", "r-basics", "required", "r-labs"),
    ("rights_holder", "r-deep", "required", None),
    ("bu_liaison", "r-basics", "required", None),
    ("community_manager", "r-deep", "recommended", None),
    ("strategist", "r-basics", "required", "r-hub"),
)


@pytest.fixture(scope="module")
def raw(lively):
    """With a curriculum, of which one entry is retired, and one is of a course that is held no more."""
    lively.post("/v1/courses", "r.boss", {"key": "r-gone", "title": "Gone"}, 201)
    for audience, course, need, unit in (*TAUGHT, ("everybody", "r-gone", "required", None)):
        _taught(lively, audience, course, need, unit)
    over = _taught(lively, "everybody", "r-basics", "required", None)
    lively.post(f"/v1/curriculum/{over['id']}/retire", "r.boss", {"reason": "Too much."})
    lively.post("/v1/courses/r-gone/retire", "r.boss", {"reason": "Nobody came."})
    for who, by, days in (("r.boss", "r.boss2", 10), ("r.boss2", "r.boss", 200)):
        at = times(lively.clock.now - timedelta(days=days))
        said = {"employee_id": str(lively.ids[who]), "course_id": "r-basics", "completed_at": at}
        lively.post("/v1/completions", by, said, 201)
    return Recount(lively)


class Recount(Raw):
    """What is asked of everybody and how they stand, worked out once."""

    def __init__(self, world):
        super().__init__(world)
        self.paths = {one["id"]: self.path(one["id"]) for one in self.table("business_unit")}
        self.people = [one for one in self.table("employee") if self.here(one)]
        self.standings = standings(self)

    def here(self, one):
        begun = one["starts_at"] is None or one["starts_at"] <= self.now
        return one["active"] and begun and (one["ends_at"] is None or one["ends_at"] > self.now)


def _taught(world, audience, course, need, unit):
    said = {"audience": audience, "course_id": course, "need": need, **({"business_unit_id": unit} if unit else {})}
    return world.post("/v1/curriculum", "r.boss", said, 201)


def asked(raw):
    """(person, course's key) -> whether it is required of them, and how many days the freshest that is wanted counts."""
    courses, found = raw.by_id("course"), defaultdict(list)
    for entry in raw.table("curriculum_entry"):
        course = courses[entry["course_id"]]
        if entry["retired_at"] is None and course["retired_at"] is None:
            for person in audience(raw, entry):
                found[person, course["key"]].append((entry["need"] == "required", course["valid_for_days"]))
    keyed = {one["key"]: one for one in courses.values()}
    for policy in raw.policies():
        for one in policy["version"]["rules"].get("required_training", ()):
            for people in raw.due(policy).values():
                for person in people:
                    wanted = (True, one.get("valid_for_days"))
                    found[person, one["course"]] += [wanted, (True, keyed[one["course"]]["valid_for_days"])]
    return {
        which: (any(needed for needed, _ in asks), min((days for _, days in asks if days is not None), default=None))
        for which, asks in found.items()
    }


def audience(raw, entry):
    here = {one["id"] for one in raw.people if entry["business_unit_id"] in raw.paths[one["business_unit_id"]]}
    if entry["audience"] == "everybody":
        return here
    if entry["audience"] == "rights_holder":
        return here & {one["employee_id"] for one in raw.grants()}
    return here & {one["employee_id"] for one in raw.appointments() if one["role"] == entry["audience"]}


def standings(raw):
    """(person, course's key) -> required or not, and how they stand."""
    newest = {}
    courses = {one["id"]: one["key"] for one in raw.table("course")}
    for one in raw.table("completion"):
        if one["revoked_at"] is None and one["completed_at"] <= raw.now:
            which = (one["employee_id"], courses[one["course_id"]])
            newest[which] = max(one["completed_at"], newest.get(which, one["completed_at"]))
    found = {}
    for which, (needed, days) in asked(raw).items():
        at = newest.get(which)
        over = at is not None and days is not None and at + timedelta(days=days) <= raw.now
        found[which] = (needed, "missing" if at is None else "expired" if over else "current")
    return found


def counts(states):
    found = Counter(states)
    people = sum(found.values())
    return (people, found["current"], found["expired"], found["missing"], share(found["current"], people))


def recounted(raw, of, unit):
    """Of the people in a row: the figures of all that is required, and those of each course."""
    people = {one["id"] for one in raw.people if of(one["business_unit_id"], unit)}
    worst, courses = {}, defaultdict(list)
    for (person, key), (needed, state) in raw.standings.items():
        if person not in people:
            continue
        courses[key, needed].append(state)
        if needed:
            worst[person] = min(state, worst.get(person, state), key=WORST.index)
    return counts(worst.values()), {which: counts(states) for which, states in courses.items()}


def figures(one):
    return tuple(one[name] for name in ("people", "done", "expired", "missing", "share"))


def told(one):
    courses = {(each["course_key"], each["need"] == "required"): figures(each) for each in one["courses"]}
    return figures(one), courses


def test_every_unit_is_as_its_rows_say(raw):
    def here(unit_id, unit):
        return unit_id == unit["id"]

    def below(unit_id, unit):
        return unit["id"] in raw.paths[unit_id]

    units, seen = raw.by_id("business_unit"), 0
    for key in ("enterprise", "r-sales", "r-hub", "r-labs"):
        found = raw.world.get(f"/v1/learning/coverage?business_unit_id={key}", "r.boss")
        (unit,) = [one for one in units.values() if one["key"] == key]
        assert told(found["total"]) == recounted(raw, below, unit), key
        assert told(found["units"][0]) == recounted(raw, here, unit), key
        children = {one["key"] for one in units.values() if one["parent_id"] == unit["id"] and one["state"] == "open"}
        assert {one["business_unit_key"] for one in found["units"][1:]} == children
        for one in found["units"][1:]:
            (child,) = [each for each in units.values() if each["key"] == one["business_unit_key"]]
            assert told(one) == recounted(raw, below, child), one["business_unit_key"]
            seen += bool(one["courses"])
    assert seen > 3
    total = raw.world.get("/v1/learning/coverage", "r.boss")["total"]
    assert all(total[name] for name in ("people", "done", "expired", "missing"))


def test_each_persons_own_list_says_the_same(raw):
    wanted = raw.standings
    people = {person for person, _ in wanted}
    some = [one["id"] for one in raw.table("employee") if one["user_name"].startswith("r.")]
    for person in [*some, *sorted(people)[:10]]:
        items = raw.world.get(f"/v1/employees/{person}/learning", "r.boss")["items"]
        states = {"done": "current", "expires_soon": "current"}
        shown = {
            one["course_key"]: (one["need"] == "required", states.get(one["state"], one["state"])) for one in items
        }
        assert shown == {key: value for (who, key), value in wanted.items() if who == person}
