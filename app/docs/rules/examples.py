"""Examples with which "Try it out" works as it stands: bodies from the schemas, ids from the data that is served."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from .document import Document, operations

NAMES: Final[Mapping[str, str]] = {
    "accounts": "account_id",
    "appointments": "appointment_id",
    "assessments": "assessment_id",
    "business-units": "business_unit_id",
    "clearances": "clearance_id",
    "completions": "completion_id",
    "budgets": "budget_id",
    "campaigns": "campaign_id",
    "courses": "course_id",
    "curriculum": "curriculum_entry_id",
    "discoveries": "discovery_id",
    "employees": "employee_id",
    "freezes": "freeze_id",
    "goals": "goal_id",
    "grants": "grant_id",
    "group-mappings": "group_mapping_id",
    "imports": "import_id",
    "kpis": "kpi_id",
    "liaisons": "business_unit_id",
    "networks": "network",
    "objectives": "objective_id",
    "policies": "policy_id",
    "publishing-tools": "tool_id",
    "reports": "report",
    "requests": "request_id",
    "research": "finding_id",
    "retirements": "retirement_id",
    "reviews": "review_id",
    "rights-requests": "request_id",
    "versions": "strategy_id",
    "targets": "target_id",
    "vendors": "vendor_id",
    "webhooks": "webhook_id",
}
"""What the first part of a path that ends in an id is called in ``examples``."""
_BY_FORMAT: Final[Mapping[str, str]] = {
    "date-time": "2030-03-31T17:00:00Z",
    "date": "2030-03-31",
    "uuid": "01930000-0000-7000-8000-000000000000",
    "uri": "https://example.com",
}
_BY_NAME: Final[Mapping[str, Any]] = {
    "at": "2026-11-02T09:00:00Z",
    "comment": "Agreed.",
    "justification": "Still needed for customer care.",
    "purpose": "News and customer care.",
    "reason": "As agreed with the business unit.",
}
_BY_TYPE: Final[Mapping[str, Any]] = {"string": "text", "integer": 1, "number": 1.0, "boolean": False, "object": {}}


def fill(document: Mapping[str, Any], examples: Mapping[str, Any]) -> Document:
    """The document with an example for every JSON body, and for every part of a path that ``examples`` knows.

    ``examples``: a value by name (``grant_id``, ``account_id``, ...), or for one operation alone by
    ``operationId.name``; names are those of parameters and body members, and ``NAMES`` for ``{id}`` in a path.
    """
    filled = deepcopy(dict(document))
    for path, _, operation in operations(filled):
        told = _told(operation.get("operationId", ""), examples)
        for parameter in operation.get("parameters", []):
            name = _name(path, parameter)
            if parameter.get("in") == "path" and name in told:
                parameter["example"] = told[name]
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if body is not None and "schema" in body and "example" not in body and "examples" not in body:
            body["example"] = _Sketch(filled, told).of(body["schema"])
    return filled


def _told(operation_id: str, examples: Mapping[str, Any]) -> dict[str, Any]:
    general = {name: value for name, value in examples.items() if "." not in name}
    start = f"{operation_id}."
    return general | {name.removeprefix(start): value for name, value in examples.items() if name.startswith(start)}


def _name(path: str, parameter: Mapping[str, Any]) -> str:
    name = str(parameter.get("name", ""))
    if name not in {"id", "key"}:
        return name
    before = path.partition(f"/{{{name}}}")[0]
    return NAMES.get(before.rsplit("/", 1)[-1], name)


class _Sketch:
    """Makes a value that a schema allows, as short as it can be."""

    def __init__(self, document: Mapping[str, Any], told: Mapping[str, Any]) -> None:
        self._schemas: Mapping[str, Any] = document.get("components", {}).get("schemas", {})
        self._told = told

    def of(self, schema: Mapping[str, Any]) -> Any:
        schema = self._resolve(schema)
        for key in ("examples", "enum"):
            if schema.get(key):
                return self._update(schema[key][0])
        for key in ("example", "const", "default"):
            if key in schema:
                return self._update(schema[key])
        return self._object(schema) if "properties" in schema else self._plain(schema)

    def _resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while True:
            if "$ref" in schema:
                beside = {key: value for key, value in schema.items() if key != "$ref"}
                schema = {**self._schemas[schema["$ref"].rsplit("/", 1)[-1]], **beside}
            elif "anyOf" in schema or "oneOf" in schema:
                ways = schema.get("anyOf") or schema["oneOf"]
                beside = {key: value for key, value in schema.items() if key not in {"anyOf", "oneOf", "default"}}
                schema = {**next(one for one in ways if one.get("type") != "null"), **beside}
            else:
                return schema

    def _update(self, value: Any) -> Any:
        """A whole example, its members being those that are there if we know better."""
        if not isinstance(value, dict):
            return deepcopy(value)
        return {name: self._told.get(name, deepcopy(member)) for name, member in value.items()}

    def _object(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        required = set(schema.get("required", ()))
        members = {
            name: self._member(name, member)
            for name, member in schema["properties"].items()
            if name in required or self._exemplary(member)
        }
        if members or not schema["properties"]:
            return members
        # A change of nothing shows nothing: take one member.
        name = min(schema["properties"], key=lambda one: (one not in _BY_NAME, one))
        return {name: self._member(name, schema["properties"][name])}

    def _member(self, name: str, schema: Mapping[str, Any]) -> Any:
        if name in self._told:
            return self._told[name]
        return _BY_NAME[name] if name in _BY_NAME and not self._exemplary(schema) else self.of(schema)

    def _exemplary(self, schema: Mapping[str, Any]) -> bool:
        return bool(schema.get("examples")) or "example" in schema

    def _plain(self, schema: Mapping[str, Any]) -> Any:
        kind = schema.get("type", "object")
        if kind == "array":
            return [self.of(schema["items"])] if schema.get("items") else []
        if kind == "string" and schema.get("format") in _BY_FORMAT:
            return _BY_FORMAT[schema["format"]]
        return schema.get("minimum", _BY_TYPE.get(kind)) if kind in {"integer", "number"} else _BY_TYPE.get(kind)
