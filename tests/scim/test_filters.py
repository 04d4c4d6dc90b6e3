"""Every attribute of the schemas by every operator: our SQL finds what the library's own evaluator finds."""

import itertools
import json
import re
from uuid import UUID

import pytest
from scim2_models import Context, InvalidCursorException, SCIMException, SearchRequest

from app.directory import store as directory
from app.directory.rules import EmploymentType
from app.lifecycle import service as lifecycle
from app.lifecycle.documents.rules import ENTERPRISE
from app.scim.documents.rules import USER
from app.scim.documents.wire import PROVIDER
from app.scim.search import store as searching
from app.scim.service import Storage

from .conftest import SEARCH

ODD = ("e", "", "%", "\U0001f600")
OPERATORS = ("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le")
NEVER = re.compile(
    r"password|schemas|meta\.(location|version)|.*\.\$ref|groups\.type|members\.display|x509Certificates(\.value)?|addresses"
)
"""What is not searched here, whoever asks for it."""
IDS = re.compile(r"id|(groups|members)(\.value)?|.*manager\.value")


def world_of_people(scim):
    """People who say much, little and odd things, by SCIM and by file, and groups of them."""
    scim.world.hire("filed", "Sales", location="Zürich", given_name="Zoë", family_name="Æ", title="Ωmega")
    full = scim.user(
        "Full", externalId="X-1", nickName="Nick", profileUrl="https://x.example/a", title="Chief%", userType="Employee", locale="en-GB",
        preferredLanguage="en", timezone="Europe/London", displayName="Ärger_10%", active=True, department="Sales",
        name={"formatted": "Mr F", "familyName": "ÉCOLE", "givenName": "Straße", "middleName": "M", "honorificPrefix": "Mr", "honorificSuffix": "II"},
        emails=[{"value": "F@x.example", "type": "work", "primary": True, "display": "Main"}, {"value": "g@home.example", "type": "home"}],
        phoneNumbers=[{"value": "+1", "type": "work"}, {"value": "+2", "type": "mobile", "primary": True}], ims=[{"value": "im", "type": "xmpp"}],
        addresses=[{"formatted": "1 Road", "streetAddress": "Road", "locality": "London", "region": "LDN", "postalCode": "N1", "country": "GB", "type": "work", "primary": True}],
        roles=[{"value": "clerk", "display": "Clerk", "type": "t", "primary": True}], entitlements=[{"value": "e", "type": "t"}],
        photos=[{"value": "https://x.example/p.png", "type": "photo"}], x509Certificates=[{"value": "MTIz", "type": "t"}],
        enterprise={"employeeNumber": "A1", "costCenter": "CC", "organization": "Org", "division": "Div", "manager": {"value": str(scim.world.ids["boss"])}},
    )  # fmt: skip
    few = scim.user(
        "few", externalId="x-1", enterprise={"employeeNumber": "a1"}, emails=[{"value": "odd address"}], active=False
    )
    odd = scim.user(
        "ﬁne",
        displayName="\U0001f600 smile",
        nickName='back\\slash "q"',
        emails=[{"type": "work", "primary": False}],
        title="straSSE",
    )
    twice = scim.user(
        "twice", displayName="By HR", title="T", userType="Employee", department="Sales", name={"givenName": "G", "familyName": "F"},
        emails=[{"value": "old@x.example", "type": "work"}, {"value": "own@x.example", "type": "home"}], enterprise={"employeeNumber": "N1"},
        addresses=[{"formatted": "1 Old Road", "country": "GB"}],
    )  # fmt: skip
    with scim.world.work() as work:  # a file has it otherwise since
        lifecycle.amend(
            work, directory.employee(work.session, UUID(twice["id"])),
            {
                "display_name": "By file", "title": "T2", "given_name": "G2", "family_name": None,
                "employee_number": "N2", "business_unit_id": lifecycle.department(work, "Logistics"),
                "user_name": "Twice.2", "email": "new@x.example", "employment_type": EmploymentType.AGENCY, "location": "Oslo",
            },
        )  # fmt: skip
    group = scim.group("Editors", full["id"], odd["id"], externalId="g-1")
    scim.post(
        "/Groups",
        {"displayName": "EDITORS 2", "members": [{"value": group["id"]}, {"value": few["id"], "display": "Few"}]},
    )


