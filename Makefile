# One word for everything: `make help`. Each target makes its own environment in .venv the first time.

SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	command -v $$python >/dev/null && $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo $$python && break; done)
BIN := .venv/bin
ARGS ?=

.PHONY: help sandbox test lint bench soak audit pictures clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F'\t' '{printf "make %-10s %s\n", $$1, $$2}'

sandbox: .venv/installed  ## Try Perch on this machine: no account, no server, no token
	@$(BIN)/perch sandbox $(ARGS)

# Empty is unset: where machines set it, each of many processes would compile everything anew.
test: export PYTHONDONTWRITEBYTECODE =
test: .venv/installed-dev  ## Run every test, on all cores
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal $(ARGS)

lint: .venv/installed-dev  ## Check style, form, types, and what code here never does
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m pytest --quiet tests/test_rooms.py tests/test_safe_code.py

bench: .venv/installed-dev  ## Measure what docs promise about speed
	$(BIN)/python -m bench $(ARGS)

soak: .venv/installed-dev  ## Let random faults loose on real processes for ten minutes, and look after every law
	$(BIN)/python -m tests.soak $(ARGS)

audit: .venv/installed-dev  ## Look for known vulnerabilities in the dependencies (asks the network)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[audit]'
	$(BIN)/pip-audit --skip-editable --progress-spinner off

pictures: .venv/installed-dev  ## Take the README's pictures anew
	$(BIN)/python -m docs.pictures

clean:  ## Remove what the targets made
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Perch needs Python 3.11 or newer. On Debian: apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "$(PYTHON) can't make virtual environments. On Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "Making .venv with $$($(PYTHON) --version) …"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/installed: pyproject.toml | .venv/bin/python
	@echo "Installing what Perch needs …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/installed-dev: pyproject.toml | .venv/bin/python
	@echo "Installing what Perch and its tests need …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ .venv/installed
