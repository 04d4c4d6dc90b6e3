"""Every table of identity, gathered for the metadata."""

from app.clients.tables import Client
from app.identity.login.tables import Login, LoginThrottle
from app.identity.oauth.tables import AuthorizationCode

__all__ = ["AuthorizationCode", "Client", "Login", "LoginThrottle"]
