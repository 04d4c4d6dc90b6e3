"""SCIM attributes as SQL expressions.

Every attribute that is served can be searched. Those that the directory holds as columns are searched there; the rest in
the document that the feed sent, whose texts are kept folded beside it (``attributes_key``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from scim2_models import BaseModel, CaseExact, InvalidFilterException, Resource
from scim2_models.path import AttributeBinding
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
from app.lifecycle.documents.rules import ENTERPRISE


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


NOBODY = UUID(int=0)
"""No resource has this id."""


def as_id(value: Any) -> UUID:
    """An id in the one spelling that we write (it is case-exact, RFC 7643 3.1), or one that nobody has."""
    try:
        id_ = UUID(value)
    except (ValueError, TypeError, AttributeError):
        return NOBODY
    return id_ if str(id_) == value else NOBODY


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
        name = path_of(binding)
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
            "id": lambda: Single(Person.id, as_id),
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
            f"{ENTERPRISE}:manager": lambda: Single(Person.manager_id, as_id),
            f"{ENTERPRISE}:manager.value": lambda: Single(Person.manager_id, as_id),
        }
        head = name.split(".", maxsplit=1)[0]
        found = columns.get(name) or (columns[head] if head == "groups" else None)
        return found() if found else None

    def _of_group(self, name: str) -> Single | Many | None:
        columns: dict[str, Callable[[], Single | Many]] = {
            "id": lambda: Single(GroupRow.id, as_id),
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

        subs = {"value": Single(owner.c.id, as_id), "display": Single(owner.c.display_name_key, _folded)}
        return Many(rows, lambda name: _one_of(subs, name, "groups"))

    def _members(self) -> Many:
        inner = Member.__table__.alias("inner_member")

        def rows(where: ColumnElement[bool]) -> ColumnElement[bool]:
            return exists(select(literal(1)).where(inner.c.group_id == GroupRow.id, where))

        kind = case((inner.c.employee_id.is_not(None), "user"), else_="group")
        subs = {
            "value": Single(func.coalesce(inner.c.employee_id, inner.c.child_id), as_id),
            "type": Single(kind, _folded),
        }
        return Many(rows, lambda name: _one_of(subs, name, "members"))

    # Whatever the directory has no column for stands in the document.

    def _in_document(self, binding: AttributeBinding) -> Single | Many:
        source = Person.attributes if binding.case_exact else Person.attributes_key
        path = _document_path(binding)
        if binding.is_multivalued:
            return self._items(source, path, binding)
        if binding.sub_field_name is None and is_complex(binding):
            return Single(source[path].as_string())
        value = source[(*path, sub_name(binding))] if binding.sub_field_name else source[path]
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
        name = sub_name(binding) if binding.sub_field_name else "value"
        flag = func.coalesce(item.flag("primary"), false())
        found = select(item.text(name)).select_from(item.each).order_by(flag.desc(), item.place).limit(1)
        value = found.scalar_subquery()
        return self.plain(value, binding)


_ALONE = {"emails": ("value", Person.email_key), "addresses": ("locality", Person.location_key)}


class _Items:
    """The entries of a list in a document, as rows. Who no feed has described has one of each that the directory knows."""

    def __init__(self, source: Any, path: tuple[str, ...], postgresql: bool) -> None:
        self.postgresql = postgresql
        where = "$" + "".join(f'."{name}"' for name in path)
        listed = source[path] if postgresql else func.json_extract(source, where)
        if len(path) == 1 and path[0] in _ALONE:
            part, held = _ALONE[path[0]]
            alone = case((and_(Person.attributes.is_(None), held.is_not(None)), self._one(part, held)))
            listed = func.coalesce(listed, alone)
        if postgresql:
            rows = func.jsonb_array_elements(listed, type_=JSONB)
            self.each = rows.table_valued(column("value", JSONB), with_ordinality="key", name="item").render_derived()
        else:
            self.each = func.json_each(listed).table_valued("value", "key", name="item")
        self.place = self.each.c.key

    def _one(self, part: str, held: Any) -> Any:
        if self.postgresql:
            made = func.jsonb_build_object(part, held, "type", "work", "primary", true())
            return func.jsonb_build_array(made)
        made = func.json_object(part, held, "type", "work", "primary", func.json("true"))
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


def path_of(binding: AttributeBinding) -> str:
    """The attribute's name as it stands in a document: ``name.givenName``, ``urn:...:User:department``."""
    schema = str(getattr(binding.model, "__schema__", ""))
    return binding.urn if schema == ENTERPRISE else binding.urn.removeprefix(f"{schema}:")


def _document_path(binding: AttributeBinding) -> tuple[str, ...]:
    head = binding.model._scim_name(binding.field_name)  # noqa: SLF001 - as the schema spells it
    return (ENTERPRISE, head) if str(getattr(binding.model, "__schema__", "")) == ENTERPRISE else (head,)


def sub_name(binding: AttributeBinding) -> str:
    """The part of an attribute that is meant, as the schema spells it."""
    model: Any = binding.field_type
    return str(model._scim_name(binding.sub_field_name))  # noqa: SLF001 - as the schema spells it


def is_complex(binding: AttributeBinding) -> bool:
    """Has the attribute parts?"""
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
