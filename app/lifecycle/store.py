"""What hangs on a person, in one statement over every package: most people hold nothing when they leave."""

from uuid import UUID

from sqlalchemy import exists, literal, or_, select
from sqlalchemy.orm import Session

from app.accounts.tables import Account
from app.clients.tables import Client
from app.governance.clearances.rules import OPEN
from app.governance.clearances.tables import Clearance
from app.governance.grants.tables import Grant
from app.governance.routing.tables import Request
from app.kernel.database import id_param
from app.roles.tables import Appointment

_WHO = id_param("person")
_TIES = {
    "accounts": exists(select(Account.id).where(or_(Account.steward_id == _WHO, Account.backup_steward_id == _WHO))),
    "appointments": exists(
        select(Appointment.id).where(
            or_(Appointment.employee_id == _WHO, Appointment.deputy_id == _WHO), Appointment.ended_at.is_(None)
        )
    ),
    "clearances": exists(select(Clearance.id).where(Clearance.employee_id == _WHO, Clearance.state.in_(OPEN))),
    "clients": exists(select(Client.id).where(Client.owner_id == _WHO, Client.revoked_at.is_(None))),
    "grants": exists(select(Grant.id).where(Grant.employee_id == _WHO, Grant.ended_at.is_(None))),
    "requests": exists(
        select(Request.id).where(
            or_(Request.requester_id == _WHO, Request.beneficiary_id == _WHO), Request.ended_at.is_(None)
        )
    ),
}
_ASKED = select(*(one.label(name) for name, one in _TIES.items())).select_from(select(literal(1)).subquery())


def ties(session: Session, employee_id: UUID) -> frozenset[str]:
    """What a person has a hand in at present: accounts, appointments, clearances, clients, grants, requests."""
    row = session.execute(_ASKED, {"person": employee_id}).one()
    return frozenset(name for name, held in zip(_TIES, row, strict=True) if held)
