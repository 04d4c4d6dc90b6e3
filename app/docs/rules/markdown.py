"""The OpenAPI document as a page to read: the same document gives the same text, byte for byte."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from .document import PROBLEM, operations

Json = Mapping[str, Any]


def render_markdown(document: Json) -> str:
    """``openapi.md``: how to sign in, then by who uses them every operation, then the shapes of what they say."""
    lines = [*_head(document), *_sign_in(document), *_contents(document)]
    for tag in _tags(document):
        lines += _heading(2, tag)
        for path, method, operation in _of_tag(document, tag):
            lines += _operation(document, path, method, operation)
    lines += _shapes(document)
    return "\n".join(lines).rstrip("\n") + "\n"


def _heading(level: int, text: str) -> list[str]:
    return ["#" * level + f" {text}", ""]


def _head(document: Json) -> list[str]:
    info = document["info"]
    generated = "Written by `coe openapi --markdown` from the running code; do not edit it by hand."
    return [
        *_heading(1, info["title"]),
        f"Version {info['version']}. {generated}",
        "",
        info.get("description", "").strip(),
        "",
    ]


def _sign_in(document: Json) -> list[str]:
    schemes = document.get("components", {}).get("securitySchemes", {})
    lines = _heading(2, "How to authenticate") if schemes else []
    for name, scheme in schemes.items():
        lines += [f"**{name}** ({scheme['type']}): {scheme.get('description', '')}", ""]
        for flow, told in scheme.get("flows", {}).items():
            # The path alone: the page is the same wherever the service stands.
            where = [f"{key} `{urlsplit(told[key]).path}`" for key in ("authorizationUrl", "tokenUrl") if key in told]
            lines += [f"- `{flow}`: {', '.join(where)}"]
            lines += [f"    - scope `{scope}`: {words}" for scope, words in told.get("scopes", {}).items()]
        lines += [""] if scheme.get("flows") else []
    return lines


def _tags(document: Json) -> list[str]:
    """In the order in which the document introduces them, then those it does not."""
    used = list(dict.fromkeys(_tag(operation) for _, _, operation in operations(document)))
    introduced = [tag["name"] for tag in document.get("tags", [])]
    return [*(tag for tag in introduced if tag in used), *(tag for tag in used if tag not in introduced)]


def _tag(operation: Json) -> str:
    return str((operation.get("tags") or ["Other"])[0])


def _of_tag(document: Json, tag: str) -> list[tuple[str, str, Json]]:
    return [(path, method, one) for path, method, one in operations(document) if _tag(one) == tag]


def _contents(document: Json) -> list[str]:
    lines = _heading(2, "Operations")
    for tag in _tags(document):
        rows = [
            (f"`{method.upper()} {path}`", one.get("summary", ""), _code(one.get("x-permission")))
            for path, method, one in _of_tag(document, tag)
        ]
        lines += [f"**{tag}**", "", *_table(("call", "what it does", "permission"), rows)]
    return lines


def _code(text: str | None) -> str:
    return f"`{text}`" if text else "none, open to everybody"


def _table(titles: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    if not rows:
        return []
    cells = [[" ".join(cell.split()).replace("|", "\\|") for cell in row] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in [list(titles), ["---"] * len(titles), *cells]]
    return [*lines, ""]


def _operation(document: Json, path: str, method: str, operation: Json) -> list[str]:
    lines = _heading(3, f"`{method.upper()} {path}`")
    summary = operation.get("summary", "")
    lines += [summary if summary.endswith(("?", "!")) else f"{summary}.", ""]
    lines += [operation["description"], ""] if operation.get("description") else []
    lines += _parameters(document, operation)
    lines += _body(document, operation)
    return [*lines, *_answers(operation)]


def _parameters(document: Json, operation: Json) -> list[str]:
    rows = [
        (
            f"`{one['name']}`", one["in"], _kind(one.get("schema", {})), "yes" if one.get("required") else "",
            _words(one, one.get("schema", {})),
        )
        for one in (_resolved(document, parameter) for parameter in operation.get("parameters", []))
    ]  # fmt: skip
    return _table(("parameter", "in", "type", "required", "what"), rows)


def _resolved(document: Json, part: Json) -> Json:
    if "$ref" not in part:
        return part
    found: Any = document
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found if isinstance(found, Mapping) else {}


def _words(*parts: Json) -> str:
    """The first description among the parts, and the default if there is one."""
    said = next((one["description"] for one in parts if one.get("description")), "")
    default = next((one["default"] for one in parts if one.get("default") is not None), None)
    return said if default is None else f"{said} Default: `{json.dumps(default, ensure_ascii=False)}`.".strip()


def _body(document: Json, operation: Json) -> list[str]:
    lines: list[str] = []
    for media, told in operation.get("requestBody", {}).get("content", {}).items():
        schema = told.get("schema", {})
        lines += [f"Body (`{media}`): {_kind(schema)}", "", *_fields(_resolved(document, schema))]
        if "example" in told:
            lines += ["```json", json.dumps(told["example"], indent=2, ensure_ascii=False), "```", ""]
    return lines


def _fields(schema: Json) -> list[str]:
    required = schema.get("required", ())
    rows = [
        (f"`{name}`", _kind(member), "yes" if name in required else "", _words(member))
        for name, member in schema.get("properties", {}).items()
    ]
    return _table(("field", "type", "required", "what"), rows)


def _answers(operation: Json) -> list[str]:
    rows = [
        (status, ", ".join(_content(answer)), answer.get("description", ""))
        for status, answer in operation.get("responses", {}).items()
    ]
    return _table(("answer", "body", "what"), rows)


def _content(answer: Json) -> Iterator[str]:
    for media, told in answer.get("content", {}).items():
        kind = _kind(told.get("schema", {}))
        yield kind if media in {"application/json", PROBLEM} else f"{kind} (`{media}`)"


def _kind(schema: Json) -> str:
    """A type in a few words, naming the shape if it has a name."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{_anchor(name)})"
    ways = schema.get("anyOf") or schema.get("oneOf")
    if ways:
        return " or ".join(_kind(one) for one in ways)
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return " ".join(filter(None, (str(schema.get("type", "any")), _limits(schema))))


def _limits(schema: Json) -> str:
    said = [str(schema["format"])] if "format" in schema else []
    for low, high, unit in (("minLength", "maxLength", " characters"), ("minimum", "maximum", "")):
        if low in schema or high in schema:
            said.append(f"{schema.get(low, '')}…{schema.get(high, '')}{unit}")
    return f"({', '.join(said)})" if said else ""


def _anchor(name: str) -> str:
    """The fragment that a heading gets where Markdown is shown (GitHub's rule: lower case, without punctuation)."""
    return "".join(sign for sign in name.lower() if sign.isalnum() or sign in "-_")


def _shapes(document: Json) -> list[str]:
    lines = _heading(2, "Shapes")
    for name, schema in sorted(document.get("components", {}).get("schemas", {}).items()):
        lines += _heading(3, name)
        lines += [schema["description"], ""] if schema.get("description") else []
        lines += _fields(schema) if schema.get("properties") else [_kind(schema), ""]
    return lines
