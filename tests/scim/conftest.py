"""HR's system as it speaks SCIM to a whole service, and what the service shows of it elsewhere."""

import json
from datetime import UTC, datetime
from itertools import count

import pytest

from app.clients import service as clients
from app.scim.documents.rules import ENTERPRISE, GROUP, USER

from .serving import served

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
_COUNT = count()
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
MEDIA_TYPE = "application/scim+json"


class Scim:
    """A SCIM client with HR's long-lived bearer. Every answer's form is looked at, whatever the test is about."""

    def __init__(self, world):
        self.world = world
        with world.work() as work:
            self.bearer = clients.create_client(work, "HR", ["hr"], static=True).bearer

    def call(self, method, path, body=None, *, bearer=None, who=None, headers=None, **more):
        sent = {"Authorization": f"Bearer {bearer or (self.world.token(who) if who else self.bearer)}"}
        if body is not None:
            text = body if isinstance(body, str | bytes) else json.dumps(body)
            more["content"] = text.encode() if isinstance(text, str) else text
            sent["Content-Type"] = MEDIA_TYPE
        answer = self.world.client.request(method, f"/scim/v2{path}", headers={**sent, **(headers or {})}, **more)
        self.check(answer)
        return answer

    @staticmethod
    def check(answer):
        """No 500, and every refusal a SCIM error (RFC 7644 3.12)."""
        assert answer.status_code != 500, answer.text
        if answer.status_code >= 400:
            assert answer.headers["content-type"].startswith(MEDIA_TYPE), answer.headers
            said = answer.json()
            assert said["schemas"] == [ERROR] and said["status"] == str(answer.status_code), said
            assert set(said) <= {"schemas", "status", "scimType", "detail"} and said["detail"], said

    def want(self, status, method, path, body=None, **more):
        answer = self.call(method, path, body, **more)
        assert answer.status_code == status, (
            f"{method} {path}: {answer.status_code}, wanted {status}: {answer.text[:600]}"
        )
        return answer.json() if answer.content else None

    def refused(self, status, scim_type, method, path, body=None, **more):
        """A refusal of this status and kind, which changes nothing."""
        before = self.world.intact()
        said = self.want(status, method, path, body, **more)
        assert said.get("scimType") == scim_type, said
        assert self.world.intact() == before
        return said

    def get(self, path, status=200, **more):
        return self.want(status, "GET", path, **more)

    def post(self, path, body, status=201, **more):
        return self.want(status, "POST", path, body, **more)

    def put(self, path, body, status=200, **more):
        return self.want(status, "PUT", path, body, **more)

    def delete(self, path, status=204, **more):
        return self.want(status, "DELETE", path, **more)

    def patch(self, path, *operations, status=204, **more):
        """``operations``: (op, path, value), without a path where it is None, without a value where there are two."""
        listed = [one if isinstance(one, dict) else operation(*one) for one in operations]
        return self.want(status, "PATCH", path, {"schemas": [PATCH_OP], "Operations": listed}, **more)

    def bulk(self, *operations, status=200, **more):
        """The outcomes in the order of the operations, each (method, path, data) or a whole operation."""
        listed = [one if isinstance(one, dict) else bulk_operation(*one) for one in operations]
        answer = self.want(status, "POST", "/Bulk", {"schemas": [BULK], "Operations": listed, **more})
        return answer["Operations"] if status == 200 else answer

    # People and groups.

    def user(self, user_name, *, status=201, department=None, **more):
        """A user is made; its document as answered."""
        return self.post("/Users", user_document(user_name, department=department, **more), status)

    def group(self, name, *members, status=201, **more):
        return self.post("/Groups", group_document(name, *members, **more), status)

    def read(self, id_):
        return self.get(f"/Users/{id_}")

    def found(self, condition, kind="Users", **params):
        """What a filter finds: (how many there are, who is listed)."""
        answer = self.get(f"/{kind}", params={"filter": condition, **params})
        return answer["totalResults"], [one["id"] for one in answer.get("Resources", [])]

    def publishing(self, one):
        """A grant to publish for a person who came by SCIM, by liaison and hub: (account, grant)."""
        team, account = self.world, self.world.account("acme")
        body = {"account_id": account, "rights": ["publish"], "justification": "Care."}
        asked = team.want(201, "POST", "/v1/rights-requests", None, body, bearer=team.token(one["id"]))
        team.decide("liaison", asked)
        return account, team.decide("hub", asked)["grants"][0]["id"]

    def employee(self, id_):
        """The person as the API shows them to a strategist."""
        return self.world.get(f"/v1/employees/{id_}", "boss")

    def unit(self, id_):
        """The key of the unit that a person is in."""
        unit_id = self.employee(id_)["business_unit_id"]
        return self.world.get(f"/v1/business-units/{unit_id}", "boss")["key"]


def operation(op, path, *value):
    return {"op": op, **({"path": path} if path is not None else {}), **({"value": value[0]} if value else {})}


def bulk_operation(method, path, *data):
    return {
        "method": method, "path": path, **({"bulkId": f"{next(_COUNT)}"} if method == "POST" else {}),
        **({"data": data[0]} if data else {}),
    }  # fmt: skip


def patching(*operations):
    """The body of a PATCH; ``operations`` as ``operation`` takes them."""
    return {"schemas": [PATCH_OP], "Operations": [operation(*one) for one in operations]}


def at(one):
    """The path of a resource."""
    return f"/{one['meta']['resourceType']}s/{one['id']}"


def user_document(user_name, *, department=None, **more):
    work = more.pop("enterprise", {}) | ({"department": department} if department else {})
    extension = {ENTERPRISE: work} if work else {}
    return {"schemas": [USER, *extension], "userName": user_name, **extension, **more}


def group_document(name, *members, **more):
    listed = {"members": [{"value": one} for one in members]} if members else {}
    return {"schemas": [GROUP], "displayName": name, **listed, **more}


@pytest.fixture
def scim(team):
    """HR's client at a service with a small organisation."""
    return Scim(team)


@pytest.fixture
def live(scim, tmp_path):
    """The address of `coe serve` over HR's client's database; ``scim`` sees what it does. Their clocks are the machine's."""
    scim.world.clock.now = datetime.now(UTC)
    with served(scim.world.settings, tmp_path) as url:
        yield f"{url}/scim/v2"
