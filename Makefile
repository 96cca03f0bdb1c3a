# Chengshu 城樞: the front door.   make demo · make test · make check · make bench · make docs
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8420
DATA ?= var/demo
STAMP := .make
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo test check bench docs lock clean install dev assets browser format

help: ## say what can be made
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | sort

$(STAMP)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Chengshu needs Python 3.11 or newer; this is $$($(PYTHON) --version). Set PYTHON=/path/to/python3.11"; exit 1; }
	@echo "making $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMP) && touch $@

$(STAMP)/install: requirements.lock pyproject.toml | $(STAMP)/venv
	@echo "installing what the hub stands on …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-build.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(STAMP)/dev: requirements-dev.lock $(STAMP)/install
	@echo "installing the tools for tests …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

$(STAMP)/assets: package.json package-lock.json tools/build_assets.py $(STAMP)/install
	@echo "building the console's assets …"
	@$(BIN)/python tools/build_assets.py
	@touch $@

$(STAMP)/browser: $(STAMP)/dev
	@$(BIN)/python tools/get_browser.py
	@touch $@

install: $(STAMP)/install ## the hub alone, for service
assets: $(STAMP)/assets ## the console's scripts and styles, from npm packages
dev: $(STAMP)/dev ## the hub and the tools for tests
browser: $(STAMP)/browser ## a Chromium for the browser tests

demo: $(STAMP)/install $(STAMP)/assets ## start the demo city in the middle of its storm
	@exec $(BIN)/chengshu demo cities/demo --port $(PORT) --data $(DATA)

test: $(STAMP)/dev $(STAMP)/assets $(STAMP)/browser ## every test there is
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy
	@$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

check: $(STAMP)/dev ## the quick ones: style, types, layers, fast tests
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy
	@$(BIN)/pytest -q -n 2 --dist loadfile --hypothesis-profile=quick -m "not slow and not browser and not external" $(ARGS)

bench: $(STAMP)/dev ## the figures, each beside a baseline of the same run
	@$(BIN)/python -m benchmarks

docs: $(STAMP)/dev ## the reference pages, written from the code
	@$(BIN)/python tools/write_docs.py

format: $(STAMP)/dev ## put the code in order
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

lock: $(STAMP)/dev ## pin all versions anew, with hashes and without addresses
	@$(BIN)/python tools/lock.py

clean: ## remove what was made (the data of the demo stays in var/)
	@rm -rf $(VENV) $(STAMP) node_modules src/chengshu/console/static/vendor
