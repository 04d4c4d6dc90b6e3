"""The page made of a small document that has one of everything, to the last byte."""

import pytest

from app.docs.rules import render_markdown

PROBLEM = "application/problem+json"


def ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


DOCUMENT = {
    "info": {"title": "Things", "version": "1.2.3", "description": "\nWhat there is.\n"},
    "tags": [{"name": "Unused"}, {"name": "Second"}, {"name": "First"}],
    "paths": {
        "/things/{id}": {
            "get": {
                "tags": ["First", "Second"],
                "summary": "One thing",
                "description": "All of it.\n\nAnd more.",
                "x-permission": "thing:read",
                "parameters": [
                    {
                        "name": "id",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string", "format": "uuid", "description": "Which"},
                    },
                    {"$ref": "#/components/parameters/Size"},
                    {"name": "free", "in": "query"},
                ],
                "responses": {
                    "200": {"description": "Done.", "content": {"application/json": {"schema": ref("Thing")}}},
                    "404": {
                        "description": "Not\n there | or\nhidden",
                        "content": {PROBLEM: {"schema": ref("Problem")}, "text/csv": {"schema": {"type": "string"}}},
                    },
                    "429": {},
                },
            },
        },
        "/things": {
            "post": {
                "tags": ["Second"],
                "summary": "May I?",
                "requestBody": {
                    "content": {
                        "application/json": {"schema": ref("Thing"), "example": {"who": "Zoë", "n": [1]}},
                        "text/csv": {},
                    }
                },
                "responses": {},
            },
            "get": {"summary": "Look at this!", "tags": [], "responses": {}},
        },
        "/late": {"get": {"tags": ["Late"], "description": ""}},
    },
    "components": {
        "securitySchemes": {
            "login": {
                "type": "oauth2",
                "description": "People.",
                "flows": {
                    "authorizationCode": {
                        "authorizationUrl": "https://coe.example/oauth/authorize",
                        "tokenUrl": "https://coe.example/oauth/token",
                        "scopes": {"a": "All", "b": "Both"},
                    },
                    "clientCredentials": {"tokenUrl": "https://coe.example/oauth/token"},
                },
            },
            "bearer": {"type": "http"},
        },
        "parameters": {
            "Size": {
                "name": "size",
                "in": "query",
                "required": False,
                "description": "How many",
                "schema": {"type": "integer", "minimum": 1, "maximum": 9, "default": 5, "description": "not this"},
            }
        },
        "schemas": {
            "Word": {"enum": ["é", "no"]},
            "Empty": {"type": "object", "description": "Nothing.", "properties": {}},
            "Thing": {
                "type": "object",
                "description": "A thing.",
                "required": ["who"],
                "properties": {
                    "who": {"type": "string", "description": "Whose", "default": "é"},
                    "n": {"type": "array", "items": {"type": "integer"}, "default": []},
                },
            },
        },
    },
}

PAGE = """\
# Things

Version 1.2.3. Written by `coe openapi --markdown` from the running code; do not edit it by hand.

What there is.

## How to authenticate

**login** (oauth2): People.

- `authorizationCode`: authorizationUrl `/oauth/authorize`, tokenUrl `/oauth/token`
    - scope `a`: All
    - scope `b`: Both
- `clientCredentials`: tokenUrl `/oauth/token`

**bearer** (http):\x20

## Operations

**Second**

| call | what it does | permission |
| --- | --- | --- |
| `POST /things` | May I? | none, open to everybody |

**First**

| call | what it does | permission |
| --- | --- | --- |
| `GET /things/{id}` | One thing | `thing:read` |

**Other**

| call | what it does | permission |
| --- | --- | --- |
| `GET /things` | Look at this! | none, open to everybody |

**Late**

| call | what it does | permission |
| --- | --- | --- |
| `GET /late` |  | none, open to everybody |

## Second

### `POST /things`

May I?

Body (`application/json`): [Thing](#thing)

| field | type | required | what |
| --- | --- | --- | --- |
| `who` | string | yes | Whose Default: `"é"`. |
| `n` | list of integer |  | Default: `[]`. |

```json
{
  "who": "Zoë",
  "n": [
    1
  ]
}
```

Body (`text/csv`): any

## First

### `GET /things/{id}`

One thing.

All of it.

And more.

| parameter | in | type | required | what |
| --- | --- | --- | --- | --- |
| `id` | path | string (uuid) | yes | Which |
| `size` | query | integer (1…9) |  | How many Default: `5`. |
| `free` | query | any |  |  |

| answer | body | what |
| --- | --- | --- |
| 200 | [Thing](#thing) | Done. |
| 404 | [Problem](#problem), string (`text/csv`) | Not there \\| or hidden |
| 429 |  |  |

## Other

### `GET /things`

Look at this!

## Late

### `GET /late`

.

## Shapes

### Empty

Nothing.

object

### Thing

A thing.

| field | type | required | what |
| --- | --- | --- | --- |
| `who` | string | yes | Whose Default: `"é"`. |
| `n` | list of integer |  | Default: `[]`. |

### Word

`é`, `no`
"""


def test_one_of_everything():
    assert render_markdown(DOCUMENT).splitlines() == PAGE.splitlines()
    assert render_markdown(DOCUMENT) == PAGE


def test_of_next_to_nothing():
    assert render_markdown({"info": {"title": "T", "version": "1"}}).splitlines() == [
        "# T",
        "",
        "Version 1. Written by `coe openapi --markdown` from the running code; do not edit it by hand.",
        "",
        "",
        "",
        "## Operations",
        "",
        "## Shapes",
    ]


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({}, "any"),
        ({"$ref": "#/components/schemas/Bare_It.em-2"}, "[Bare_It.em-2](#bare_item-2)"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string or null"),
        ({"oneOf": [ref("A"), ref("B")]}, "[A](#a) or [B](#b)"),
        ({"enum": ["a", 1], "type": "string"}, "`a`, `1`"),
        ({"const": "x", "type": "string"}, "`x`"),
        ({"type": "array"}, "list of any"),
        ({"type": "array", "items": {"type": "array", "items": {"const": 1}}}, "list of list of `1`"),
        ({"type": "string", "maxLength": 9}, "string (…9 characters)"),
        ({"type": "string", "minLength": 2}, "string (2… characters)"),
        ({"type": "string", "minLength": 2, "maxLength": 9, "format": "uri"}, "string (uri, 2…9 characters)"),
        ({"type": "number", "minimum": 0}, "number (0…)"),
        ({"type": "number", "maximum": 1.5}, "number (…1.5)"),
    ],
)
def test_a_type_in_a_few_words(schema, kind):
    document = {"info": {"title": "T", "version": "1"}, "components": {"schemas": {"It": schema}}}
    assert render_markdown(document).split("### It\n\n")[1] == f"{kind}\n"
