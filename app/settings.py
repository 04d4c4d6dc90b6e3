"""The environment, read once: every setting of the service, with what it is for."""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from limits import RateLimitItem
from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.kernel.outbound import LOOPBACK, Outside
from app.kernel.rates import Rate, read_limit


class BadSettings(Exception):
    """A setting is insecure or contradicts another; the message names it."""


class Settings(BaseSettings):
    """Everything that the environment (or a ``.env`` file) may say, under the prefix ``COE_``."""

    model_config = SettingsConfigDict(env_prefix="COE_", env_file=".env", frozen=True, extra="ignore")

    database_url: Annotated[
        str, Field(description="The database: SQLite, or `postgresql+psycopg://` in production.")
    ] = "sqlite:///coe.db"
    database_direct_url: Annotated[
        str | None,
        Field(
            description="The same database past a transaction pooler, for migrations and to listen for what is committed."
        ),
    ] = None
    migration_database_url: Annotated[
        str | None, Field(description="The same database as the owner of the tables; set, `coe serve` migrates by it.")
    ] = None
    key_dir: Annotated[Path | None, Field(description="Where the signing key is kept; all replicas share it.")] = None
    checkpoint_file: Annotated[
        Path | None,
        Field(
            description="Where each signed checkpoint of the audit log is kept besides the database; no process starts on a"
            " database that is older than the last of them. Beside the keys unless set; best on another machine's disk."
        ),
    ] = None
    spool_dir: Annotated[
        Path | None, Field(description="Where uploaded files wait for their import; on the disk of this process.")
    ] = None
    import_max_bytes: Annotated[int, Field(ge=1, description="How large a file may be that is imported over HTTP.")] = (
        512 * 1024 * 1024
    )
    public_url: Annotated[str, Field(description="The address under which callers reach the service.")] = (
        "http://127.0.0.1:8000"
    )
    issuer: Annotated[
        str | None, Field(description="An external OIDC issuer, exactly as in its tokens; unset: the built-in one.")
    ] = None
    audience: Annotated[str, Field(description="The audience that a token must be for.")] = "coe"
    jwks_url: Annotated[str | None, Field(description="Where the external issuer publishes its keys.")] = None
    algorithm: Annotated[str, Field(description="The one signature algorithm of the external issuer.")] = "RS256"
    authorize_url: Annotated[
        str | None,
        Field(description="The external issuer's authorization endpoint; with it people sign in to the console."),
    ] = None
    token_url: Annotated[str | None, Field(description="The external issuer's token endpoint.")] = None
    client_id: Annotated[str | None, Field(description="What the console is called at the external issuer.")] = None
    client_secret: Annotated[
        str | None, Field(repr=False, description="Its secret there; unset: it is a public client, and has none.")
    ] = None
    login_scope: Annotated[
        str, Field(description="What the console asks the external issuer for; its answer is a token for our audience.")
    ] = "openid email"
    subject_claim: Annotated[str, Field(description="The claim of an external token that names the employee.")] = (
        "email"
    )
    subject_field: Annotated[
        Literal["email", "user_name", "employee_number"],
        Field(description="What of an employee that claim is compared with."),
    ] = "email"
    sweep_seconds: Annotated[
        int, Field(ge=0, description="How often a process looks for what time has done, and sends mail; 0: never.")
    ] = 60
    smtp_url: Annotated[
        str | None,
        Field(
            repr=False,
            description="The mail server: `smtp://user:password@host:587?starttls=1` or `smtps://`; unset: no mail.",
        ),
    ] = None
    mail_from: Annotated[str | None, Field(description="In whose name mail is sent: `CoE <coe@example.com>`.")] = None
    callback_hosts: Annotated[
        str | None,
        Field(
            description="The only hosts that callbacks and events go to: `a.example.com,b.example.com:8443`; unset: any public."
        ),
    ] = None
    limit_reads: Annotated[
        str, Field(description="How much one caller may read, per process: `100/second`; empty: no limit.")
    ] = "6000/minute"
    limit_writes: Annotated[
        str, Field(description="How often one caller may change something, per process; a freeze is never counted.")
    ] = "6000/minute"
    limit_feeds: Annotated[
        str,
        Field(description="How many requests an HR or learning system may send, per process, over SCIM or by file."),
    ] = ""
    limit_decisions: Annotated[
        str, Field(description="How often one publishing tool may ask for decisions, per process and second or minute.")
    ] = ""
    role: Annotated[
        Literal["all", "api", "decisions"],
        Field(description="What this process answers: everything, everything but decisions, or only decisions."),
    ] = "all"
    decision_log_permits: Annotated[
        float, Field(ge=0, le=1, description="Of how many permits the log tells, as a share; refusals are all told.")
    ] = 0.01
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], Field(description="How much is logged.")] = (
        "INFO"
    )

    @model_validator(mode="after")
    def _coherent(self) -> "Settings":
        if (self.issuer is None) != (self.jwks_url is None):
            raise ValueError("COE_ISSUER and COE_JWKS_URL belong together: set both, or neither")
        console = (self.authorize_url, self.token_url, self.client_id)
        if any(console) and not (all(console) and self.issuer):
            raise ValueError(
                "COE_AUTHORIZE_URL, COE_TOKEN_URL and COE_CLIENT_ID belong together, and to COE_ISSUER: set all, or none"
            )
        for name, url in (
            ("COE_PUBLIC_URL", self.public_url),
            ("COE_ISSUER", self.issuer),
            ("COE_JWKS_URL", self.jwks_url),
            ("COE_AUTHORIZE_URL", self.authorize_url),
            ("COE_TOKEN_URL", self.token_url),
        ):
            _check_url(name, url)
        if not self.database_url.startswith(("sqlite://", "postgresql+psycopg://")):
            raise ValueError("COE_DATABASE_URL must begin with sqlite:// or postgresql+psycopg://")
        _check_database_url(self.database_url)
        _check_mail(self.smtp_url, self.mail_from)
        _limits(self)
        return self

    @cached_property
    def keys(self) -> Path:
        """Where the signing key is kept: as set, else beside the SQLite file, else in the working directory."""
        return self.key_dir or self._beside / "coe-keys"

    @cached_property
    def checkpoints(self) -> Path:
        """Where checkpoints are kept: as set, else beside the keys."""
        return self.checkpoint_file or self.keys / "checkpoints.jsonl"

    @cached_property
    def erasures(self) -> Path:
        """Where it is kept who was erased: beside the checkpoints."""
        return self.checkpoints.with_name("erasures.jsonl")

    @cached_property
    def spool(self) -> Path:
        """Where uploads wait: as set, else beside the SQLite file, else in the working directory."""
        return self.spool_dir or self._beside / "coe-spool"

    @property
    def _beside(self) -> Path:
        name = self.database_url.removeprefix("sqlite:///")
        return Path(name).parent if name != self.database_url and name else Path()

    def as_environment(self) -> dict[str, str]:
        """The variables by which another process has the same settings."""
        told = self.model_dump(mode="json", exclude_none=True)
        return {f"COE_{name.upper()}": str(value) for name, value in told.items()}

    @property
    def outside(self) -> Outside:
        """What may be called at the wish of a caller."""
        named = (one.strip().lower() for one in (self.callback_hosts or "").split(","))
        hosts = frozenset(one for one in named if one)
        return Outside(self.public_url.rstrip("/"), None if self.callback_hosts is None else hosts)

    @property
    def limits(self) -> dict[Rate, RateLimitItem]:
        """How often one caller may ask, by class of routes; a class without a limit is not in it."""
        return _limits(self)

    @property
    def sqlite(self) -> bool:
        """Is it the embedded database?"""
        return self.database_url.startswith("sqlite://")

    @property
    def pooled(self) -> bool:
        """Is a transaction pooler before the database? There is, where a way past it is told."""
        return not self.sqlite and self.database_direct_url is not None


