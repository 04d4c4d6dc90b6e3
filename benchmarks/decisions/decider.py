"""Decisions in process, as a program that has the index in its own memory would ask for them: every condition, no HTTP."""

from collections.abc import Callable

from sqlalchemy.orm import sessionmaker

from app.decisions import service
from app.decisions.desk import Desk
from app.decisions.memory.index import Question
from app.kernel.access import SYSTEM
from app.kernel.clock import system_clock, system_micros
from app.kernel.database import engine_for, reading
from app.kernel.work import Work
from app.settings import Settings
from app.tools import store as tools

from .world import TOOL


def decider(settings: Settings) -> Callable[[str, str], bool]:
    """(employee id, ``network:handle``) -> may they publish there, now, through the benchmark's own tool."""
    engine = engine_for(settings.database_url)
    with sessionmaker(reading(engine)).begin() as session:
        work = Work(session, SYSTEM, system_clock())
        desk, tool = Desk(service.load(work)), tools.tool(session, TOOL).id.bytes

    def decide(person: str, account: str) -> bool:
        asked = tuple.__new__(Question, (person, "publish", account, tool, None))
        return desk.answer(asked, system_micros()).permitted

    return decide
