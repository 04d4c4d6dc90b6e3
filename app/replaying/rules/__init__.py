"""What the audit log says of the tables. Pure: an event in, steps out that a database can take.

``told`` is the event, ``steps`` what there is to do, ``rows`` the table of mappings, ``beside`` its exceptions, ``state``
what needs no event and what no event needs to tell.
"""

from app.replaying.rules.beside import BESIDE, steps
from app.replaying.rules.rows import ROWS
from app.replaying.rules.state import (
    CHANGES_NOTHING,
    NO_STATE,
    NO_STATE_COLUMNS,
    beginnings,
    paths,
    rebuilt,
    with_keys,
)
from app.replaying.rules.steps import Alter, Bounds, Drop, Put, Redate, ReviewEnds, Step
from app.replaying.rules.told import ERASED, Difference, Told, told

__all__ = [
    "BESIDE",
    "CHANGES_NOTHING",
    "ERASED",
    "NO_STATE",
    "NO_STATE_COLUMNS",
    "ROWS",
    "Alter",
    "Bounds",
    "Difference",
    "Drop",
    "Put",
    "Redate",
    "ReviewEnds",
    "Step",
    "Told",
    "beginnings",
    "paths",
    "rebuilt",
    "steps",
    "told",
    "with_keys",
]
