"""SCIM attributes as SQL expressions, and the filter language over them (RFC 7644 3.4.2.2).

Every attribute that is served can be searched. Those that the directory holds as columns are searched there; the rest in
the document that the feed sent, whose texts are kept folded beside it (``attributes_key``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from scim2_models import BaseModel, CaseExact, InvalidFilterException, Resource
from scim2_models.path import (
    AttributeBinding,
    CompareOperator,
    Comparison,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
    coerce_value,
)
from scim2_models.path.resolution import _resolve_filter_path, _validate_operator, _validate_value_selection
from sqlalchemy import (
    ColumnElement,
    Uuid,
    and_,
    case,
    collate,
    exists,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import column

from app.directory.tables import BusinessUnit
from app.directory.tables import Employee as Person
from app.groups.tables import Group as GroupRow
from app.groups.tables import Member
from app.kernel.text import key_of
from app.scim.documents.rules import ENTERPRISE

_Op = CompareOperator
_ORDER: dict[_Op, Callable[[Any, Any], Any]] = {
    _Op.gt: lambda a, b: a > b,
    _Op.ge: lambda a, b: a >= b,
    _Op.lt: lambda a, b: a < b,
    _Op.le: lambda a, b: a <= b,
}
MAX_TERMS = 200
"""Comparisons in one filter; SQLite parses an expression 1,000 deep, and nobody needs as many."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource type as its rows: which table, which of them are there, and their ids."""

    name: str
    table: Any
    id: Any
    kept: ColumnElement[bool]


USERS = Kind("User", Person, Person.id, Person.deleted_at.is_(None))
GROUPS = Kind("Group", GroupRow, GroupRow.id, true())


@dataclass(frozen=True, slots=True)
class Single:
    """An attribute with one value; ``value`` is null where it is unassigned. ``prepare`` makes a filter's value comparable;
    ``narrow`` gives a condition that follows from being equal to it, and that an index answers.
    """

    value: Any
    prepare: Callable[[Any], Any] = lambda value: value
    narrow: Callable[[Any], ColumnElement[bool]] = lambda _: true()


@dataclass(frozen=True, slots=True)
class Many:
    """An attribute with several: rows from somewhere, and what a sub-attribute is in one of them."""

    rows: Callable[[ColumnElement[bool]], ColumnElement[bool]]
    sub: Callable[[str], Single]


def _folded(value: Any) -> Any:
    return key_of(value) if isinstance(value, str) else value


def _instant(said: datetime) -> datetime:
    """An instant in UTC. Raises ``InvalidFilterException`` for one without a zone, or beyond the calendar."""
    try:
        if said.tzinfo is not None:
            return said.astimezone(UTC)
    except OverflowError:
        pass
    raise InvalidFilterException(detail=f"{said.isoformat()} is no instant: give it a time zone")


_NOBODY = UUID(int=0)


def _as_id(value: Any) -> UUID:
    """An id in the one spelling that we write (it is case-exact, RFC 7643 3.1), or one that nobody has."""
    try:
        id_ = UUID(value)
    except (ValueError, TypeError, AttributeError):
        return _NOBODY
    return id_ if str(id_) == value else _NOBODY


def _in_unit_named(name: Any) -> ColumnElement[bool]:
    named = select(BusinessUnit.id).where(or_(BusinessUnit.name_key == name, BusinessUnit.key == name))
    return Person.business_unit_id.in_(named)


def _said(name: str, held: Any) -> Any:
    """A column, where the feed's document says the attribute or there is no such document."""
    return case((or_(Person.attributes.is_(None), Person.attributes[name].as_string().is_not(None)), held))


def _user_type() -> Any:
    said = Person.attributes_key["userType"].as_string()
    return case((Person.attributes.is_(None), Person.employment_type), else_=said)


