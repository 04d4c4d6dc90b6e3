"""AuthZEN 1.0 shapes of searches and of what they find."""

import json
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr

from app.authzen.rules import ACCOUNT, EMPLOYEE
from app.authzen.wire import PERSON, PLACE, Action, Environment, Resource, Shape, Subject
from app.governance.evaluation.service import Question
from app.kernel.actor import Actor
from app.kernel.errors import InvalidCursor
from app.kernel.pages import decode_cursor, encode_cursor

from .rules import Found, InvalidPageToken, Window


def _example(**members: Any) -> ConfigDict:
    return ConfigDict(extra="ignore", json_schema_extra={"examples": [{**members, "page": {"limit": 20}}]})


class Kind(Shape):
    """What is searched for; an id beside it is ignored."""

    type: StrictStr


class PageAsked(Shape):
    """Which part of the results. A token brings its limit with it; another one is refused."""

    token: Annotated[StrictStr | None, Field(description="`next_token` of the page before.")] = None
    limit: Annotated[StrictInt | None, Field(ge=0, description="How many at most: 50 unless said, 200 ever.")] = None
    properties: dict[str, Any] | None = None


class Search(Shape):
    """What all searches may say."""

    context: Environment | None = None
    page: PageAsked | None = None


class SubjectSearch(Search):
    """Who may take this action on this resource, now?"""

    model_config = _example(subject={"type": EMPLOYEE}, action={"name": "publish"}, resource=PLACE)

    subject: Kind
    action: Action
    resource: Resource


class ResourceSearch(Search):
    """On what may this subject take this action, now?"""

    model_config = _example(subject=PERSON, action={"name": "publish"}, resource={"type": ACCOUNT})

    subject: Subject
    action: Action
    resource: Kind


class ActionSearch(Search):
    """Which actions may this subject take on this resource, now?"""

    model_config = _example(subject=PERSON, resource=PLACE)

    subject: Subject
    resource: Resource


class PageGiven(BaseModel):
    """Where the next page begins (empty: nowhere), and how many results there are on this one."""

    next_token: str
    count: int


class SearchContext(BaseModel):
    """``revision``: the newest write that the results know of."""

    revision: str


class Entity(BaseModel):
    """An employee or an account, by our id."""

    type: str
    id: str


class Named(BaseModel):
    """An action: a right."""

    name: str


class Entities(BaseModel):
    """A page of employees, or of accounts."""

    page: PageGiven
    context: SearchContext
    results: list[Entity]


class Actions(BaseModel):
    """A page of actions."""

    page: PageGiven
    context: SearchContext
    results: list[Named]


def question(body: SubjectSearch | ResourceSearch | ActionSearch) -> Question:
    """What is asked of each candidate. Of a type that there is not nothing is permitted: no right at all is asked for."""
    said, who, what = body.context or Environment(), body.subject, body.resource
    known = (who.type, what.type) == (EMPLOYEE, ACCOUNT)
    return Question(
        subject=who.id if isinstance(who, Subject) and who.type == EMPLOYEE else "",
        right=body.action.name if known and not isinstance(body, ActionSearch) else "",
        account=what.id if isinstance(what, Resource) and what.type == ACCOUNT else "",
        tool=said.tool,
        digest=said.content_sha256,
    )


def entities(kind: str, found: Found, page: PageGiven, revision: int) -> Entities:
    """Employees or accounts."""
    results = [Entity(type=kind, id=one) for one in found.results]
    return Entities(page=page, context=SearchContext(revision=str(revision)), results=results)


def actions(found: Found, page: PageGiven, revision: int) -> Actions:
    """Rights."""
    results = [Named(name=one) for one in found.results]
    return Actions(page=page, context=SearchContext(revision=str(revision)), results=results)


class Pager:
    """Reads and writes the page tokens of one search by one caller."""

    def __init__(self, body: Search, path: str, actor: Actor, key: bytes) -> None:
        asked = body.model_dump(mode="json", exclude={"page"})
        self._binding = json.dumps([path, str(actor.kind), str(actor.id), asked], sort_keys=True)
        self._key = key
        self._page = body.page or PageAsked()

    def window(self) -> Window:
        """The part that is asked for. Raises ``InvalidPageToken``."""
        if self._page.token is None:
            return Window(limit=self._page.limit)
        try:
            begun = Window(*decode_cursor(self._page.token, self._key, self._binding))
        except InvalidCursor:
            raise InvalidPageToken("Search again without a token; from page to page only it may change.") from None
        if self._page.limit not in (None, begun.limit):
            raise InvalidPageToken("The limit is another than that of the page before; leave it out, or repeat it.")
        return begun

    def page(self, found: Found) -> PageGiven:
        """The page that was found."""
        begins = found.following
        token = encode_cursor([begins.after, begins.limit], self._key, self._binding) if begins else ""
        return PageGiven(next_token=token, count=len(found.results))
