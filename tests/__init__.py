"""Tests. What they import makes some hundred thousand objects that all stay: nothing is collected until ``conftest`` says so."""

import gc

gc.disable()
