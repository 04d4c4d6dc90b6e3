"""Networks over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from pydantic.config import JsonDict

from app.directory.rules import KeyTaken
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import NotFound
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.work import Work

from . import rules, service

router = APIRouter(prefix="/v1/networks", route_class=Route, tags=[Tag.LIAISONS])


_BEREAL: JsonDict = {
    "key": "bereal",
    "name": "BeReal",
    "hosts": ["bere.al"],
    "forms": [{"kind": "name", "url": "https://bere.al/{handle}", "paths": ["/{handle}"], "max_length": 30}],
}


class NetworkData(BaseModel):
    """A network with the rules of its addresses and handles; a new one is checked against the form of those listed."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [_BEREAL]})

    key: str
    name: str
    hosts: list[str]
    forms: list[dict[str, Any]]


class Networks(BaseModel):
    """Every network."""

    items: list[NetworkData]
    next_cursor: None = None


@router.get("")
def list_networks(work: Annotated[Work, allow(Permission.NETWORK_READ)]) -> Networks:
    """List the networks on which accounts can be registered."""
    return Networks(items=[_shown(one) for one in service.networks(work)])


@router.get("/{key}", responses=responses(NotFound))
def get_network(key: str, work: Annotated[Work, allow(Permission.NETWORK_READ)]) -> NetworkData:
    """One network, by key."""
    return _shown(service.network(work, key))


@router.post("", status_code=201, responses=responses(rules.BadNetwork, KeyTaken))
def add_network(body: NetworkData, work: Annotated[Work, allow(Permission.NETWORK_WRITE)]) -> NetworkData:
    """Add a network: data, not code. Take one of the list as a pattern."""
    data: dict[str, Any] = body.model_dump()
    return _shown(service.add(work, data))


def _shown(one: rules.Network) -> NetworkData:
    return NetworkData(**one.as_data())