class Attributes:
    """The attributes of one resource type on one of the two databases."""

    def __init__(self, kind: Kind, model: type[Resource[Any]], postgresql: bool) -> None:
        self.kind, self.model, self.postgresql = kind, model, postgresql

    def of(self, binding: AttributeBinding) -> Single | Many:
        """Where an attribute's values stand. Raises ``InvalidFilterException`` for one that is not searched."""
        name = _path(binding)
        special = self._special(name)
        if special is not None:
            return special
        if self.kind is GROUPS or name.split(".")[0] in ("password", "meta", "schemas") or name.endswith(".$ref"):
            raise InvalidFilterException(detail=f"'{binding.urn}' cannot be searched")
        return self._in_document(binding)

    def sortable(self, binding: AttributeBinding) -> Any:
        """What resources are ordered by; texts in the order of their code points, as everywhere. None: not by this."""
        try:
            found = self.of(binding)
        except InvalidFilterException:
            return None
        if isinstance(found, Many):
            return None if self.kind is GROUPS or binding.field_name == "groups" else self._first(binding)
        return self.plain(found.value, binding)

    def plain(self, value: Any, binding: AttributeBinding) -> Any:
        """The value, compared byte by byte if it is a text: PostgreSQL would go by the rules of a language."""
        text = binding.target_type not in (bool, datetime) and not isinstance(getattr(value, "type", None), Uuid)
        return collate(value, "C") if self.postgresql and text else value

    def _special(self, name: str) -> Single | Many | None:
        if self.kind is GROUPS:
            return self._of_group(name)
        columns: dict[str, Callable[[], Single | Many]] = {
            "id": lambda: Single(Person.id, _as_id),
            "externalId": lambda: Single(Person.external_id),
            "meta.created": lambda: Single(Person.created_at),
            "meta.lastModified": lambda: Single(Person.updated_at),
            "meta.resourceType": lambda: Single(literal("User")),
            "userName": lambda: Single(Person.user_name_key, _folded),
            "displayName": lambda: Single(_said("displayName", Person.display_name_key), _folded),
            "name.givenName": lambda: Single(Person.given_name_key, _folded),
            "name.familyName": lambda: Single(Person.family_name_key, _folded),
            "title": lambda: Single(Person.title_key, _folded),
            "userType": lambda: Single(_user_type(), _folded),
            "active": lambda: Single(_said("active", Person.active)),
            "groups": self._memberships,
            f"{ENTERPRISE}:employeeNumber": lambda: Single(self._number()),
            f"{ENTERPRISE}:department": lambda: Single(self._department(), _folded, _in_unit_named),
            f"{ENTERPRISE}:manager": lambda: Single(Person.manager_id, _as_id),
            f"{ENTERPRISE}:manager.value": lambda: Single(Person.manager_id, _as_id),
        }
        head = name.split(".", maxsplit=1)[0]
        found = columns.get(name) or (columns[head] if head == "groups" else None)
        return found() if found else None

    def _of_group(self, name: str) -> Single | Many | None:
        columns: dict[str, Callable[[], Single | Many]] = {
            "id": lambda: Single(GroupRow.id, _as_id),
            "externalId": lambda: Single(GroupRow.external_id),
            "meta.created": lambda: Single(GroupRow.created_at),
            "meta.lastModified": lambda: Single(GroupRow.updated_at),
            "meta.resourceType": lambda: Single(literal("Group")),
            "displayName": lambda: Single(GroupRow.display_name_key, _folded),
            "members": self._members,
        }
        found = columns.get(name.split(".", maxsplit=1)[0] if name.startswith("members") else name)
        return found() if found else None

    def _number(self) -> Any:
        said = Person.attributes[(ENTERPRISE, "employeeNumber")].as_string()
        return case((or_(Person.attributes.is_(None), said.is_not(None)), Person.employee_number))

    def _department(self) -> Any:
        """As it is shown: the feed's word while it names the unit, else the unit's name."""
        said, unit = Person.attributes_key[(ENTERPRISE, "department")].as_string(), BusinessUnit
        here = select(unit.name_key).where(unit.id == Person.business_unit_id).correlate(Person)
        names_it = exists(here.where(or_(unit.key == said, unit.name_key == said)))
        name = here.scalar_subquery()
        unsaid = and_(Person.attributes.is_not(None), said.is_(None))
        return case((unsaid, null()), (names_it, said), else_=name)

    def _memberships(self) -> Many:
        inner = Member.__table__.alias("membership")
        owner = GroupRow.__table__.alias("membership_group")

        def rows(where: ColumnElement[bool]) -> ColumnElement[bool]:
            mine = select(literal(1)).select_from(inner.join(owner, owner.c.id == inner.c.group_id))
            return exists(mine.where(inner.c.employee_id == Person.id, where))

        subs = {"value": Single(owner.c.id, _as_id), "display": Single(owner.c.display_name_key, _folded)}
        return Many(rows, lambda name: _one_of(subs, name, "groups"))

    def _members(self) -> Many:
        inner = Member.__table__.alias("inner_member")

        def rows(where: ColumnElement[bool]) -> ColumnElement[bool]:
            return exists(select(literal(1)).where(inner.c.group_id == GroupRow.id, where))

        kind = case((inner.c.employee_id.is_not(None), "user"), else_="group")
        subs = {
            "value": Single(func.coalesce(inner.c.employee_id, inner.c.child_id), _as_id),
            "type": Single(kind, _folded),
        }
        return Many(rows, lambda name: _one_of(subs, name, "members"))

    # Whatever the directory has no column for stands in the document.

    def _in_document(self, binding: AttributeBinding) -> Single | Many:
        source = Person.attributes if binding.case_exact else Person.attributes_key
        path = _document_path(binding)
        if binding.is_multivalued:
            return self._items(source, path, binding)
        if binding.sub_field_name is None and _is_complex(binding):
            return Single(source[path].as_string())
        value = source[(*path, _sub_name(binding))] if binding.sub_field_name else source[path]
        if binding.target_type is bool:
            return Single(value.as_boolean())
        return Single(value.as_string(), lambda given: given if binding.case_exact else _folded(given))

    def _items(self, source: Any, path: tuple[str, ...], binding: AttributeBinding) -> Many:
        item = _Items(source, path, self.postgresql)

        def rows(where: ColumnElement[bool]) -> ColumnElement[bool]:
            return exists(select(literal(1)).select_from(item.each).where(where))

        def sub(name: str) -> Single:
            kind = _sub_type(binding, name)
            exact = _sub_exact(binding, name)
            value = item.flag(name) if kind is bool else item.text(name)
            return Single(value, (lambda given: given) if exact or kind is bool else _folded)

        return Many(rows, sub)

    def _first(self, binding: AttributeBinding) -> Any:
        """The value of the primary entry, else of the first (RFC 7644 3.4.2.3)."""
        source = Person.attributes if binding.case_exact else Person.attributes_key
        item = _Items(source, _document_path(binding), self.postgresql)
        name = _sub_name(binding) if binding.sub_field_name else "value"
        flag = func.coalesce(item.flag("primary"), false())
        found = select(item.text(name)).select_from(item.each).order_by(flag.desc(), item.place).limit(1)
        value = found.scalar_subquery()
        return self.plain(value, binding)


