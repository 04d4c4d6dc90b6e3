"""A small house: the real tables, the real edges of identity, and one route behind a lock."""

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import sessionmaker
from starlette.testclient import TestClient

from app.audit import service as audit
from app.audit import tables as audit_tables
from app.clients import service as clients
from app.clients.rules import Created
from app.directory import store as directory
from app.directory.rules import ROOT_ID
from app.identity.api import routers
from app.identity.deps import load_actor
from app.identity.login import service as login
from app.identity.service import Identity, build_identity, issue_token
from app.kernel import problems, tokens
from app.kernel.access import House, Route, allow, operator_work
from app.kernel.actor import ENTERPRISE, Permission
from app.kernel.database import engine_for, reading
from app.kernel.request_id import RequestId
from app.kernel.strict_json import StrictBody
from app.kernel.work import Work
from app.roles import service as roles
from app.roles.rules import Role

URL = "https://testserver"
REDIRECT = f"{URL}/docs/oauth2-redirect"
PASSWORD = "correct horse battery"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
START = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)


@dataclass
class Clock:
    """Turned by hand."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@dataclass(frozen=True)
class Told:
    """Settings."""

    keys: Path
    public_url: str = URL
    audience: str = "coe"
    issuer: str | None = None
    jwks_url: str | None = None
    algorithm: str = "RS256"
    subject_claim: str = "email"
    subject_field: str = "email"
    authorize_url: str | None = None
    token_url: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    login_scope: str = "openid"


@dataclass
class World:
    """An application with people in it, and the ways to it that tests need."""

    engine: Engine
    clock: Clock
    app: FastAPI
    http: TestClient
    people: dict[str, UUID] = field(default_factory=dict)

    @property
    def house(self) -> House:
        return self.app.state.house

    @property
    def identity(self) -> Identity:
        return self.app.state.identity

    def work(self, *, write: bool = True) -> Any:
        return operator_work(self.house, write=write)

    def hire(self, name: str, *, password: bool = True, **more: Any) -> UUID:
        values = {
            "employee_number": f"n-{name}", "user_name": name, "email": f"{name}@firm.example", "display_name": name.title(),
            "business_unit_id": ROOT_ID, **more,
        }  # fmt: skip
        with self.work() as work:
            id_ = directory.add_employee(work.session, work.now, values).id
            if password:
                login.set_password(work, values["employee_number"], PASSWORD)
        self.people[name] = id_
        return id_

    def leave(self, name: str) -> None:
        with self.work() as work:
            directory.save_employee(work.session, self.people[name], work.now, {"active": False})

    def appoint(self, name: str, role: Role) -> None:
        with self.work() as work:
            roles.appoint(work, self.people[name], role, ENTERPRISE)

    def client(self, *scopes: str, **more: Any) -> Created:
        with self.work() as work:
            return clients.create_client(work, "A tool", scopes or ("registry:read",), **more)

    def token(self, name: str, ttl: int = 3600) -> str:
        with self.work() as work:
            return issue_token(self.identity, work, f"n-{name}", ttl)

    def count(self, row: Any, *where: Any) -> int:
        with self.house.reads.begin() as session:
            return session.scalar(select(func.count()).select_from(row).where(*where)) or 0

    def events(self, action: str) -> list[audit_tables.AuditEvent]:
        with self.house.reads.begin() as session:
            row = audit_tables.AuditEvent
            found = list(session.scalars(select(row).where(row.action == action)))
            session.expunge_all()
            return found

    # --- what a browser does --------------------------------------------------------------------------------------

    def who(self, token: str | None = None, **headers: str) -> Any:
        shown = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return self.http.get("/who", headers={**shown, **headers})

    def log_in(self, user: str, password: str = PASSWORD, *, page: Any = None, **changed: str | None) -> Any:
        page = page or self.http.get(authorize_url(**changed))
        form = {"user": user, "password": password, "form_token": form_token(page)}
        return self.http.post(action(page), data=form)

    def code(self, name: str, **changed: str | None) -> str:
        answer = self.log_in(name, **changed)
        assert answer.status_code == 303, answer.text
        return location(answer)["code"]

    def exchange(self, code: str, **changed: str | None) -> Any:
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "client_id": "swagger",
            "code_verifier": VERIFIER, **changed,
        }  # fmt: skip
        return self.http.post("/oauth/token", data={name: value for name, value in form.items() if value is not None})


def authorize_url(**changed: str | None) -> str:
    query = {
        "response_type": "code", "client_id": "swagger", "redirect_uri": REDIRECT, "state": "st-1",
        "code_challenge": CHALLENGE, "code_challenge_method": "S256", **changed,
    }  # fmt: skip
    return "/oauth/authorize?" + urlencode({name: value for name, value in query.items() if value is not None})


def form_token(page: Any) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def action(page: Any) -> str:
    found = re.search(r'action="([^"]+)"', page.text)
    assert found, page.text
    return unescape(found[1])


def location(answer: Any) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def router() -> APIRouter:
    made = APIRouter(route_class=Route)

    @made.get("/who")
    def who(work: Annotated[Work, allow(Permission.ACCOUNT_READ)]) -> dict[str, Any]:
        actor = work.actor
        return {
            "kind": actor.kind,
            "id": actor.id,
            "roles": actor.roles,
            "tool_id": actor.tool_id,
            "gateway": actor.gateway,
        }

    @made.get("/me")
    def me(work: Annotated[Work, allow(Permission.ME_READ)]) -> dict[str, Any]:
        return {"id": work.me}

    @made.get("/evaluate")
    def evaluate(work: Annotated[Work, allow(Permission.DECISION_EVALUATE)]) -> dict[str, Any]:
        return {"id": work.actor.id}

    return made


def build(engine: Engine, clock: Clock, identity: Identity) -> FastAPI:
    app = FastAPI()
    app.state.house = House(sessionmaker(engine), sessionmaker(reading(engine)), clock, load_actor, audit.seal)
    app.state.identity = identity
    app.state.notary = lambda: SimpleNamespace(public={})
    problems.install(app)
    for each in (*routers, router()):
        app.include_router(each)
    app.add_middleware(StrictBody, forms=lambda path: path.startswith("/oauth/"))
    app.add_middleware(RequestId)
    return app


@pytest.fixture
def key_dir(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = engine_for(database_url)
    yield made
    made.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def signing_pem() -> str:
    """Making a key takes longer than most tests; all may have the same."""
    return tokens.generate_key().private_pem


@pytest.fixture
def told(key_dir: Path, signing_pem: str) -> Told:
    key_dir.mkdir(mode=0o700)
    (key_dir / "signing-0001.pem").touch(mode=0o600)
    (key_dir / "signing-0001.pem").write_text(signing_pem)
    return Told(key_dir)


@pytest.fixture
def world(engine: Engine, clock: Clock, told: Told) -> Iterator[World]:
    built = build(engine, clock, build_identity(told))
    with TestClient(built, base_url=told.public_url, follow_redirects=False) as http:
        yield World(engine, clock, built, http)
