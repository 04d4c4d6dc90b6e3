"""AuthZEN 1.0 shapes of questions and answers. The standard stands here: unknown members are ignored."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictStr, ValidationError
from pydantic.config import JsonDict

from app.authzen.denials import rules as denials
from app.governance.evaluation.rules import Decision
from app.governance.evaluation.service import Question
from app.governance.routing.wire import Reason, reasons
from app.kernel.errors import DomainError, MalformedRequest
from app.kernel.problems import FieldProblem, status_of
from app.kernel.wire import Instant, Out

from .binding.rules import malformed
from .rules import ACCOUNT, EMPLOYEE, MAX_EVALUATIONS, REVISION, Consistency, Semantic
from .service import Answered


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


Told = Annotated[str | None, BeforeValidator(_text)]
"""What says something only as a text, and else nothing."""
Properties = Annotated[
    dict[str, Any] | None, Field(description="Taken and not looked at: what counts of anybody is what we know of them.")
]
PERSON: JsonDict = {"type": EMPLOYEE, "id": "liaison2@demo.example"}
PLACE: JsonDict = {"type": ACCOUNT, "id": "x:alder_nordics"}
"""Of the demo enterprise, for examples."""


class Shape(BaseModel):
    """The base of what is asked: what it does not know it ignores."""

    model_config = ConfigDict(extra="ignore")


def _absent(value: object) -> bool:
    return value is None


class Subject(Shape):
    """Who: an employee, by our id, HR's employee id, the work e-mail or the user name."""

    type: StrictStr
    id: StrictStr
    properties: Properties = None


class Action(Shape):
    """What: draft, publish, engage, analyze or administer."""

    name: StrictStr
    properties: Properties = None


class Resource(Shape):
    """On what: an account, by our id or `network:handle`."""

    type: StrictStr
    id: StrictStr
    properties: Properties = None


class Environment(BaseModel):
    """Through what, which very content, and how new the answer must be. Anything else says nothing here."""

    model_config = ConfigDict(extra="allow")

    tool: Annotated[Told, Field(description="The key of a publishing tool; counts from a gateway only.")] = None
    content_sha256: Annotated[Told, Field(description="SHA-256 of the very content that is to go out, in hex.")] = None
    at_least_revision: Annotated[
        Annotated[StrictStr, Field(pattern=REVISION)] | None,
        Field(description="A `Coe-Revision`: the answer reflects at least that write, or there is none (503)."),
    ] = None
    consistency: Annotated[
        Consistency | None, Field(description="`full`: the answer reflects every write that was answered before it.")
    ] = None
    approval: Annotated[
        Any, Field(description="`{id}`: the approval that an access request ended with; that grant alone answers.")
    ] = None


class Evaluation(Shape):
    """May this subject take this action on this resource, now?"""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {
                    "subject": {"type": "employee", "id": "liaison@demo.example"},
                    "action": {"name": "publish"},
                    "resource": {"type": "account", "id": "x:alder_nordics"},
                }
            ]
        },
    )

    subject: Subject
    action: Action
    resource: Resource
    context: Environment | None = None


class Options(Shape):
    """How a batch is to be done."""

    evaluations_semantic: Semantic | None = None


