"""The external issuer's keys in memory: fetched when needed, kept while they may be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

import structlog

from app.kernel import tokens
from app.kernel.tokens import Trust

from . import rules, store
from .rules import ExternalIssuer, IdpUnavailable

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Cached:
    """The issuer's keys, as of ``fetched_at``."""

    trust: Trust
    fetched_at: datetime


class External:
    """One external issuer with its keys. Shared by all threads of a process.

    ``fetch(url)`` answers the JWK Set (RFC 7517 5) or raises ``CannotFetch``.
    """

    def __init__(self, settings: ExternalIssuer, fetch: Callable[[str], Mapping[str, Any]] = store.fetch) -> None:
        rules.check(settings)
        self.settings = settings
        self._fetch = fetch
        self._trusting({})  # so that settings which cannot work are told at the start
        self._cached: Cached | None = None
        self._tried_at: datetime | None = None
        self._refreshing = Lock()

    def trust(self, kid: str | None, now: datetime) -> Trust:
        """What to verify a token under ``kid`` with. Raises ``IdpUnavailable`` when there are no keys young enough.

        Known keys answer without waiting: only who has nothing to go by waits for a fetch that is under way.
        """
        cached = self._cached
        known = cached is not None and rules.usable(cached.fetched_at, now)
        if cached is None or not (known and rules.fresh(cached.fetched_at, now) and kid in cached.trust.keys):
            self._refresh(now, wait=0 if known else store.SECONDS)
        return self._usable(now)

    def _usable(self, now: datetime) -> Trust:
        cached = self._cached
        if cached is None or not rules.usable(cached.fetched_at, now):
            seconds = int(rules.RETRY_AFTER.total_seconds())
            raise IdpUnavailable("The identity provider's keys cannot be fetched.", members={"retry_after": seconds})
        return cached.trust

    def _refresh(self, now: datetime, wait: float) -> None:
        """Fetch the keys if it is time to; ``wait``: seconds for another thread that is at it."""
        if not self._refreshing.acquire(timeout=wait):
            return
        try:
            if rules.due(self._tried_at, now):
                self._tried_at = now
                self._cached = Cached(self._fetched(), now)
        except (store.CannotFetch, tokens.BadKey) as error:
            # The keys we have stay in use until they are too old; a set that is half wrong is wrong as a whole.
            _log.warning("jwks_refused", url=self.settings.jwks_url, cause=str(error))
        finally:
            self._refreshing.release()

    def _fetched(self) -> Trust:
        keys = tokens.parse_jwks(self._fetch(self.settings.jwks_url))
        if not keys:
            raise store.CannotFetch("there is no key for signatures in it")
        return self._trusting(keys)

    def _trusting(self, keys: Mapping[str, Mapping[str, Any]]) -> Trust:
        """What is accepted under these keys. Raises ``BadKey``, a ``ValueError``."""
        told = self.settings
        return Trust(told.issuer, told.audience, told.algorithms, keys, told.token_types)
