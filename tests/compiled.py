"""What SQLAlchemy compiled for one database, the next one of the same kind takes: every test has engines of its own, and
compiling the same statements for each anew was a fifth of what tests cost.
"""

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.util import LRUCache

from app.kernel import database

KEPT = 5000
_ready = {}


def share():
    """Let the service's engines of this process have one dialect and one cache for each kind of database."""
    database.create_engine = _engine


def _engine(url, **options):
    made = sa.create_engine(url, **options)
    kind = made.dialect.name, options.get("connect_args", {}).get("prepare_threshold", 5)
    if kind in _ready:
        # Only from one that has met its server: what it learned there is the same for all.
        made.dialect, made._compiled_cache = _ready[kind]
    else:
        made._compiled_cache = LRUCache(KEPT)
        event.listen(made, "engine_connect", lambda _: _ready.setdefault(kind, (made.dialect, made._compiled_cache)))
    return made