class Evaluations(Shape):
    """Many questions at once. What stands at the top holds for each item that does not say it itself, as a whole."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {
                    "subject": PERSON,
                    "resource": PLACE,
                    "evaluations": [{"action": {"name": "publish"}}, {"action": {"name": "administer"}}],
                }
            ]
        },
    )

    subject: Subject | None = None
    action: Action | None = None
    resource: Resource | None = None
    context: Environment | None = None
    evaluations: Annotated[
        list[Any] | None,
        Field(max_length=MAX_EVALUATIONS, description="Each as in a single evaluation, less what stands at the top."),
    ] = None
    options: Options | None = None


class AccessRequest(Out):
    """That a refusal can be cured: where to ask, what to say beyond the evaluation, and until when."""

    endpoint: str
    expires_at: Instant
    request_schema_url: str


class Approval(Out):
    """An approval, by the id of the grant that came of it. It lasts no longer than ``approved_until``, and may end before."""

    id: str
    approved_at: Annotated[Instant | None, Field(exclude_if=_absent)] = None
    approved_until: Instant


class Context(BaseModel):
    """Why. ``advice`` refuses nothing; ``revision``: the newest write that the answer knows of.

    What follows is said where it applies: how a refusal can be cured, and what came of an approval that was named.
    """

    reasons: list[Reason]
    advice: list[Reason]
    grant_id: str | None
    model: str | None
    revision: str
    evaluation_id: Annotated[str | None, Field(exclude_if=_absent)] = None
    evaluated_at: Annotated[Instant | None, Field(exclude_if=_absent)] = None
    reason: Annotated[str | None, Field(exclude_if=_absent)] = None
    access_request: Annotated[AccessRequest | None, Field(exclude_if=_absent)] = None
    approval: Annotated[Approval | None, Field(exclude_if=_absent)] = None
    next_action: Annotated[str | None, Field(exclude_if=_absent)] = None
    retry_after: Annotated[int | None, Field(exclude_if=_absent)] = None


class Answer(BaseModel):
    """The decision, and its context."""

    decision: bool
    context: Context


class Fault(BaseModel):
    """Why an item could not be evaluated: the status and the code that the question would be refused with alone."""

    status: int
    code: str
    message: str
    errors: list[FieldProblem]


class Faulty(BaseModel):
    """In the place of a context."""

    error: Fault
    revision: str


class Item(BaseModel):
    """One answer of many."""

    decision: bool
    context: Context | Faulty


class Answers(BaseModel):
    """The answers, in the order of the questions, as far as the semantic goes."""

    evaluations: list[Item]


@dataclass(frozen=True, slots=True)
class Said:
    """A question in our own words, and word for word."""

    question: Question
    words: denials.Asked


def said(body: Evaluation) -> Said:
    """What was asked."""
    who, what = body.subject, body.resource
    return Said(question(body), denials.Asked(who.type, who.id, body.action.name, what.type, what.id))


def question(body: Evaluation) -> Question:
    """A question in our own words; another type of subject or resource is nobody's and nothing's."""
    told = body.context or Environment()
    return Question(
        subject=body.subject.id if body.subject.type == EMPLOYEE else "",
        right=body.action.name,
        account=body.resource.id if body.resource.type == ACCOUNT else "",
        tool=told.tool,
        digest=told.content_sha256,
        approval=approval_of(told.approval),
    )


NO_APPROVAL = UUID(int=0)
"""What is no id of ours stands for: no grant has it, so that it refuses."""


def approval_of(told: Any) -> UUID | None:
    """The approval that a question names, by id; None where it names none. What cannot be read is no approval of ours."""
    if told is None:
        return None
    id_ = told.get("id") if isinstance(told, dict) else None
    try:
        return UUID(id_) if isinstance(id_, str) else NO_APPROVAL
    except ValueError:
        return NO_APPROVAL


def single(body: Evaluations) -> Evaluation:
    """A batch without items, as the one question that it is. Raises ``MalformedRequest``."""
    return _read(body.model_dump(exclude_unset=True), ())


def items(body: Evaluations) -> Iterator[Said | DomainError]:
    """The items, each with what stands at the top; the error of one that is no question stands in its place."""
    common = body.model_dump(exclude_unset=True, exclude={"evaluations", "options"})
    for n, item in enumerate(body.evaluations or ()):
        whole = {**common, **item} if isinstance(item, Mapping) else item
        try:
            yield said(_read(whole, ("evaluations", n)))
        except MalformedRequest as error:
            yield error


def _read(told: Any, place: tuple[str | int, ...]) -> Evaluation:
    try:
        return Evaluation.model_validate(told)
    except ValidationError as error:
        inside = told
        for part in reversed(place):
            inside = {part: inside}
        found = [{**one, "loc": ("body", *place, *one["loc"])} for one in error.errors(include_url=False)]
        raise malformed(found, inside) from error


Profile = Mapping[str, Any]
"""What the Access Request and Approval Profile adds to a context."""


def answer(decision: Decision, revision: int, profile: Profile = MappingProxyType({})) -> Answer:
    """A decision in the standard's shape."""
    return Answer(decision=decision.permitted, context=_context(decision, revision, profile))


def answers(given: Sequence[Answered], revision: int, profiles: Sequence[Profile]) -> Answers:
    """The answers of a batch; an error permits nothing."""
    return Answers(evaluations=[_item(one, revision, profile) for one, profile in zip(given, profiles, strict=True)])


def _item(one: Answered, revision: int, profile: Profile) -> Item:
    if isinstance(one, DomainError):
        return Item(decision=False, context=Faulty(error=_fault(one), revision=str(revision)))
    return Item(decision=one.permitted, context=_context(one, revision, profile))


def _fault(error: DomainError) -> Fault:
    parts = [FieldProblem(pointer=one.pointer, code=one.code, message=one.message) for one in error.errors]
    return Fault(status=status_of(type(error)), code=error.code, message=str(error), errors=parts)


def _context(decision: Decision, revision: int, profile: Profile) -> Context:
    return Context(
        reasons=reasons(decision.reasons),
        advice=reasons(decision.advice),
        grant_id=str(decision.grant_id) if decision.grant_id else None,
        model=decision.model,
        revision=str(revision),
        **profile,
    )