class _Items:
    """The entries of a list in a document, as rows. Who no feed has described has one e-mail, the directory's."""

    def __init__(self, source: Any, path: tuple[str, ...], postgresql: bool) -> None:
        self.postgresql = postgresql
        where = "$" + "".join(f'."{name}"' for name in path)
        listed = source[path] if postgresql else func.json_extract(source, where)
        if path == ("emails",):
            alone = case((and_(Person.attributes.is_(None), Person.email_key.is_not(None)), self._one_mail()))
            listed = func.coalesce(listed, alone)
        if postgresql:
            rows = func.jsonb_array_elements(listed, type_=JSONB)
            self.each = rows.table_valued(column("value", JSONB), with_ordinality="key", name="item").render_derived()
        else:
            self.each = func.json_each(listed).table_valued("value", "key", name="item")
        self.place = self.each.c.key

    def _one_mail(self) -> Any:
        if self.postgresql:
            made = func.jsonb_build_object("value", Person.email_key, "type", "work", "primary", true())
            return func.jsonb_build_array(made)
        made = func.json_object("value", Person.email_key, "type", "work", "primary", func.json("true"))
        return func.json_array(made)

    def text(self, name: str) -> Any:
        """A text member of the entry."""
        if self.postgresql:
            return self.each.c.value[name].astext
        return func.json_extract(self.each.c.value, f'$."{name}"')

    def flag(self, name: str) -> Any:
        """A boolean member of the entry."""
        if self.postgresql:
            return self.each.c.value[name].as_boolean()
        return func.json_extract(self.each.c.value, f'$."{name}"') == literal(1)