def _limits(told: Settings) -> dict[Rate, RateLimitItem]:
    found = {}
    for rate in Rate:
        try:
            limit = read_limit(getattr(told, f"limit_{rate.value}"))
        except ValueError as error:
            raise ValueError(f"COE_LIMIT_{rate.name}: {error}") from error
        if limit is not None:
            found[rate] = limit
    return found


def _check_database_url(url: str) -> None:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ValueError(f"COE_DATABASE_URL is not an address of a database: {error}") from error


def _check_mail(url: str | None, sender: str | None) -> None:
    from email.utils import getaddresses

    from app.notices.rules import server_of

    if (url is None) != (sender is None):
        raise ValueError("COE_SMTP_URL and COE_MAIL_FROM belong together: set both, or neither")
    if url is None or sender is None:
        return
    try:
        server_of(url)
    except ValueError as error:
        raise ValueError(f"COE_SMTP_URL {error}") from error
    mailboxes = getaddresses([sender]) if sender.isprintable() else []
    if len(mailboxes) != 1 or not all(mailboxes[0][1].partition("@")):
        raise ValueError("COE_MAIL_FROM must be one address such as CoE <coe@example.com>")


def _check_url(name: str, url: str | None) -> None:
    if url is None:
        return
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{name} must be an address such as https://coe.example.com")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError(f"{name} must be https; http is accepted on loopback only")


def load(**overrides: object) -> Settings:
    """Read the environment. Raises ``BadSettings`` in plain words."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = []
        for one in error.errors():
            name = f"COE_{'_'.join(str(part) for part in one['loc']).upper()}: " if one["loc"] else ""
            lines.append(f"{name}{one['msg'].removeprefix('Value error, ')}")
        raise BadSettings("\n".join(lines)) from error
