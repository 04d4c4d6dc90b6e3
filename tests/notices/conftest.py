import pytest
import sqlalchemy as sa

from app.kernel.access import operator_work
from app.notices import worker
from app.notices.rules import server_of
from app.sweeping import service as sweeping
from app.sweeping.worker import sweep
from tests.notices.sink import Sink

PUBLIC = "https://coe.world.example"


class Office:
    """A team, its mail server, and what goes between the two."""

    def __init__(self, team, sink):
        self.team, self.sink = team, sink

    @property
    def mailer(self):
        return worker.Mailer(server_of(self.sink.url), "CoE <coe@world.example>", PUBLIC)

    def send(self):
        return worker.deliver(self.mailer, self.team.house)

    def sweep(self):
        return {one.name: one.done for one in sweep(self.team.house, sweeping.TASKS)}

    def rows(self, **equal):
        """Every notice, as (who, kind), in the order in which they were written; or their rows by equal columns."""
        with operator_work(self.team.house, write=False) as work:
            found = [dict(one) for one in work.session.execute(sa.text("SELECT * FROM notice ORDER BY id")).mappings()]
        who = {str(id_).replace("-", ""): name for name, id_ in self.team.ids.items()}
        for one in found:
            one["who"] = who[str(one["employee_id"]).replace("-", "")]
        return [one for one in found if all(one[name] == value for name, value in equal.items())]

    def told(self, *kinds):
        return sorted((one["who"], one["kind"]) for one in self.rows() if not kinds or one["kind"] in kinds)

    def forget(self):
        with operator_work(self.team.house) as work:
            work.session.execute(sa.text("DELETE FROM notice"))


@pytest.fixture
def office(team):
    sink = Sink()
    yield Office(team, sink)
    sink.close()


@pytest.fixture
def account(team):
    return team.account("acme_sales")


@pytest.fixture
def grant(team, account, office):
    """A right of the asker's; what led to it is forgotten."""
    asked = team.ask("asker", account)
    team.decide("liaison", asked)
    (made,) = team.decide("hub", asked)["grants"]
    office.forget()
    return made
