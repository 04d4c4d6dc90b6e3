"""What a network is, and which handles and addresses name one account on it.

Pure: text in, values or coded refusals out. ``refusals`` are the ways to say no, ``text`` the characters, ``address``
the URLs, ``network`` the data, ``handle`` the two questions asked of it: ``canonical`` and ``recognise``.
"""

from app.networks.rules.handle import Handle, canonical, recognise
from app.networks.rules.network import Form, Kind, Network, ensure_distinct, known
from app.networks.rules.refusals import BadHandle, BadNetwork, UnknownNetwork
from app.networks.rules.text import skeleton

__all__ = [
    "BadHandle",
    "BadNetwork",
    "Form",
    "Handle",
    "Kind",
    "Network",
    "UnknownNetwork",
    "canonical",
    "ensure_distinct",
    "known",
    "recognise",
    "skeleton",
]
