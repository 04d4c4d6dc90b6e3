"""The OpenAPI document as a value: what is added to it, and how it reads as Markdown."""

from .document import Door, Refusals, finish
from .examples import fill
from .markdown import render_markdown

__all__ = ["Door", "Refusals", "fill", "finish", "render_markdown"]
