"""The composition root: what the service consists of, with the database, keys and clock that it works with."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import datetime
from functools import partial
from random import Random

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI, Request
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker
from starlette.types import Receive, Scope, Send

from app import migrating
from app.assembly import SERVED, is_upload
from app.audit import service as audit_service
from app.audit.checkpoints import service as checkpoints_service
from app.audit.rules import Known
from app.authzen.denials.rules import Desk
from app.authzen.direct.api import WAYS, Direct, answer
from app.authzen.direct.callers import Callers
from app.authzen.log.rules import Sampling
from app.authzen.log.service import DecisionLog
from app.console import api as console
from app.console.sessions import service as console_sessions
from app.console.signon.service import Gate
from app.decisions.worker import Follower
from app.docs import api as docs
from app.governance.passports.rules import Office
from app.identity import deps as identity_deps
from app.identity import signing
from app.identity.service import build_identity
from app.imports.runs import worker as imports_worker
from app.kernel import problems
from app.kernel.access import MAX_AT_ONCE, URGENT_AT_ONCE, House
from app.kernel.actor import Actor
from app.kernel.clock import Clock, system_clock
from app.kernel.database import beside, engine_for, reading
from app.kernel.errors import Unauthenticated, Unavailable
from app.kernel.rates import UNLIMITED, Limits
from app.kernel.request_id import RequestId
from app.kernel.strict_json import BODY_ERRORS, InvalidUnicode, StrictBody
from app.kernel.tags import Tag
from app.kernel.uploads import Spool
from app.notices import service as notices_service
from app.scim import api as scim
from app.settings import Settings, load
from app.sweeping.service import notary_of
from app.sweeping.worker import sweeping
from app.webhooks.rules import Sender

DECIDING_CONNECTIONS = 8
THREADS = 4 * MAX_AT_ONCE + URGENT_AT_ONCE + 12
"""Work of each kind that has turns of its own, what is urgent, routes without a transaction: none waits for another's."""
DECIDING = "/access/v1/"
LENIENT = (DECIDING, "/scim/v2")
"""Where a standard, not this API, says what a body may hold."""

FORMS = ("/oauth/", f"{console.PREFIX}/")
"""Where a browser sends forms. ``/console`` itself is only looked at."""

DESCRIPTION = """
Who may post on an official social media account, by whose decision, and if not, why not.

Business units ask for posting rights; the governance model in force says who decides; publishing tools ask before every
post. HR systems and identity providers send people over SCIM 2.0 (`/scim/v2`, which describes itself). Sign in with
**Authorize**; every refusal is a problem document (RFC 9457) that names its reasons and their remedy.
"""


class Service(FastAPI):
    """The application, with a short way past its routes and middleware for what is asked before every post."""

    direct: Direct | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer directly what can be, and the rest by the routes."""
        direct = self.direct
        if direct is None or scope["type"] != "http" or scope["path"] not in WAYS:
            await super().__call__(scope, receive, send)
        else:
            await answer(direct, self.routed, scope, receive, send)

    async def routed(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The long way, whatever is asked."""
        await super().__call__(scope, receive, send)


def house_for(
    engine: Engine,
    clock: Clock = system_clock,
    committed: Callable[[int], None] = lambda _: None,
    limits: Limits = UNLIMITED,
    known: Known | None = None,
    *,
    aside: bool = False,
) -> House:
    """What transactions need, on this database. ``known``: of which event of its log is known already. ``aside``: what is
    urgent and what decides gets connections of its own; on SQLite there is one writer at a time whatever one does.
    """
    info = {audit_service.KNOWN: known or Known()}
    urgent = beside(engine, URGENT_AT_ONCE) if aside else engine
    deciding = beside(engine, DECIDING_CONNECTIONS) if aside else engine
    return House(
        writes=sessionmaker(engine, info=info),
        reads=sessionmaker(reading(engine)),
        clock=clock,
        load_actor=_load_actor,
        seal=notices_service.seal,
        committed=committed,
        limits=limits,
        urgent=sessionmaker(urgent, info=info),
        deciding=sessionmaker(reading(deciding)),
    )


def _load_actor(session: Session, request: Request, now: datetime) -> Actor:
    """Who is calling: on a page of the console by its cookie, everywhere else by a bearer token and nothing but that."""
    load = console.load_actor if console.by_cookie(request) else identity_deps.load_actor
    return load(session, request, now)


def _informed(app: Service, told: Settings) -> bool:
    """Who only decides answers from memory, or not at all; everybody else can ask the database."""
    follower: Follower | None = app.state.follower
    return told.role != "decisions" or (follower is not None and follower.desk is not None and follower.fresh)


def _decision_log(told: Settings) -> DecisionLog:
    """Lines of decisions, where lines of requests are written."""
    sampling = Sampling(told.decision_log_permits, Random().random)  # noqa: S311 - which permits are told is no secret
    return DecisionLog(sampling, _print if told.log_level in {"DEBUG", "INFO"} else None)


