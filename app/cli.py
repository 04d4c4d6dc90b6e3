"""`coe`: thin commands over the same services that the API calls. Heavy imports wait until a command needs them."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli_audit import commands as audit
from app.cli_import import commands as imports
from app.kernel.errors import DomainError
from app.operator import fail, first_line, person, settings, working

app = typer.Typer(
    name="coe", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Governance of official social media accounts: who may post where, by whose decision, and why not.",
)  # fmt: skip
clients = typer.Typer(no_args_is_help=True, help="Service clients: publishing tools, feeds, scripts.")
passports = typer.Typer(no_args_is_help=True, help="Posting passports.")
app.add_typer(clients, name="client")
app.add_typer(audit, name="audit")
app.add_typer(passports, name="passport")
app.add_typer(imports, name="import")

Who = Annotated[str, typer.Argument(metavar="EMPLOYEE", help="Work e-mail, user name or HR's employee id.")]


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="How many processes.")] = 1,
    role: Annotated[
        str | None, typer.Option(help="all, api (everything but decisions) or decisions (nothing else).")
    ] = None,
    no_migrate: Annotated[bool, typer.Option("--no-migrate", help="Never migrate the database.")] = False,
) -> None:
    """Serve the API; migrates first where that is allowed (SQLite, or COE_MIGRATION_DATABASE_URL set)."""
    from app import serving

    if role is not None:
        os.environ["COE_ROLE"] = role  # read again by every worker process
    told = settings()
    try:
        serving.prepare(told, host, migrate=not no_migrate)
    except serving.NotServed as error:
        raise fail(str(error)) from error
    serving.run(told, host, port, workers)


@app.command()
def demo(
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
) -> None:
    """Serve a made-up enterprise from a private database, with one login for each role."""
    from app import serving

    serving.demo(port)


@app.command()
def migrate(revision: Annotated[str, typer.Argument(help="Where to; the newest unless told.")] = "head") -> None:
    """Bring the database to the newest schema."""
    from app import migrating

    migrating.migrate(settings(), revision)
    typer.echo("The database is migrated.", err=True)


@app.command()
def appoint(
    who: Who,
    role: Annotated[str, typer.Argument(help="strategist, community_manager, bu_liaison, auditor, admin, ...")],
    scope: Annotated[str | None, typer.Option(help="bu:KEY or network:KEY; the enterprise unless told.")] = None,
) -> None:
    """Appoint someone to a role: the first appointments, by an operator."""
    from app.directory import store as directory
    from app.kernel.actor import Scope, ScopeKind
    from app.networks import store as networks
    from app.roles import service as roles
    from app.roles.rules import Role

    if role not in set(Role):
        raise fail(f"{role!r} is not a role: {', '.join(Role)}.")
    kind, _, key = (scope or "").partition(":")
    if scope and (kind not in ("bu", "network") or not key):
        raise fail("--scope is bu:KEY or network:KEY.")
    with working() as work:
        over = Scope(ScopeKind.ENTERPRISE)
        if kind == "bu":
            over = Scope(ScopeKind.BUSINESS_UNIT, business_unit_id=directory.unit(work.session, key).id)
        if kind == "network":
            over = Scope(ScopeKind.NETWORK, network=networks.network(work.session, key).key)
        employee = person(work, who)
        roles.appoint(work, employee.id, Role(role), over)
    typer.echo(f"{employee.display_name} is now {role}{f' over {key}' if key else ''}.", err=True)


@app.command()
def password(who: Who) -> None:
    """Set a password for the built-in login, read from the terminal or from standard input."""
    from app.identity.login import service as login

    if sys.stdin.isatty():
        chosen = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        chosen = sys.stdin.readline().rstrip("\n")
    with working() as work:
        login.set_password(work, who, chosen)
    typer.echo("The password is set.", err=True)


@app.command()
def token(
    who: Who,
    ttl: Annotated[
        int, typer.Option(help="Seconds that it is good for; a negative one makes an expired token.")
    ] = 3600,
) -> None:
    """Print a bearer token in someone's name, for scripts; refused where people log in elsewhere."""
    from app.identity import service as identity

    told = settings()
    with working() as work:
        made = identity.issue_token(identity.build_identity(told), work, who, ttl)
    typer.echo(made)


@clients.command("create")
def create_client(
    name: Annotated[str, typer.Argument(help="What it is, e.g. 'Postwell production'.")],
    scope: Annotated[list[str], typer.Option(help="What it may do; several times for more.")],
    tool: Annotated[str | None, typer.Option(help="The key of the publishing tool that it is.")] = None,
    gateway: Annotated[bool, typer.Option("--gateway", help="It asks for several tools and names each.")] = False,
    static: Annotated[bool, typer.Option("--static", help="A long-lived bearer instead of a secret.")] = False,
) -> None:
    """Register a service client; its secret is shown once."""
    from app.clients import service as client_service

    with working() as work:
        made = client_service.create_client(work, name, scope, tool_key=tool, gateway=gateway, static=static)
    typer.echo(f"client_id: {made.client_id}")
    if made.secret is not None:
        typer.echo(f"client_secret: {made.secret}")
    if made.bearer is not None:
        typer.echo(f"bearer: {made.bearer}")


