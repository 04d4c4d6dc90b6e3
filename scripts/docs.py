"""Write what the pages of `docs/` repeat of the code; with `--check`, only say which of them are out of date.

    .venv/bin/python scripts/docs.py [--check]

In a page, what stands between `<!-- made: NAME -->` and `<!-- end -->` is made here; the words around it are its
author's. Settings, error codes and commands are read from the classes that define them, the five models from their
table. Event names are read from the source, since they are arguments of calls; what each means stands in
`docs/events.toml`. An event without a meaning, or a meaning without an event, is an error here. So is an attack of
`docs/trust.toml` that no test names, and a number that is none of an attack.
"""

import argparse
import ast
import importlib
import pkgutil
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

import app
from app.accounts.rules import FOUND
from app.accounts.service import _PAST
from app.cli import app as command_line
from app.governance.decommissioning.rules import ASKS
from app.governance.grants.rules import End
from app.governance.models.rules import MODELS, Authority, Model, Proposer, Right, StepKind, ToolRule
from app.governance.reasons.rules import REMEDIES
from app.governance.registrations.service import _AFTER
from app.governance.routing.rules import RequestState
from app.governance.routing.service import _DONE
from app.kernel.errors import DomainError
from app.kernel.findings import _SAID
from app.kernel.problems import status_of
from app.networks.rules.text import _REFUSED
from app.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
_MADE = re.compile(r"(<!-- made: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


class DocsError(Exception):
    """The source says something that no page can be made of; the message says where."""


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; a bar in a cell is escaped."""
    lines = (names := list(head), ["---"] * len(names), *rows)
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def code(text: object) -> str:
    """As it is typed."""
    return f"`{text}`"


def sentence(text: str) -> str:
    """Plain words: a docstring's first paragraph on one line, its double backticks as Markdown's single ones."""
    words = " ".join(text.strip().split("\n\n")[0].split()).replace("``", "`")
    return words if words.endswith((".", "!", "?")) else f"{words}."


# --- reading the source ---------------------------------------------------------------------------------------------


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Every call in the application, after its file and the name of what is called (`record`, `Invalid.field` ...)."""
    for path in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield str(path.relative_to(ROOT)), ast.unparse(node.func), node


def texts(path: str, node: ast.expr, known: Mapping[str, Iterable[str]]) -> list[str]:
    """The texts that an expression can be; `known`: those of expressions that only running them would tell.

    Raises `DocsError` for any other.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return [*texts(path, node.body, known), *texts(path, node.orelse, known)]
    if ast.unparse(node) in known:
        return list(known[ast.unparse(node)])
    raise DocsError(f"{path}, line {node.lineno}: scripts/docs.py must be told what {ast.unparse(node)} can be")


def shown(node: ast.expr) -> str:
    """A message as a reader sees it, with dots where it quotes a value."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return str(ast.literal_eval(node)) if isinstance(node, ast.Constant) else "…"


# --- settings and commands ------------------------------------------------------------------------------------------


def settings() -> str:
    """Every environment variable of the service."""
    rows = []
    for name, field in Settings.model_fields.items():
        choices = [one for one in getattr(field.annotation, "__args__", ()) if isinstance(one, str)]
        told = (field.description or "") + (f" One of {', '.join(map(code, choices))}." if choices else "")
        rows.append((code(f"COE_{name.upper()}"), code(field.default) if field.default is not None else "-", told))
    return table(("variable", "default", "what it is"), rows)


def commands() -> str:
    """Every command of `coe`, as `--help` tells it."""
    return "\n\n".join(_command(name, one) for name, one in every_command())


def every_command() -> Iterator[tuple[str, Any]]:
    """Every command with its full name: `coe client create`."""
    yield from _below("coe", typer.main.get_command(command_line))


def _below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None and not command.hidden:
        yield name, command
    for key, one in (inner or {}).items():
        yield from _below(f"{name} {key}", one)


def _command(name: str, command: Any) -> str:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option" and one.opts != ["--help"]]
    usage = " ".join((name, *(_usage(one) for one in arguments)))
    notes = [f"`{_usage(one)}`: {one.help}" for one in arguments if one.help and one.metavar is None]
    parts = [f"## {code(usage)}", sentence(command.help), *notes]
    if options:
        rows = [(code(one.opts[0]), one.help or "", _default(one)) for one in options]
        parts.append(table(("option", "what it does", "default"), rows))
    return "\n\n".join(parts)


def _usage(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    return name if argument.required else f"[{name}]"


def _default(option: Any) -> str:
    if option.required:
        return "required"
    value = getattr(option.default, "value", option.default)
    return code(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else "-"


# --- the five models ------------------------------------------------------------------------------------------------

_STEPS = {
    StepKind.ACCOUNT_LIAISON: "liaison of the account's unit",
    StepKind.BENEFICIARY_LIAISON: "liaison of the beneficiary's unit",
    StepKind.COMMUNITY_MANAGER: "community manager",
    StepKind.STRATEGIST: "strategist",
}
_PROPOSERS = {
    Proposer.ANYONE: "any employee",
    Proposer.LIAISON: "a liaison of the unit",
    Proposer.COE: "members of the Center of Excellence",
}
_TOOLS = {
    ToolRule.ANY: "any",
    ToolRule.REGISTERED: "a registered one",
    ToolRule.CENTRAL: "a registered one that belongs to no unit",
    ToolRule.PLATFORM: "the one platform",
}
_AUTHORITIES = {
    Authority.LIAISON: "liaison of the account's unit",
    Authority.HUB: "the hub",
    Authority.HUB_IN_VETO_WINDOW: "the hub within {days} working days",
}


def _route(steps: Iterable[StepKind]) -> str:
    return ", then ".join(_STEPS[one] for one in steps) or "nobody"


def _rights(rights: Iterable[Right]) -> str:
    found = set(rights)
    return "all" if found == set(Right) else ", ".join(code(one) for one in Right if one in found) or "-"


def _revokers(model: Model) -> str:
    named = [_AUTHORITIES[one].format(days=model.veto_working_days) for one in Authority if one in model.authorities]
    return ", ".join((*named, "strategist"))


def _length(model: Model) -> str:
    days = f"{model.default_days} / {model.most_days}"
    return f"until the appointment ends if there is one, else {days}" if model.until_appointment_ends else days


_LINES: Mapping[str, Callable[[Model], str]] = {
    "in words": lambda one: one.in_words,
    "older name": lambda one: ", ".join(map(code, one.aliases)) or "-",
    "who registers an account": lambda one: _PROPOSERS[one.proposer],
    "who decides that": lambda one: _route(one.registration),
    "a liaison may ask for their people": lambda one: "yes" if one.for_people_of_subtree else "no",
    "granted at once, on standard accounts": lambda one: _rights(one.automatic),
    "who decides the other rights": lambda one: _route(one.steps),
    "a high-risk account adds": lambda one: _route(one.high_risk_adds) if one.high_risk_adds else "-",
    "an account of another unit adds": lambda one: _route(one.other_unit_adds) if one.other_unit_adds else "-",
    "the most that people of a unit may hold": lambda one: _rights(one.ceiling),
    "central policy": lambda one: "reported, not enforced" if one.advisory else "binding",
    "publishing tool": lambda one: _TOOLS[one.tool],
    "days of a right, unless told / at most": _length,
    "who revokes, suspends, resumes": _revokers,
    "with fewer than two liaisons routed as": lambda one: code(one.short_of_liaisons) if one.short_of_liaisons else "-",
}


def models() -> str:
    """The five models side by side."""
    return table(
        ("", *map(code, MODELS)), [(name, *(told(one) for one in MODELS.values())) for name, told in _LINES.items()]
    )


# --- events ---------------------------------------------------------------------------------------------------------

_KINDS = {"app/governance/registrations/": "registration", "app/governance/requests/": "rights_request"}
_DYNAMIC: Mapping[str, Iterable[str]] = {
    "f'grant.{ended.end}'": [f"grant.{one}" for one in End if one is not End.REVOKED],
    "f'account.{_PAST[verb]}'": [f"account.{one}" for one in _PAST.values()],
    "f'account.{wanted}'": [f"account.{one}" for one in (*_AFTER.values(), *FOUND)],
    "_DONE[verdict]": list(_DONE.values()),
    **{f"RequestState.{one.name}": [one.value] for one in RequestState},
}
_PASSED_ON = ("action", "f'{kind}.{what}'", "why", "state", "str(state)")
"""Arguments that a function hands on as it was called: its callers are read in its place."""


def event_names() -> set[str]:
    """Every action that the audit log can hold. Raises `DocsError` where the source leaves one open."""
    return {name for path, called, call in calls() for name in _events_of(path, called.rpartition(".")[2], call)}


def _events_of(path: str, called: str, call: ast.Call) -> Iterator[str]:
    if called == "Record" and isinstance(call.args[0], ast.Constant):  # the kernel's own: it knows no `audit`
        yield str(call.args[0].value)
    place = {"record": 1, "tell": 1, "_tell": 1, "change": 3, "_changed": 3}.get(called)
    if path.startswith("app/governance/") and not path.endswith("/api.py"):  # a route's reason is no state
        place = {"restart": 5, "end": 2, "_close": 2}.get(called, place)
    if place is None or len(call.args) <= place or ast.unparse(call.args[0]) not in ("work", "self.work"):
        return
    about_request = called == "record" and ast.unparse(call.args[1]) in ("after", "request")
    words = call.args[place + 1] if about_request else call.args[place]
    if ast.unparse(words) in _PASSED_ON:
        return
    for text in texts(path, words, _DYNAMIC):
        kinds = [kind for where, kind in _KINDS.items() if path.startswith(where)] or _KINDS.values()
        yield from [text] if "." in text else [f"{kind}.{text}" for kind in kinds]


def events() -> str:
    """Every action of the audit log. Raises `DocsError` where `docs/events.toml` and the source differ."""
    told: dict[str, dict[str, str]] = tomllib.loads((DOCS / "events.toml").read_text(encoding="utf-8"))
    meanings = {f"{kind}.{what}": text for kind, inner in told.items() for what, text in inner.items()}
    if odd := event_names() ^ set(meanings):
        raise DocsError(f"docs/events.toml and the source differ on: {', '.join(sorted(odd))}")
    return table(("action", "when"), sorted((code(name), text) for name, text in meanings.items()))


# --- errors ---------------------------------------------------------------------------------------------------------

_HOLDINGS = ("active_employees", "living_accounts", "open_appointments", "open_child_units", "policies")
_UNSAID = {
    "bad_network": "What is wrong with the description of a network.",
    "forbidden": "Your roles do not allow this here. You may see it, so it is not hidden from you.",
    "looser": "The rule is looser than the enterprise's.",
    **dict.fromkeys(_HOLDINGS, "How many of them the unit still has."),
    **{step.value: text for step, text in ASKS.items()},
}  # what neither a title, nor a docstring, nor a message tells a reader
_BY_FRAMEWORK = (
    ("method_not_allowed", "405", "The address takes other methods; `Allow` names them."),
    ("internal_error", "500", "A defect on our side; tell us the `X-Request-ID` of the answer."),
)
_COMPUTED: Mapping[str, Mapping[str, Iterable[str]]] = {
    "app/directory/rules.py": {"what": _HOLDINGS},
    "app/governance/decommissioning/rules.py": {"one.step.value": [step.value for step in ASKS]},
    "app/imports/accounts/rules.py": {"refused.reason": ()},
    "app/imports/observations/rules.py": {
        "wrong.code": (),
        "f'{name}_missing'": [f"{one}_missing" for one in ("account", "kpi", "period_from", "period_until")],
    },
    "app/imports/observations/service.py": {"wrong.code": ()},
    "app/imports/discoveries/rules.py": {"code": ["unknown_network"]},
    "app/imports/rules.py": {"f'bad_{field}'": ["bad_…"]},
    "app/imports/units/rules.py": {"refused.errors[0].code": ()},
    "app/kernel/errors.py": {"code": ()},
    "app/kernel/findings.py": {"code": ()},
    "app/networks/rules/handle.py": {"reason": ["too_long", "too_short"]},
    "app/networks/rules/refusals.py": {"reason": ()},
    "app/networks/rules/text.py": {"reason": sorted({"invisible_character", *_REFUSED.values()})},
}
"""Codes that only running would tell, by file and expression. None: they are listed where they are first said."""


def error_classes() -> list[type[DomainError]]:
    """Every refusal there is, by status and code; of those that share a code the first by name, whoever was imported first."""
    for module in pkgutil.walk_packages(app.__path__, "app."):
        importlib.import_module(module.name)
    found: dict[str, type[DomainError]] = {}
    waiting: list[type[DomainError]] = list(DomainError.__subclasses__())
    while waiting:
        one = waiting.pop(0)
        waiting += one.__subclasses__()
        if one.__module__.startswith("app."):  # a test may have made some of its own
            found[one.code] = min(one, found.get(one.code, one), key=lambda each: (each.__module__, each.__name__))
    return sorted(found.values(), key=lambda one: (status_of(one), one.code))


def _meaning(error: type[DomainError]) -> str:
    if error.code in _UNSAID:
        return _UNSAID[error.code]
    if "title" not in vars(error) and not error.__doc__:
        raise DocsError(f"{error.__name__} has neither a title nor a docstring")
    return sentence(error.title if "title" in vars(error) else str(error.__doc__))


def said_codes(*names: str, place: int) -> list[tuple[str, str]]:
    """Codes of input errors with their sentence, from the calls that make them: (code, sentence), each pair once."""
    found: set[tuple[str, str]] = set()
    for path, called, call in calls():
        if called in names and len(call.args) > place + 1:
            codes = texts(path, call.args[place], _COMPUTED.get(path, {}))
            found.update((one, shown(call.args[place + 1])) for one in codes)
    return sorted(found)


def _by_code(said: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    grouped: dict[str, list[str]] = {}
    for one, text in said:
        grouped.setdefault(one, []).append(text)
    return [(code(one), _UNSAID.get(one) or " / ".join(dict.fromkeys(said))) for one, said in grouped.items()]


def problems() -> str:
    """Every code of a problem document."""
    named = [*((one.code, str(status_of(one)), _meaning(one)) for one in error_classes()), *_BY_FRAMEWORK]
    rows = [(code(name), *rest) for name, *rest in sorted(named, key=lambda one: (one[1], one[0]))]
    return table(("code", "status", "meaning"), rows)


def reasons() -> str:
    """Every reason against a request or an evaluation, with its remedy."""
    rows = [(code(one), cure.message, code(cure.call) if cure.call else "-") for one, cure in REMEDIES.items()]
    return table(("code", "remedy", "call"), rows)


def inputs() -> str:
    """Every code of an entry of `errors`."""
    said = {(one, re.sub(r"\{\w+\}", "…", text)) for one, text in _SAID.values()} | {("wrong_type", "This must be ….")}
    said |= {*said_codes("FieldError", "Invalid.field", place=1), *said_codes("BadHandle", place=0)}
    return table(("code", "message"), _by_code(sorted(said)))


def rows() -> str:
    """Every code of a row that an import rejects."""
    in_sql = ("differing_rows", "Lines … are about the same and differ.")
    said = [*said_codes("Fault", "sheet.settle_shared", place=0), in_sql]
    return table(("code", "message"), _by_code(sorted(said)))


# --- attacks --------------------------------------------------------------------------------------------------------

_IN_NAME, _IN_WORDS = re.compile(r"_([a-lA-L]\d\d)(?=_)"), re.compile(r"\b[A-L]\d\d\b")


def attack_tests() -> dict[str, dict[str, list[str]]]:
    """Which tests show what comes of an attack: its number -> file -> names; a name or its docstring says the number."""
    found: dict[str, dict[str, list[str]]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                words = _IN_WORDS.findall(ast.get_docstring(node) or "")
                for number in {*words, *map(str.upper, _IN_NAME.findall(node.name))}:
                    file = str(path.relative_to(ROOT / "tests"))
                    found.setdefault(number, {}).setdefault(file, []).append(node.name)
    return found


def attacks() -> str:
    """Every attack with what comes of it, by kind. Raises `DocsError` where `docs/trust.toml` and the tests differ."""
    told: dict[str, dict[str, str]] = tomllib.loads((DOCS / "trust.toml").read_text(encoding="utf-8"))
    titles, beside, shown = told.pop("titles"), told.pop("beside"), attack_tests()
    known = {number for kind in told.values() for number in kind}
    if odd := (set(shown) | set(beside)) - known:
        raise DocsError(f"docs/trust.toml does not say what these are: {', '.join(sorted(odd))}")
    if odd := known - set(shown) - set(beside):
        raise DocsError(f"no test names these, and docs/trust.toml says nothing beside: {', '.join(sorted(odd))}")
    parts = []
    for kind, listed in told.items():
        lines = (
            (number, " ".join(filter(None, (text, beside.get(number)))), _shown(shown.get(number, {})))
            for number, text in listed.items()
        )
        parts += [f"## {kind}. {titles[kind]}", table(("", "attack, and what comes of it", "shown by"), lines)]
    return "\n\n".join(parts)


def _shown(files: Mapping[str, Iterable[str]]) -> str:
    return "<br>".join(f"{code(file)}: {'; '.join(map(_said, names))}" for file, names in files.items()) or "-"


def _said(name: str) -> str:
    return re.sub(r"^test_(?:[a-lA-L]\d\d_)*", "", name).replace("_", " ")


MAKERS: Mapping[str, Callable[[], str]] = {
    one.__name__: one for one in (settings, commands, models, events, problems, reasons, inputs, rows, attacks)
}


def pages() -> dict[Path, str]:
    """Every page of which a part is made here, as it should be. Raises `DocsError` where a part stands nowhere."""
    found: dict[Path, str] = {}
    made: set[str] = set()
    for path in sorted(DOCS.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        names = {match[2] for match in _MADE.finditer(text)}
        if names:
            found[path] = _MADE.sub(lambda match: f"{match[1]}\n{MAKERS[match[2]]()}\n\n{match[4]}", text)
        made |= names
    if missing := set(MAKERS) - made:
        raise DocsError(f"no page of docs/ has a place for: {', '.join(sorted(missing))}")
    return found


def main() -> int:
    """Entry point; the exit status is 1 when a page is out of date, or cannot be made."""
    parser = argparse.ArgumentParser(description="Write what the pages of docs/ repeat of the code.")
    parser.add_argument("--check", action="store_true", help="write nothing, only say which are out of date")
    only_check = parser.parse_args().check
    try:
        old = {path: text for path, text in pages().items() if path.read_text(encoding="utf-8") != text}
    except DocsError as error:
        print(f"docs: {error}", file=sys.stderr)
        return 1
    for path, text in old.items():
        print(f"docs/{path.name}", "is out of date; 'make pages' writes it anew." if only_check else "written")
        if not only_check:
            path.write_text(text, encoding="utf-8")
    return int(only_check and bool(old))


if __name__ == "__main__":
    sys.exit(main())