class Filter(FilterVisitor[ColumnElement[bool]]):
    """A filter's syntax tree as one condition. Raises ``InvalidFilterException``."""

    def __init__(self, attributes: Attributes) -> None:
        self.attributes = attributes
        self.terms = 0

    def _binding(self, path: Any, *, comparison: bool = False) -> AttributeBinding | None:
        self.count()
        return _resolve_filter_path(self.attributes.model, path, strict=False, for_comparison=comparison)

    def count(self) -> None:
        """One more comparison. Raises ``InvalidFilterException`` for one too many."""
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise InvalidFilterException(detail=f"A filter may hold {MAX_TERMS} comparisons")

    def visit_comparison(self, node: Comparison) -> ColumnElement[bool]:
        """``attribute op value``; of several values any that fits, for ``ne`` all."""
        binding = self._binding(node.attr_path, comparison=True)
        if binding is None:  # of another resource type (RFC 7644 3.4.2.1)
            return false()
        _validate_operator(binding, node.op)
        wanted = coerce_value(binding, node.value, node.op)
        found = self.attributes.of(binding)
        if isinstance(found, Single):
            if binding.sub_field_name is None and _is_complex(binding) and not _path(binding).endswith(":manager"):
                return self._compare_whole(node, wanted)
            return self._compare(found, binding, node.op, wanted)
        one = found.sub(_sub_name(binding) if binding.sub_field_name else "value")
        if wanted is None:
            absent = or_(not_(found.rows(true())), found.rows(one.value.is_(None)))
            return absent if node.op is _Op.eq else not_(absent) if node.op is _Op.ne else false()
        if node.op is _Op.ne:
            return not_(found.rows(self._compare(one, binding, _Op.eq, wanted)))
        return found.rows(self._compare(one, binding, node.op, wanted))

    def _compare_whole(self, node: Comparison, wanted: Any) -> ColumnElement[bool]:
        """An attribute of several parts is equal to no value; it may be there or not."""
        if wanted is not None:
            return true() if node.op is _Op.ne else false()
        present = self.visit_present(Present(node.attr_path))
        return not_(present) if node.op is _Op.eq else present if node.op is _Op.ne else false()

    def _compare(self, one: Single, binding: AttributeBinding, op: _Op, wanted: Any) -> ColumnElement[bool]:
        if wanted is None:
            absent = one.value.is_(None)
            return absent if op is _Op.eq else not_(absent) if op is _Op.ne else false()
        if isinstance(wanted, str) and "\0" in wanted:
            raise InvalidFilterException(detail="A value holds a NUL")
        value = _instant(wanted) if isinstance(wanted, datetime) else one.prepare(wanted)
        if one.prepare is _as_id and op not in (_Op.eq, _Op.ne) and (op not in _ORDER or value == _NOBODY):
            raise InvalidFilterException(detail=f"'{binding.urn}' is compared with a whole id, or by eq and ne")
        if isinstance(value, bytes):
            raise InvalidFilterException(detail=f"'{binding.urn}' cannot be searched")
        there = one.value.is_not(None)  # said, so that "not" makes the opposite of it: of an unknown it makes no yes
        if op in (_Op.eq, _Op.ne):
            same = and_(one.narrow(value), there, one.value == value)
            return same if op is _Op.eq else not_(same)
        if op in _ORDER:
            return and_(there, _ORDER[op](self.attributes.plain(one.value, binding), value))
        return and_(there, self._holds(one, binding, op, value))

    def _holds(self, one: Single, binding: AttributeBinding, op: _Op, value: Any) -> ColumnElement[bool]:
        """Whether a text holds, begins or ends with another; no LIKE, whose wildcards and case are its own."""
        if not isinstance(value, str) or binding.target_type is datetime:
            return false()  # as the evaluator has it: only texts hold texts
        if not value:
            return true()
        if op is _Op.co:
            where = func.strpos if self.attributes.postgresql else func.instr
            return where(one.value, value) > 0
        if op is _Op.sw:
            return func.substr(one.value, 1, len(value)) == value
        last = func.right(one.value, len(value)) if self.attributes.postgresql else func.substr(one.value, -len(value))
        return last == value

    def visit_present(self, node: Present) -> ColumnElement[bool]:
        """``attribute pr``: there is a value that is not empty."""
        binding = self._binding(node.attr_path)
        if binding is None:
            return false()
        if _path(binding) == "name":
            columns = [Person.given_name_key, Person.family_name_key, Person.attributes["name"].as_string()]
            return or_(*(one.is_not(None) for one in columns))
        found = self.attributes.of(binding)
        if isinstance(found, Single):
            there: ColumnElement[bool] = found.value.is_not(None)
            return there
        if binding.sub_field_name is None:
            return found.rows(true())
        return found.rows(found.sub(_sub_name(binding)).value.is_not(None))

    def visit_not(self, node: Not) -> ColumnElement[bool]:
        """``not (...)``."""
        return not_(self.visit(node.expr))

    def visit_logical_expr(self, node: LogicalExpr) -> ColumnElement[bool]:
        """``... and ...``, ``... or ...``."""
        terms = [self.visit(term) for term in node.terms]
        return and_(*terms) if node.op is LogicalOperator.and_ else or_(*terms)

    def visit_value_path(self, node: ValuePath) -> ColumnElement[bool]:
        """``attribute[...]``: one value of several that fits as a whole."""
        binding = self._binding(node.attr_path)
        if binding is None:
            return false()
        _validate_value_selection(binding)
        found = self.attributes.of(binding)
        if not isinstance(found, Many):
            raise InvalidFilterException(detail=f"'{binding.urn}' cannot be searched")
        return found.rows(_Entry(self, found, binding).visit(node.val_filter))


