"""What publishing a version would do, as it is told before anybody does it."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Reached:
    """What stands in a policy's scope: living accounts, rights in force on them, and the people who hold those."""

    accounts: int
    grants: int
    people: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What one rule would mean for the rights in force: how many, whose, some of them, and what happens to them."""

    rule: str
    grants: int
    people: int
    some: tuple[UUID, ...]
    says: str


@dataclass(frozen=True, slots=True)
class Covered:
    """Of a unit's people who hold rights in a policy's scope: how many, and how many of them have accepted the version."""

    business_unit_id: UUID
    due: int
    attested: int


SAYS = {
    "allowed_networks": "They are on networks that it does not allow; they go on, and are not granted anew.",
    "allowed_tools": "Posts go through the tools that it names, from when it begins.",
    "attestation_required": "Their holders have to accept it; after the grace the rights pause until they do.",
    "clearance_required": "Each post's content has to be cleared, from when it begins.",
    "employment_types": "Their holders are employed otherwise than it allows: refused from when it begins.",
    "max_grant_days": "They last longer than it allows; they go on, and are not granted for as long again.",
    "max_publishers_per_account": "More people than it allows publish on their accounts; nobody is added.",
    "posting_hours": "Posts go out in its hours only, from when it begins.",
    "required_training": "Their holders lack a course that it requires: paused from when it begins until they complete it.",
    "two_custodians": "Their accounts have one custodian.",
}
"""What each rule means for rights in force; rules that are not here mean nothing for them."""
