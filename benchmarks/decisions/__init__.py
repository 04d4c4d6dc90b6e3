"""Decisions beside what else decides; ``python -m benchmarks.decisions``, README.md says what and how."""