class _Entry(FilterVisitor[ColumnElement[bool]]):
    """The filter between brackets, about one entry of a list."""

    def __init__(self, outer: Filter, many: Many, binding: AttributeBinding) -> None:
        self.outer, self.many, self.binding = outer, many, binding

    def _single(self, path: Any) -> tuple[Single, AttributeBinding] | None:
        model: Any = self.binding.field_type
        inner = _resolve_filter_path(model, path, strict=False, for_comparison=True)
        if inner is None:
            return None
        self.outer.count()
        return self.many.sub(model._scim_name(inner.field_name)), inner  # noqa: SLF001 - as the schema spells it

    def visit_comparison(self, node: Comparison) -> ColumnElement[bool]:
        found = self._single(node.attr_path)
        if found is None:
            return false()
        one, inner = found
        _validate_operator(inner, node.op)
        return self.outer._compare(one, inner, node.op, coerce_value(inner, node.value, node.op))  # noqa: SLF001

    def visit_present(self, node: Present) -> ColumnElement[bool]:
        found = self._single(node.attr_path)
        return found[0].value.is_not(None) if found else false()

    def visit_not(self, node: Not) -> ColumnElement[bool]:
        return not_(self.visit(node.expr))

    def visit_logical_expr(self, node: LogicalExpr) -> ColumnElement[bool]:
        terms = [self.visit(term) for term in node.terms]
        return and_(*terms) if node.op is LogicalOperator.and_ else or_(*terms)

    def visit_value_path(self, node: ValuePath) -> ColumnElement[bool]:  # noqa: ARG002 - as the base has it
        raise InvalidFilterException(detail="A value selection cannot stand inside another")


def _path(binding: AttributeBinding) -> str:
    """The attribute's name as it stands in a document: ``name.givenName``, ``urn:...:User:department``."""
    schema = str(getattr(binding.model, "__schema__", ""))
    return binding.urn if schema == ENTERPRISE else binding.urn.removeprefix(f"{schema}:")


def _document_path(binding: AttributeBinding) -> tuple[str, ...]:
    head = binding.model._scim_name(binding.field_name)  # noqa: SLF001 - as the schema spells it
    return (ENTERPRISE, head) if str(getattr(binding.model, "__schema__", "")) == ENTERPRISE else (head,)


def _sub_name(binding: AttributeBinding) -> str:
    model: Any = binding.field_type
    return str(model._scim_name(binding.sub_field_name))  # noqa: SLF001 - as the schema spells it


def _is_complex(binding: AttributeBinding) -> bool:
    return isinstance(binding.field_type, type) and issubclass(binding.field_type, BaseModel)


def _sub_field(binding: AttributeBinding, name: str) -> tuple[Any, str]:
    model: Any = binding.field_type
    for field in model.model_fields:
        if model._scim_name(field) == name:  # noqa: SLF001 - as the schema spells it
            return model, field
    raise InvalidFilterException(detail=f"'{binding.urn}' has no '{name}'")


def _sub_type(binding: AttributeBinding, name: str) -> Any:
    model, field = _sub_field(binding, name)
    return model.get_field_root_type(field)


def _sub_exact(binding: AttributeBinding, name: str) -> bool:
    model, field = _sub_field(binding, name)
    return bool(model.get_field_annotation(field, CaseExact) == CaseExact.true)


def _one_of(subs: Mapping[str, Single], name: str, head: str) -> Single:
    if name not in subs:
        raise InvalidFilterException(detail=f"'{head}.{name}' cannot be searched")
    return subs[name]
