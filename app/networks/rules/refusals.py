"""The ways a handle, an address or a network description is refused."""

from app.kernel.errors import FieldError, Invalid


class BadHandle(Invalid):
    """A text that cannot name an account; ``reason`` is the stable code of why (``empty``, ``url_userinfo`` ...)."""

    def __init__(self, reason: str, message: str) -> None:
        """``reason``: snake_case code, also that of the one field error; ``message``: a sentence safe to show."""
        super().__init__(message, errors=[FieldError("/handle", reason, message)])
        self.reason = reason


class UnknownNetwork(Invalid):
    """The address belongs to no network known here; nothing is guessed from it."""

    code = "unknown_network"
    title = "The network is not known here"


class BadNetwork(Invalid, ValueError):
    """A network's description is wrong; ``member`` is the JSON pointer (RFC 6901) of the member at fault."""

    def __init__(self, member: str, problem: str) -> None:
        """``problem`` completes the sentence that the member's name begins."""
        message = f"{member or 'the network'} {problem}"
        super().__init__(message, errors=[FieldError(member, "bad_network", message)])
        self.member = member