def _print(lines: bytes) -> None:
    sys.stdout.write(lines.decode())
    sys.stdout.flush()


def furnish(app: Service, told: Settings, clock: Clock = system_clock, notice: str | None = None) -> None:
    """Give an application the database, the keys and the clock that it works with."""
    engine = engine_for(told.database_url, pooled=told.pooled)
    notary = notary_of(told)
    known = checkpoints_service.known(told.checkpoints, notary)
    app.direct = app.state.follower = None  # from the start of serving on, where decisions are answered
    app.state.house = house_for(engine, clock, partial(_committed, app), Limits(told.limits), known, aside=True)
    app.state.engine = engine
    app.state.schema_behind = partial(migrating.behind, engine)
    app.state.informed = partial(_informed, app, told)
    app.state.cursor_key = signing.cursor_key(told.keys)
    app.state.identity = build_identity(told, notice=notice)
    app.state.notary = notary
    own = app.state.identity.own
    form_key = signing.derived_key(told.keys, "console-form")
    app.state.console = console_sessions.desk(app.state.identity, form_key)
    app.state.gate = Gate(app.state.identity, app.state.console)
    app.state.passports = Office(own.name, own.audience, own.ring.newest)
    app.state.decision_log = _decision_log(told)
    app.state.desk = Desk(told.outside, signing.derived_key(told.keys, "evaluation"))
    app.state.webhooks = Sender(told.outside, signing.derived_key(told.keys, "webhook"))
    app.state.public_url = told.public_url.rstrip("/")
    app.state.scim = None  # made when it is first spoken
    app.state.spool = Spool(told.spool, told.import_max_bytes)
    app.state.launch_import = partial(imports_worker.launch, app.state.house, told.as_environment())


def _committed(app: FastAPI, revision: int) -> None:
    """This process has written something: its own next decision knows of it."""
    if app.state.follower is not None:
        app.state.follower.expect(revision)


def short_way(app: Service, follower: Follower) -> Direct:
    """Decisions from a follower's desk, in the name of this application."""
    state = app.state
    callers = Callers(state.identity)
    return Direct(
        follower, callers, state.house.clock, state.cursor_key, state.desk, state.decision_log, state.house.limits
    )


@contextmanager
def _following(app: Service, told: Settings) -> Iterator[None]:
    """Decisions from memory, as long as it is served. The feed has connections of its own: no slow request starves it."""
    engine = engine_for(told.database_url, pooled=told.pooled, pool_size=2)
    direct = engine_for(told.database_direct_url, pool_size=1) if told.database_direct_url else engine
    follower = Follower(engine, app.state.house.clock, direct=direct)
    app.state.follower = follower
    app.direct = short_way(app, follower)
    follower.start(asyncio.get_running_loop())
    try:
        yield
    finally:
        app.direct = app.state.follower = None
        follower.stop()
        engine.dispose()
        direct.dispose()


@asynccontextmanager
async def _serving(told: Settings, sweeps: bool, app: Service) -> AsyncIterator[None]:
    """From the start of serving to its end: threads for all that may be done at once, decisions, and sweeping."""
    current_default_thread_limiter().total_tokens = THREADS
    with ExitStack() as open_:
        if told.role != "api":
            open_.enter_context(_following(app, told))
        if sweeps and told.role != "decisions":
            open_.enter_context(sweeping(app.state.house, told))
        yield


def create_app(
    settings: Settings | None = None,
    clock: Clock = system_clock,
    examples: Mapping[str, str] | None = None,
    notice: str | None = None,
    *,
    sweeps: bool = False,
) -> FastAPI:
    """The application. ``examples``: values that exist in the database served; ``notice``: a line on the login page.

    ``sweeps``: as long as it serves it also does what time gives cause for; one that only decides never does.
    """
    told = settings or load()
    app = Service(
        title="Social media CoE governance API", version="0.1.0", description=DESCRIPTION,
        docs_url=None, redoc_url=None, redirect_slashes=False, openapi_tags=[{"name": tag.value} for tag in Tag],
        generate_unique_id_function=lambda route: route.name, lifespan=partial(_serving, told, sweeps),
    )  # fmt: skip
    furnish(app, told, clock, notice)
    problems.install(
        app,
        everywhere=(InvalidUnicode, Unauthenticated, Unavailable),
        with_body=BODY_ERRORS,
        spelled={scim.PREFIX: scim.spelled, console.PREFIX: console.spelled},
    )
    for router in SERVED[told.role]:
        app.include_router(router)
    app.mount("/static", docs.files, name="static")
    app.add_middleware(
        StrictBody, lenient=lambda path: path.startswith(LENIENT), forms=lambda path: path.startswith(FORMS),
        uploads=is_upload,
    )  # fmt: skip
    app.add_middleware(RequestId, echoed=lambda path: path.startswith(DECIDING))
    docs.install(app, examples or {})
    return app