@passports.command("verify")
def verify_passport(
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="The passport; - reads it from standard input.")],
    jwks: Annotated[
        str | None,
        typer.Option(help="The issuer's key set: a file, or an address; that of COE_PUBLIC_URL unless told."),
    ] = None,
    audience: Annotated[
        str | None, typer.Option(help="For whom it must be; COE_AUDIENCE/passport unless told.")
    ] = None,
    issuer: Annotated[str | None, typer.Option(help="Who must have issued it; COE_PUBLIC_URL unless told.")] = None,
) -> None:
    """Check a posting passport and print what it says; with a file of keys nothing else is asked. Exit 1 if it is not good."""
    import json

    from app.governance.passports import rules
    from app.identity.external.store import CannotFetch
    from app.kernel.clock import system_clock
    from app.kernel.tokens import BadKey, BadToken

    told = settings()
    public_url = told.public_url.rstrip("/")
    text = sys.stdin.readline().strip() if token == "-" else token  # noqa: S105 - no secret, but standard input
    try:
        keys = _key_set(jwks or f"{public_url}/.well-known/jwks.json")
        wanted = audience or rules.audience_beside(told.audience)
        said = rules.read(text, keys, issuer or public_url, wanted, system_clock())
    except BadToken as error:
        raise fail(f"the passport is not good: {error}.", 1) from error
    except (BadKey, CannotFetch, DomainError, OSError, ValueError) as error:
        raise fail(f"the key set cannot be used: {first_line(error)}.", 1) from error
    typer.echo(json.dumps(dict(said), indent=2, ensure_ascii=False))


def _key_set(where: str) -> Any:
    """The JSON document in a file or at an address; nobody has looked yet whether it is a JWK Set (RFC 7517 5).

    Raises ``CannotFetch``, ``DomainError``, ``OSError``, ``ValueError``.
    """
    from app.identity.external import rules as external
    from app.identity.external import store
    from app.kernel import strict_json

    if where.startswith(("http://", "https://")):
        external.check_url("--jwks", where)
        return store.fetch(where)
    return strict_json.parse(Path(where).read_bytes())


@app.command()
def sweep(
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as one JSON line.")] = False,
) -> None:
    """Do once what `coe serve` does every minute: write down what time has done, send mail; exit 1 if any of it failed."""
    import json

    from app import serving
    from app.operator import parts
    from app.sweeping import service, worker

    told = settings()
    house = parts()
    serving.log("ERROR")
    swept = worker.sweep(house, (*service.tasks(told), *service.errands(told)))
    if as_json:
        typer.echo(json.dumps({one.name: one.done for one in swept}))
    else:
        typer.echo("\n".join(f"{one.name}: {one.done}, {one.outcome}" for one in swept))
    raise typer.Exit(1 if any(one.outcome == "failed" for one in swept) else 0)


@app.command()
def doctor() -> None:
    """Look whether everything is as it should be: settings, database, clock, keys, audit log; exit 1 if something is wrong."""
    from app.audit.rules import Known
    from app.doctor import service
    from app.doctor.rules import State
    from app.kernel.database import engine_for
    from app.operator import house_on
    from app.sweeping.service import notary_of

    told = settings()
    house = house_on(engine_for(told.database_url, pooled=told.pooled), Known())
    ill = False
    for one in service.examine(told, house, notary_of(told)):
        typer.echo(f"{one.state:<5}  {one.name:<11}  {one.text}")
        ill = ill or one.state is State.WRONG
    raise typer.Exit(1 if ill else 0)


@app.command()
def openapi(markdown: Annotated[bool, typer.Option("--markdown", help="As openapi.md.")] = False) -> None:
    """Print the OpenAPI document, as JSON or as Markdown."""
    import json

    from app import serving
    from app.docs.rules import render_markdown

    document = serving.document()
    typer.echo(
        render_markdown(document) if markdown else json.dumps(document, indent=2, ensure_ascii=False), nl=not markdown
    )


def main() -> None:
    """The console script: what goes wrong around the service is said in a sentence, not in a traceback."""
    from alembic.util import CommandError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        app()
    except SQLAlchemyError as error:
        sys.exit(fail(f"the database of COE_DATABASE_URL does not answer: {first_line(error)}").exit_code)
    except (CommandError, DomainError, OSError, UnicodeError, ValueError) as error:
        sys.exit(fail(first_line(error)).exit_code)
