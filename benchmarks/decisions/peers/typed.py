"""The same look-up behind FastAPI, with pydantic models in and out: what a team writes first."""

import time
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from benchmarks.decisions.peers.holdings import held

GRANTS = held()
application = FastAPI()


class Entity(BaseModel):
    type: str
    id: str
    properties: dict[str, Any] | None = None


class Action(BaseModel):
    name: str
    properties: dict[str, Any] | None = None


class Evaluation(BaseModel):
    subject: Entity
    action: Action
    resource: Entity
    context: dict[str, Any] | None = None


class Answer(BaseModel):
    decision: bool


@application.get("/")
async def ready() -> Answer:
    return Answer(decision=True)


@application.post("/access/v1/evaluation")
async def evaluate(asked: Evaluation) -> Answer:
    until = GRANTS.get((asked.subject.id, asked.resource.id))
    return Answer(decision=until is not None and until > time.time() and asked.action.name == "publish")
