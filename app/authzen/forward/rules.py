"""What a gateway is told that looks at nothing but the status of an answer."""

from app.kernel.errors import Forbidden


class NotPermitted(Forbidden):
    """The decision is no. It stands in the status, since there is nobody who would read it from a body."""

    code = "not_permitted"
    title = "This may not be done now"
