# Every command of the project. Each sets up what it needs first, from nothing but Python 3.11 and make:
# scripts/bootstrap.py does that, and ends at once when there is nothing to do.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Steps stand in their order, and most of them use both cores themselves.
.NOTPARALLEL:

PYTHON ?= python3
BIN := .venv/bin
# Words for the command behind a target: make run ARGS="--port 8001", make test ARGS="tests/test_walk.py -k revoke"
ARGS ?=
# The tests that together take every line and branch of what [tool.coverage.report] names.
COVERING := tests/attacks6 tests/audit tests/authzen tests/decisions tests/doctor tests/governance tests/identity tests/kernel tests/roles tests/scim tests/webhooks

.PHONY: help run test check lint types contracts migrations docs dockerfile openapi pages fmt bench bench-console bench-decisions bench-files bench-governing bench-reports bench-scim bench-verifying campaign coverage mutation soak setup clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## set up and serve the demo enterprise on http://127.0.0.1:8000
	@$(PYTHON) scripts/bootstrap.py
	@exec $(BIN)/coe demo $(ARGS)

test: ## set up and run the whole suite, on SQLite and on PostgreSQL
	@$(PYTHON) scripts/bootstrap.py --dev --browser
	$(BIN)/python -m pytest -n auto $(ARGS)

check: lint types contracts migrations docs dockerfile ## everything a reviewer would run, but the tests

lint: setup ## ruff: rules and formatting
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: setup ## mypy, strict
	$(BIN)/mypy

contracts: setup ## which package may import which
	$(BIN)/lint-imports

migrations: setup ## up, check, down and up again on both databases
	$(BIN)/python scripts/check_migrations.py

docs: setup ## openapi.md and docs/ say what the service does
	@$(BIN)/coe openapi --markdown | diff --unified openapi.md - \
		|| { echo "openapi.md is not what the service says; 'make openapi' writes it anew." >&2; exit 1; }
	@$(BIN)/python scripts/docs.py --check >&2
	@echo "openapi.md and docs/ are what the service says."

dockerfile: setup ## hadolint
	$(BIN)/hadolint Dockerfile

openapi: setup ## write openapi.md anew
	$(BIN)/coe openapi --markdown > .openapi.md.new
	mv .openapi.md.new openapi.md

pages: setup ## write anew what docs/ repeats of the code
	@$(BIN)/python scripts/docs.py

fmt: setup ## format, and mend what ruff can mend
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

bench: setup ## measure; benchmarks/README.md says what and how
	$(BIN)/python -m benchmarks $(ARGS)

bench-decisions: setup ## measure decisions beside what else decides
	@$(BIN)/python -m benchmarks.decisions $(ARGS)

bench-files: setup ## measure employees by file beside what PostgreSQL alone makes of them
	@$(BIN)/python -m benchmarks.files $(ARGS)

bench-governing: setup ## measure previews and publishing at a million employees
	@$(BIN)/python -m benchmarks.governing $(ARGS)

bench-verifying: setup ## measure verifying the audit log of a million events beside reading it
	@$(BIN)/python -m benchmarks.verifying $(ARGS)

bench-console: setup ## measure each page of the console, at 1,243 accounts and at 100,000
	@$(BIN)/python -m benchmarks.console $(ARGS)

bench-reports: setup ## measure every report at a million employees
	@$(BIN)/python -m benchmarks.reports $(ARGS)

bench-scim: setup ## measure SCIM beside scim2-server's own in-memory server
	@$(BIN)/python -m benchmarks.scim $(ARGS)

coverage: ## every line and branch of what decides who may do what is taken by some test
	@$(PYTHON) scripts/bootstrap.py --dev
	$(BIN)/python -m pytest -n auto --cov --cov-report=term-missing $(COVERING) $(ARGS)

mutation: setup ## break the rules one by one; benchmarks/RESULTS-MUTATION.md says what was noticed
	@$(BIN)/python scripts/mutation.py $(ARGS)

soak: setup ## 100,000 made-up requests on each of both databases
	COE_FUZZ_CASES=100000 COE_FUZZ_ON=sqlite,postgresql $(BIN)/python -m pytest -n auto tests/fuzz $(ARGS)

campaign: setup ## kill, cut and fail over under load, and check that every promise held
	@$(BIN)/python -m benchmarks.campaign $(ARGS)

setup: ## set up .venv with all that tests and checks need
	@$(PYTHON) scripts/bootstrap.py --dev

clean: ## remove what set-up and tools made; databases and keys stay
	rm -rf .venv .tools dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage mutants .openapi.md.new
	find . -name __pycache__ -type d -not -path "./.git/*" -prune -exec rm -rf {} +
