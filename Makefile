# Each target is a line or two over the tools; .venv is made from the lock on first use.
PYTHON ?= python3
BIN := .venv/bin
NPM := $(BIN)/python tools/npm.py --silent --prefix frontend
WEB := frontend/client/dist/index.html

.PHONY: install web up check lint types unit web-check test bench lock clean

install: .venv/.installed

.venv/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

# The studio of a checkout keeps its data in the checkout.
up: export KEYREEL_DATA_DIR ?= $(CURDIR)/var
up: install web ## the whole studio on one port; Ctrl-C stops it
	@$(BIN)/keyreel up

# The web app, by the Node that comes as a Python wheel.
web: $(WEB)

frontend/node_modules/.installed: frontend/package-lock.json frontend/.npmrc | install
	$(NPM) ci
	touch $@

$(WEB): frontend/node_modules/.installed $(shell git ls-files frontend/client frontend/packages)
	$(NPM) run bundle
	touch $@

check: lint types unit web-check ## what to run while working: under two minutes

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: install
	$(BIN)/mypy

unit: install
	$(BIN)/pytest -n auto -m "not slow" tests/unit

web-check: frontend/node_modules/.installed
	$(NPM) run check

test: lint types web-check ## everything, with the real programs; the web app in Chromium
	$(NPM) run build
	$(BIN)/pytest -n auto tests/hostile # by itself: a process that was large once makes its children look large
	$(BIN)/pytest -n auto

bench: install ## the tables of docs/benchmarks.md; wants a quiet machine
	$(BIN)/python tests/bench/run.py
	$(BIN)/python tests/bench/studio/run.py

lock: ## pins and hashes, without an address
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --group dev pyproject.toml -o requirements.lock

clean:
	rm -rf frontend/node_modules frontend/client/dist
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
