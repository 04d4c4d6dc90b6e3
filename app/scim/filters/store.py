"""The filter language of SCIM (RFC 7644 3.4.2.2) over attributes as SQL expressions."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

from scim2_models import InvalidFilterException
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
from sqlalchemy import ColumnElement, and_, false, func, not_, or_, true

from app.directory.tables import Employee as Person
from app.scim.attributes.store import NOBODY, Attributes, Many, Single, as_id, is_complex, path_of, sub_name

_Op = CompareOperator
_ORDER: dict[_Op, Callable[[Any, Any], Any]] = {
    _Op.gt: lambda a, b: a > b,
    _Op.ge: lambda a, b: a >= b,
    _Op.lt: lambda a, b: a < b,
    _Op.le: lambda a, b: a <= b,
}
MAX_TERMS = 200
"""Comparisons in one filter; SQLite parses an expression 1,000 deep, and nobody needs as many."""


def _instant(said: datetime) -> datetime:
    """An instant in UTC. Raises ``InvalidFilterException`` for one without a zone, or beyond the calendar."""
    try:
        if said.tzinfo is not None:
            return said.astimezone(UTC)
    except OverflowError:
        pass
    raise InvalidFilterException(detail=f"{said.isoformat()} is no instant: give it a time zone")


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
            if binding.sub_field_name is None and is_complex(binding) and not path_of(binding).endswith(":manager"):
                return self._compare_whole(node, wanted)
            return self._compare(found, binding, node.op, wanted)
        one = found.sub(sub_name(binding) if binding.sub_field_name else "value")
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
        if one.prepare is as_id and op not in (_Op.eq, _Op.ne) and (op not in _ORDER or value == NOBODY):
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
        if path_of(binding) == "name":
            columns = [Person.given_name_key, Person.family_name_key, Person.attributes["name"].as_string()]
            return or_(*(one.is_not(None) for one in columns))
        found = self.attributes.of(binding)
        if isinstance(found, Single):
            there: ColumnElement[bool] = found.value.is_not(None)
            return there
        if binding.sub_field_name is None:
            return found.rows(true())
        return found.rows(found.sub(sub_name(binding)).value.is_not(None))

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
        found = cast("Many", self.attributes.of(binding))  # of several values, as was just found
        return found.rows(_Entry(self, found, binding).visit(node.val_filter))


class _Entry(FilterVisitor[ColumnElement[bool]]):
    """The filter between brackets, about one entry of a list. That no brackets stand in it, the grammar sees to."""

    def __init__(self, outer: Filter, many: Many, binding: AttributeBinding) -> None:
        self.outer, self.many, self.binding = outer, many, binding

    def _single(self, path: Any) -> tuple[Single, AttributeBinding]:
        model: Any = self.binding.field_type
        inner = cast("AttributeBinding", _resolve_filter_path(model, path, for_comparison=True))
        self.outer.count()
        return self.many.sub(model._scim_name(inner.field_name)), inner  # noqa: SLF001 - as the schema spells it

    def visit_comparison(self, node: Comparison) -> ColumnElement[bool]:
        one, inner = self._single(node.attr_path)
        _validate_operator(inner, node.op)
        return self.outer._compare(one, inner, node.op, coerce_value(inner, node.value, node.op))  # noqa: SLF001

    def visit_present(self, node: Present) -> ColumnElement[bool]:
        present: ColumnElement[bool] = self._single(node.attr_path)[0].value.is_not(None)
        return present

    def visit_not(self, node: Not) -> ColumnElement[bool]:
        return not_(self.visit(node.expr))

    def visit_logical_expr(self, node: LogicalExpr) -> ColumnElement[bool]:
        terms = [self.visit(term) for term in node.terms]
        return and_(*terms) if node.op is LogicalOperator.and_ else or_(*terms)
