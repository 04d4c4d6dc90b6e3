"""Swagger UI, self-hosted."""

from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles

router = APIRouter(include_in_schema=False)
files = StaticFiles(directory=Path(__file__).parent.parent / "static")


def install(app: FastAPI, examples: Mapping[str, str]) -> None:
    """Finish the OpenAPI document."""
