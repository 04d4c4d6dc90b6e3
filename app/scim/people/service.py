"""SCIM Users as the directory's people: what a feed writes becomes one call of ``lifecycle``, what it reads is composed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from scim2_models import InvalidValueException, NotFoundException, UniquenessException

from app.directory import rules as directory_rules
from app.directory import store as directory
from app.directory.rules import Employee
from app.groups import rules as group_rules
from app.groups import service as groups
from app.groups import store as group_store
from app.kernel.ids import new_id
from app.kernel.pages import Page
from app.kernel.text import key_of
from app.kernel.work import Work
from app.lifecycle import service as lifecycle
from app.lifecycle.documents.rules import values_of
from app.roles import store as role_store
from app.scim.documents import rules as documents
from app.scim.documents.rules import Membership, Place
from app.scim.search import store as search

_SAYS = "said by HR's feed (SCIM)"


@dataclass(slots=True)
class _Seen:
    """Somebody as they were read in this transaction, with what is shown of them beside their own row."""

    person: Employee
    place: Place
    groups: list[Membership]

    def document(self) -> dict[str, Any]:
        return documents.user(self.person, self.place, self.groups)


@dataclass(slots=True)
class People:
    """Users in one transaction. ``came_back``: whoever was created had been here before."""

    work: Work
    came_back: bool = False
    _seen: dict[UUID, _Seen] = field(default_factory=dict)

    def documents(self, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
        """People as plain JSON values, those whose record is there."""
        memberships = group_store.groups_of(self.work.session, ids)
        for id_, (person, place) in search.people(self.work.session, ids).items():
            mine = [Membership(one.id, one.display_name) for one in memberships.get(id_, ())]
            self._seen[id_] = _Seen(person, place, mine)
        return {id_: self._seen[id_].document() for id_ in ids if id_ in self._seen}

    def hold(self, id_: UUID) -> int:
        """Hold somebody's row until the transaction ends; answers its version. Raises ``NotFoundException``."""
        person = directory.lock_employees(self.work.session, [id_]).get(id_)
        if person is None or person.deleted_at is not None:
            raise NotFoundException(detail=f"There is no User {id_}")
        if id_ in self._seen:
            self._seen[id_].person = person
        return person.version

    def create(self, said: dict[str, Any], external_id: str | None) -> dict[str, Any]:
        """Somebody a feed has not named before, or who had left; answers their document. Raises ``UniquenessException``."""
        document = documents.kept(said)
        active = document.setdefault("active", True)
        values = {**values_of(document), "external_id": external_id, "attributes": document}
        known = self._known(external_id, documents.number_of(document))
        self._check_mail(values["email"], known)
        if known is not None:
            return self._return(known, values, document, active=active)
        left = {} if active else {"active": False, "left_at": self.work.now}
        unit_id = self._unit(document) or directory_rules.ROOT_ID
        number = documents.number_of(document) or self._free_number(values)
        manager = {"manager_id": self._manager(document, None)}
        made = lifecycle.join(
            self.work, {**values, **left, **manager, "business_unit_id": unit_id, "employee_number": number}
        )
        return documents.user(made, self._place(unit_id), [])

    def _known(self, external_id: str | None, number: str | None) -> Employee | None:
        """Whose id the feed names; both are one person's for ever."""
        found = directory.by_ids(self.work.session, external_id, number)
        mine = next((one for one in found if external_id and one.external_id == external_id), None)
        if mine is None and found and external_id and found[0].external_id is not None:
            raise UniquenessException(detail=f"The employee id {number} belongs to another externalId.")
        return mine or (found[0] if found else None)

    def _check_mail(self, email: str | None, own: Employee | None) -> None:
        """Two people may have one address, but nobody gets that of who runs the service: some are recognised by theirs."""
        if email is None or (own is not None and own.email is not None and key_of(own.email) == key_of(email)):
            return
        for one in directory.page_employees(self.work.session, Page(limit=20), {"email": email}):
            held = role_store.open_of(self.work.session, one.id) if one.active and one != own else ()
            if any(appointment.role in group_rules.APPOINTED_BY_PEOPLE for appointment in held):
                raise UniquenessException(detail="The e-mail address belongs to another person.")

    def _return(
        self, known: Employee, values: dict[str, Any], document: dict[str, Any], *, active: bool
    ) -> dict[str, Any]:
        """A feed creates someone anew who had left: the person returns, and nothing of what they held."""
        known = directory.lock_employees(self.work.session, [known.id])[known.id]  # another may be doing the same
        if known.active and not known.over(self.work.now) and known.deleted_at is None:
            raise UniquenessException(detail=f"{known.user_name} is here already, as {known.id}.")
        stated = {**values, "manager_id": self._manager(document, known.id)}
        unit = self._unit(document)
        stated |= {"business_unit_id": unit} if unit else {}
        number = documents.number_of(document)
        stated |= {"employee_number": number} if number else {}
        self.came_back = known.deleted_at is None
        if known.active:
            known = lifecycle.leave(self.work, known, "the last day has passed")
        back = lifecycle.come_back(self.work, known, stated)
        if not active:
            lifecycle.leave(self.work, back, f"inactive, {_SAYS}")
        return self.documents([known.id])[known.id]

    def restate(self, id_: UUID, said: dict[str, Any], external_id: str | None) -> dict[str, Any]:
        """A feed states somebody anew, whom the caller holds; answers their document. Raises ``UniquenessException``."""
        if id_ not in self._seen:
            self.documents([id_])
        seen = self._seen[id_]
        document, before = documents.kept(said), documents.stored(seen.person, seen.place)
        values = {**values_of(document), "external_id": external_id}
        self._check_mail(values["email"], seen.person)
        if documents.manager_of(document) != documents.manager_of(before):
            values["manager_id"] = self._manager(document, id_)
        number = documents.number_of(document)
        values |= {"employee_number": number} if number else {}
        department = documents.department_of(document)
        if department is not None and department != documents.department_of(before):  # only another one moves somebody
            values["business_unit_id"] = self._unit(document)
        if document != before or seen.person.attributes is None:
            values["attributes"] = document
        active = document.get("active", seen.person.active)
        after = lifecycle.restate(self.work, seen.person, values, active=active, reason=f"inactive, {_SAYS}")
        if after.business_unit_id != seen.person.business_unit_id:
            seen.place = self._place(after.business_unit_id)
        seen.person = after
        return seen.document()

    def remove(self, id_: UUID) -> None:
        """A feed deletes its record of somebody, whom the caller holds: they leave."""
        lifecycle.remove(self.work, directory.employee(self.work.session, id_), f"deleted, {_SAYS}")
        groups.forget(self.work, id_)
        self._seen.pop(id_, None)

    def _place(self, unit_id: UUID) -> Place:
        unit = directory.unit(self.work.session, unit_id)
        return Place(unit.key, unit.name)

    def _unit(self, document: dict[str, Any]) -> UUID | None:
        said = documents.department_of(document)
        if said is None:
            return None
        unit = lifecycle.department(self.work, said)
        if unit is None:
            raise InvalidValueException(detail=f"Several business units are named {said}; send the key of one of them.")
        return unit

    def _manager(self, document: dict[str, Any], own_id: UUID | None) -> UUID | None:
        said = documents.manager_of(document)
        if said is None:
            return None
        id_ = documents.uuid_of(said)
        found = directory.employees(self.work.session, [id_]).get(id_) if id_ else None
        if found is None or found.deleted_at is not None:
            raise InvalidValueException(detail=f"manager: there is no user {said}.")
        if own_id is not None and lifecycle.reports_to(self.work, found, own_id):
            raise InvalidValueException(detail="manager: following the managers upward leads back to this person.")
        return found.id

    def _free_number(self, values: dict[str, Any]) -> str:
        """Where HR's employee id is not said: the feed's own id, else the user name, else one that we make."""
        wanted = [one[:100] for one in (values["external_id"], values["user_name"]) if one]
        taken = directory.employees_by_number(self.work.session, wanted)
        return next((one for one in wanted if one not in taken), None) or f"scim-{new_id()}"
