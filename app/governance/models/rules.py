"""The five governance models, as data. Which one is in force where is in ``store``; who must decide is in ``routing``."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from app.kernel.errors import FieldError, Invalid


class Right(StrEnum):
    """What one may do on an account."""

    DRAFT = "draft"
    PUBLISH = "publish"
    ENGAGE = "engage"
    ANALYZE = "analyze"
    ADMINISTER = "administer"


COVERS: Mapping[Right, frozenset[Right]] = MappingProxyType(
    {**{right: frozenset({right}) for right in Right}, Right.DRAFT: frozenset({Right.DRAFT, Right.PUBLISH})}
)
"""Which granted rights answer for a right that is asked: ``publish`` includes ``draft``; ``administer`` nothing else."""


class StepKind(StrEnum):
    """Whose decision a step is, in the order in which steps are taken."""

    ACCOUNT_LIAISON = "account_liaison"
    BENEFICIARY_LIAISON = "beneficiary_liaison"
    COMMUNITY_MANAGER = "community_manager"
    STRATEGIST = "strategist"


class Proposer(StrEnum):
    """Who may register an account."""

    ANYONE = "anyone"
    LIAISON = "liaison"
    COE = "coe"


class ToolRule(StrEnum):
    """Through which publishing tool a post may go."""

    ANY = "any"
    REGISTERED = "registered"
    CENTRAL = "central"
    PLATFORM = "platform"


class Authority(StrEnum):
    """Who may revoke, suspend and resume; the holder may always give up their own, the strategist always may."""

    LIAISON = "liaison"
    HUB = "hub"
    HUB_IN_VETO_WINDOW = "hub_in_veto_window"


class ModelKey(StrEnum):
    """The five ways to share authority between the centre and the business units; older names are aliases of these."""

    DECENTRALIZED = "decentralized"
    CENTRALIZED = "centralized"
    HUB_AND_SPOKE = "hub_and_spoke"
    DANDELION = "dandelion"
    HONEYCOMB = "honeycomb"


_ALL = frozenset(Right)
_NO_ADMINISTER = _ALL - {Right.ADMINISTER}
_LIAISON, _CM, _STRATEGIST = StepKind.ACCOUNT_LIAISON, StepKind.COMMUNITY_MANAGER, StepKind.STRATEGIST


@dataclass(frozen=True, slots=True)
class Model:
    """One way to share authority between the centre and the units; a column of the table in ``docs/models.md``.

    ``ceiling``: the most that BU people may hold. ``automatic``: rights granted on request on standard accounts.
    ``advisory``: central policy is reported, not enforced. ``freezers``: who may stop posting
    beside the strategist. ``short_of_liaisons``: the model by which requests are
    routed while the unit has fewer than two liaisons.
    ``own_strategy``: a unit under it is to have one. Days are calendar days, the veto window is in working days.
    """

    key: ModelKey
    in_words: str
    proposer: Proposer
    registration: tuple[StepKind, ...]
    for_people_of_subtree: bool
    steps: tuple[StepKind, ...]
    ceiling: frozenset[Right]
    tool: ToolRule
    default_days: int
    most_days: int
    authorities: frozenset[Authority]
    automatic: frozenset[Right] = field(default=frozenset())
    high_risk_adds: tuple[StepKind, ...] = (_STRATEGIST,)
    other_unit_adds: tuple[StepKind, ...] = (StepKind.BENEFICIARY_LIAISON,)
    advisory: bool = False
    until_appointment_ends: bool = False
    freezers: frozenset[Authority] = field(default=frozenset({Authority.HUB}))
    short_of_liaisons: ModelKey | None = None
    own_strategy: bool = False
    veto_working_days: int = 0
    aliases: tuple[str, ...] = ()


MODELS: Mapping[ModelKey, Model] = MappingProxyType(
    {
        model.key: model
        for model in (
            Model(
                ModelKey.DECENTRALIZED,
                "anyone, anything, any channel",
                proposer=Proposer.ANYONE,
                registration=(),
                for_people_of_subtree=False,
                steps=(),
                ceiling=_ALL,
                tool=ToolRule.ANY,
                default_days=365,
                most_days=730,
                authorities=frozenset(),
                automatic=_ALL,
                freezers=frozenset(),
                high_risk_adds=(),
                other_unit_adds=(),
                advisory=True,
                aliases=("organic",),
            ),
            Model(
                ModelKey.CENTRALIZED,
                "one group speaks for the company",
                proposer=Proposer.COE,
                registration=(_STRATEGIST,),
                for_people_of_subtree=False,
                steps=(_STRATEGIST,),
                ceiling=frozenset({Right.DRAFT, Right.ANALYZE}),
                tool=ToolRule.CENTRAL,
                default_days=365,
                most_days=365,
                authorities=frozenset(),
                high_risk_adds=(),
                other_unit_adds=(),
                until_appointment_ends=True,
                freezers=frozenset(),
            ),
            Model(
                ModelKey.HUB_AND_SPOKE,
                "business units run their social under the hub's guidance and execution",
                proposer=Proposer.LIAISON,
                registration=(_CM,),
                for_people_of_subtree=True,
                steps=(_LIAISON, _CM),
                ceiling=_NO_ADMINISTER,
                tool=ToolRule.REGISTERED,
                default_days=180,
                most_days=365,
                authorities=frozenset({Authority.LIAISON, Authority.HUB}),
                aliases=("coordinated",),
            ),
            Model(
                ModelKey.DANDELION,
                "each business unit has its own strategy, staff and deployment under central policy",
                proposer=Proposer.LIAISON,
                registration=(_LIAISON,),
                for_people_of_subtree=True,
                steps=(_LIAISON,),
                ceiling=_ALL,
                tool=ToolRule.REGISTERED,
                default_days=180,
                most_days=365,
                authorities=frozenset({Authority.LIAISON, Authority.HUB_IN_VETO_WINDOW}),
                freezers=frozenset({Authority.HUB, Authority.LIAISON}),
                short_of_liaisons=ModelKey.HUB_AND_SPOKE,
                own_strategy=True,
                veto_working_days=5,
                aliases=("multiple_hub_and_spoke",),
            ),
            Model(
                ModelKey.HONEYCOMB,
                "every employee, coordinated and monitored on one platform",
                proposer=Proposer.COE,
                registration=(_STRATEGIST,),
                for_people_of_subtree=False,
                steps=(_LIAISON, _CM),
                ceiling=_NO_ADMINISTER,
                tool=ToolRule.PLATFORM,
                default_days=365,
                most_days=365,
                authorities=frozenset({Authority.HUB}),
                automatic=frozenset({Right.DRAFT, Right.ENGAGE}),
                aliases=("holistic",),
            ),
        )
    }
)

_NAMES = {name: model.key for model in MODELS.values() for name in (model.key.value, *model.aliases)}


def model_named(name: str) -> ModelKey:
    """A model by its name or an older one (``organic``, ``coordinated``, ``multiple hub-and-spoke``, ``holistic``)."""
    key = _NAMES.get("_".join(name.strip().lower().replace("-", " ").split()))
    if key is None:
        raise Invalid.field("/model", "unknown_model", f"{name!r} is not one of {', '.join(MODELS)}.")
    return key


@dataclass(frozen=True, slots=True)
class Setting:
    """A choice of model: for the enterprise (no unit) or a unit with all below it, from an instant on.

    ``id`` None: nobody has chosen yet, and the enterprise default of the product holds.
    """

    id: UUID | None
    business_unit_id: UUID | None
    model: ModelKey
    platform_id: UUID | None
    effective_from: datetime
    reason: str
    set_by: UUID | None
    created_at: datetime


def nearest(settings: Iterable[Setting], path: tuple[UUID, ...], at: datetime) -> Setting | None:
    """The setting in force at a unit: of the nearest unit upward that has one, else the enterprise's; the latest of it."""
    best: Setting | None = None
    depth = {id_: n for n, id_ in enumerate(path)}
    for one in settings:
        if one.effective_from > at or (one.business_unit_id is not None and one.business_unit_id not in depth):
            continue
        if best is None or _rank(one, depth) > _rank(best, depth):
            best = one
    return best


def undecided(at: datetime) -> Setting:
    """What holds where nobody has chosen."""
    return Setting(None, None, ModelKey.HUB_AND_SPOKE, None, at, "the product's default", None, at)


def _rank(one: Setting, depth: Mapping[UUID, int]) -> tuple[int, datetime, datetime, UUID]:
    level = -1 if one.business_unit_id is None else depth[one.business_unit_id]
    return (level, one.effective_from, one.created_at, one.id or UUID(int=0))


def check_setting(model: ModelKey, platform_id: UUID | None, effective_from: datetime, now: datetime) -> None:
    """A switch is never in the past; a honeycomb names its platform, and only a honeycomb does."""
    errors = []
    if effective_from < now:
        errors.append(FieldError("/effective_from", "in_the_past", "A switch takes effect now or later."))
    if (MODELS[model].tool is ToolRule.PLATFORM) != (platform_id is not None):
        errors.append(
            FieldError("/platform_id", "platform", "A honeycomb names its one platform; no other model does.")
        )
    if errors:
        raise Invalid(errors[0].message, errors=errors)
