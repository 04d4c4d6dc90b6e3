"""SCIM 2.0 (RFC 7643, 7644): people and groups as identity providers tell of them."""

import inspect

for _name in ("_bootstrap", "_bootstrap_external"):
    # The library's kinds of messages look for their docstrings through every frame above them. Most of those are the
    # import system's, which `inspect` would look for in all modules each time: half of what a start took.
    _told = f"<frozen importlib.{_name}>"
    inspect.modulesbyfile.update(dict.fromkeys((_told, inspect.getabsfile(inspect, _told)), f"importlib.{_name}"))
