# Everything here needs Python 3.11+ and make, nothing else.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PAGES  := server/flowhook/studio/pages
STUDIO := server/flowhook/studio/static/studio.html

.DEFAULT_GOAL := help
.PHONY: help setup run test check studio pictures format bench chaos properties docs lock clean

help: ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(STUDIO): $(READY) $(wildcard $(PAGES)/*.* $(PAGES)/src/*.* $(PAGES)/src/*/*.*)
	$(BIN)/python server/build_studio.py --optional

studio: $(READY) ## the pages, built from TypeScript
	$(BIN)/python server/build_studio.py

pictures: $(READY) $(STUDIO) ## the screenshots of docs/studio.md, made by the tests of the pages
	FLOWHOOK_PICTURES=1 $(BIN)/python -m pytest -q -m pictures tests/studio

setup: $(READY) $(STUDIO) ## a virtual environment with the locked dependencies, and the pages

run: $(READY) $(STUDIO) ## server, example flows, a local receiver, and a curl to paste
	$(BIN)/flowhook demo --stay

test: $(READY) $(STUDIO) ## all tests
	$(BIN)/python -m pytest -q -n 3 --dist worksteal

check: $(READY) ## formatting, lint, types, import directions, the shipped flows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	MYPYPATH=server:benchmarks $(BIN)/mypy benchmarks
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/flowhook check
	$(BIN)/python server/build_studio.py --check

format: $(READY) ## mend what can be mended by machine
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY) ## messages per second beside the bare chain, and how cost grows
	$(BIN)/python benchmarks/run.py

chaos: $(READY) ## the long fault plan: hundreds of kills, with broken variants that must be caught
	$(BIN)/python -m pytest -q tests/chaos --chaos=long

properties: $(READY) ## the property tests with four times as many examples
	$(BIN)/python -m pytest -q -n 2 --examples=long $$(grep -rl --include='*.py' 'examples(' tests | grep test_)

docs: $(READY) ## write the generated parts of the documentation anew
	$(BIN)/python docs/generate.py

lock: ## pin the newest dependencies that pyproject.toml allows
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --no-emit-index-url --no-header pyproject.toml -o requirements.lock

clean: ## remove everything that was made
	rm -rf $(VENV) dist $(PAGES)/node_modules $(dir $(STUDIO)) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
