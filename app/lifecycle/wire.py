"""An alarm as it is written on the wire."""

from app.kernel.wire import Out


class Alarm(Out):
    """So many of the active people have left within a day that somebody should look at what HR's feed does.

    All of them have left: an explicit termination always applies. ``seq``: the alarm's number in the audit log.
    """

    seq: int
    at: str
    left: int
    active: int
    since: str
