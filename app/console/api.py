"""The console: pages for the hub and the liaisons, over the same services and permissions as the API."""

from app.console.campaigns import api as campaigns
from app.console.discoveries import api as discoveries
from app.console.frame.api import PREFIX, by_cookie, load_actor, spelled
from app.console.freezes import api as freezes
from app.console.inventory import api as inventory
from app.console.measurement import api as measurement
from app.console.models import api as models
from app.console.overview import api as overview
from app.console.people import api as people
from app.console.programme import api as programme
from app.console.reports import api as reports
from app.console.requests import api as requests
from app.console.retirements import api as retirements
from app.console.sessions import api as sessions
from app.console.signon import api as signon
from app.console.waiting import api as waiting

__all__ = ["PREFIX", "by_cookie", "load_actor", "routers", "spelled"]

routers = (
    sessions.door,
    signon.door,
    sessions.parts,
    overview.parts,
    waiting.parts,
    inventory.parts,
    people.parts,
    requests.parts,
    models.parts,
    freezes.parts,
    campaigns.parts,
    discoveries.parts,
    retirements.parts,
    programme.parts,
    measurement.parts,
    reports.parts,
)
"""Everything below ``/console``; a new part of it is one more line here, and one in the navigation (``frame.rules``)."""
