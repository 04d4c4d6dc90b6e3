"""What waits for somebody: requests and registrations whose open step they may decide now."""

from dataclasses import dataclass
from uuid import UUID

from app.governance.routing import rules as routing_rules
from app.governance.routing import service as routing
from app.governance.routing import store
from app.governance.routing.rules import Request, RequestState, Standing
from app.kernel.pages import Page
from app.kernel.work import Work


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing to decide: the request, its open step, and whose seat one would sit in (another's as deputy)."""

    request: Request
    step: Standing
    seat: UUID

    @property
    def id(self) -> UUID:
        return self.request.id


def waiting(work: Work, page: Page | None = None) -> list[Waiting]:
    """Everything that the acting employee may decide now, the oldest first; with a page, from its cursor on."""
    found = [one for one in store.live(work.session, work.now) if one.state is RequestState.PENDING]
    grounds = routing.grounds_for(work, found)
    items = []
    for request in found:
        steps = routing.standing(work, request, grounds[request.id])
        try:
            step, seat = routing_rules.seat_of(request.matter, steps, grounds[request.id].seats, work.me)
        except (routing_rules.SelfApproval, routing_rules.NotTheApprover, routing_rules.AlreadyDecided):
            continue
        items.append(Waiting(request, step, seat))
    return items if page is None else _from(items, page)


def _from(items: list[Waiting], page: Page) -> list[Waiting]:
    """The items from the page's cursor on, in its order."""
    ordered = sorted(items, key=lambda one: one.id, reverse=page.descending)
    position = page.after()
    if position is None:
        return ordered
    last = UUID(position[-1])
    return [one for one in ordered if (one.id < last if page.descending else one.id > last)]
