"""How operations are grouped in the documentation: by who uses them."""

from enum import StrEnum


class Tag(StrEnum):
    """A group of operations; the value is its heading."""

    EVERYONE = "For everyone"
    LIAISONS = "For liaisons: accounts and posting rights"
    TOOLS = "For publishing tools: decisions"
    HUB = "For the hub: model, roles, policy"
    ANALYSTS = "For analysts: figures and targets"
    ORGANISATION = "For HR and operators: the organisation"
    AUDITORS = "For auditors"
    SIGN_IN = "Signing in"
    OPERATIONS = "For operations"
    PUBLIC = "For the public"
