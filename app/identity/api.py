"""Every route of identity, for ``main`` to include."""

from .login.api import router as login
from .oauth.api import router as oauth

routers = [oauth, login]