def attributes(schema):
    """(name as it is asked for, type) of every attribute and sub-attribute."""
    prefix = "" if str(schema.id) == USER or str(schema.id).endswith("Group") else f"{schema.id}:"
    for one in schema.attributes:
        yield f"{prefix}{one.name}", one.type
        for sub in one.sub_attributes or ():
            yield f"{prefix}{one.name}.{sub.name}", sub.type


COMMON = [
    ("id", "string"),
    ("externalId", "string"),
    ("meta.created", "dateTime"),
    ("meta.lastModified", "dateTime"),
    ("meta.resourceType", "string"),
]


def texts(value):
    """Every text anywhere in a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)


class Compared:
    """One type of resources, asked by both ways."""

    def __init__(self, work, kind):
        self.session = work.session
        self.type = next(one for one in PROVIDER.resource_types if one.name == kind)
        self.model = PROVIDER.model_for(self.type)
        storage = Storage(work)
        found = searching.find(self.session, [self.type], SearchRequest[self.model](count=500))
        self.resources = [storage.get(self.type, str(id_)) for _, id_ in found.ids]
        self.differ, self.asked, self.matched, self.refused = [], 0, 0, 0

    def ask(self, condition):
        """Compare; what one of the two refuses the other refuses, or it is not searched here at all."""
        try:
            request = SearchRequest[self.model].model_validate(
                {"filter": condition, "count": 500}, scim_ctx=Context.SEARCH_REQUEST
            )
            wanted = {one.id for one in self.resources if request.filter.match(one)}
        except (SCIMException, ValueError):
            wanted = None
        try:
            request = SearchRequest[self.model].model_validate(
                {"filter": condition, "count": 500}, scim_ctx=Context.SEARCH_REQUEST
            )
            found = searching.find(self.session, [self.type], request)
            ours = {str(id_) for _, id_ in found.ids}
            assert found.total == len(ours)
        except (SCIMException, ValueError):
            ours = None
        self.asked += 1
        self.matched += bool(wanted)
        if (
            ours is None
            and IDS.fullmatch(condition.removeprefix("not (").split()[0])
            and not re.search(r" (eq|ne|pr)\b", condition)
        ):
            self.refused += 1  # an id is compared as a whole
        elif ours != wanted:
            self.differ.append((condition, self.names(ours), self.names(wanted)))

    def names(self, ids):
        known = {one.id: getattr(one, "user_name", None) or one.display_name for one in self.resources}
        return "refused" if ids is None else sorted(known[one] for one in ids)


def values_for(kind, pool):
    if kind == "boolean":
        return ["true", "false"]
    if kind == "dateTime":
        return [
            json.dumps(one) for one in ("2026-03-02T09:00:00Z", "2026-03-02T10:00:00+01:00", "2020-01-01T00:00:00.5Z")
        ]
    return [json.dumps(one) for one in pool]


def conditions(name, kind, pool):
    yield f"{name} pr"
    yield f"not ({name} pr)"
    yield f"{name} eq null"
    yield f"{name} ne null"
    for op, value in itertools.product(OPERATORS, values_for(kind, pool)):
        yield f"{name} {op} {value}"
        if op in ("eq", "co", "gt"):
            yield f"not ({name} {op} {value})"


def ask_all(compared, schemas):
    """Every attribute of these schemas, by every operator and by values that are there and that are not."""
    said = {}
    for one in compared.resources:
        for name, value in one.model_dump().items():
            said.setdefault(name, set()).update(texts(value))
            for member, inner in value.items() if name == ENTERPRISE else ():
                said.setdefault(f"{name}:{member}", set()).update(texts(inner))
    for name, type_ in [*COMMON, *(pair for schema in schemas for pair in attributes(schema))]:
        if NEVER.fullmatch(name) or name.endswith(":manager"):  # for that one Entra has a meaning of its own
            continue
        head = re.sub(r"\.[a-zA-Z$]+$", "", name)
        own = sorted(said.get(head, ()))
        pool = [*own[:1], *own[-1:], *(one.upper() for one in own[:1]), *(one[1:] for one in own[-1:]), *ODD]
        for condition in conditions(name, str(type_), dict.fromkeys(pool)):
            compared.ask(condition)


@pytest.mark.parametrize("kind", ["User", "Group"])
def test_our_sql_finds_what_the_librarys_evaluator_finds(scim, kind):
    world_of_people(scim)
    with PROVIDER, scim.world.work(write=False) as work:
        compared = Compared(work, kind)
        ask_all(compared, [one for one in PROVIDER.schemas if kind in one.name])
    assert compared.asked > 400 and compared.matched > compared.asked / 10
    assert not compared.differ, (len(compared.differ), compared.asked, compared.differ[:40])


TOGETHER = [
    'emails[type eq "work"]', 'emails[type eq "work" and value co "x.example"]', 'emails[type eq "home" and primary eq true]', "emails[primary eq true]",
    'emails[not (type eq "work")]', 'emails[type eq "home" or display pr]', 'emails[value sw "F@"]', 'emails[type eq null]', "emails[value pr]",
    'emails[type eq "work"].value co "x"', 'emails[type eq "home"].value eq "F@x.example"', 'not (emails[type eq "home"])',
    'phoneNumbers[type eq "mobile" and primary eq true and value eq "+2"]', 'roles[value eq "CLERK"]', 'addresses[locality eq "london" and country eq "gb"]',
    'groups[display eq "editors"]', 'userName eq "full" and not (active eq false) or externalId eq "x-1"', 'userName sw "f" and (title pr or nickName pr)',
    'title pr and title ne "chief%"', 'name.familyName eq "école" or name.givenName eq "STRASSE"', 'displayName eq "ärger_10%"', 'not (title co "e" or active eq true)',
    'urn:ietf:params:scim:schemas:core:2.0:User:userName eq "FULL"', 'USERNAME EQ "full"', 'userName eq "full" AND active EQ true', 'id pr and meta.created le "2026-03-02T09:00:00Z"',
]  # fmt: skip


@pytest.mark.parametrize(("condition", "kind", "found"), [
    ('userName eq "ada"', "User", 1), ('emails[value eq "a@x.example"]', "User", 1), ('title pr and userName eq "ada"', "User", 0),
    ("members pr", "Group", 1), ('displayName eq "editors"', "Group", 1),
], ids=str)  # fmt: skip
def test_what_one_type_of_resource_has_and_the_other_has_not_finds_only_of_the_one(scim, condition, kind, found):
    """RFC 7644 3.4.2.1: for the other it is as if the attribute had no value."""
    scim.group("Editors", scim.user("ada", emails=[{"value": "a@x.example"}])["id"])
    said = scim.want(200, "POST", "/.search", {"schemas": [SEARCH], "filter": condition})
    assert [one["meta"]["resourceType"] for one in said["Resources"]] == [kind] * found


@pytest.mark.parametrize("condition", [
    'addresses eq "London"', 'x509Certificates eq "MTIz"', 'emails[nope eq "x"]', "emails[nope pr]", 'emails[type[value eq "x"]]',
    'name[familyName eq "x"]',
])  # fmt: skip
def test_what_has_no_value_to_be_compared_is_refused(scim, condition):
    scim.refused(400, "invalidFilter", "GET", "/Users", params={"filter": condition})


@pytest.mark.parametrize("attribute", ["meta.location", "schemas"])
def test_what_everybody_has_alike_orders_nobody(scim, attribute):
    listed = [one["id"] for one in scim.get("/Users", params={"sortBy": attribute})["Resources"]]
    assert listed == [one["id"] for one in scim.get("/Users")["Resources"]] != []


def test_a_place_in_a_list_that_is_none_of_ours_is_refused(scim):
    """A cursor is sealed, but it may have been sealed by another version."""
    with PROVIDER, scim.world.work(write=False) as work:
        for position in ({}, {"d": "next", "k": None, "i": "x"}, 5):
            with pytest.raises(InvalidCursorException):
                searching.find(work.session, list(PROVIDER.resource_types), SearchRequest(cursor="c"), position)


def test_conditions_within_brackets_and_together(scim):
    world_of_people(scim)
    with PROVIDER, scim.world.work(write=False) as work:
        compared = Compared(work, "User")
        for condition in TOGETHER:
            compared.ask(condition)
    assert compared.differ == [] and compared.refused == 0 and compared.matched > 20
