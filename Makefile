# Everyday commands. Each sets up what it needs and may be repeated.
#   make demo    the sample town's hub, served at http://127.0.0.1:8765
#   make test    the whole test suite          make test-quick   without the slow ones
#   make check   format, lint, types, import contracts, docs
#   make bench   every benchmark, beside its peers

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
DEMO_HUB ?= demo-hub
TEST_JOBS ?= 2
# Every program below bench/ that prints its figures; their helpers do not.
BENCHES := $(basename $(notdir $(shell grep -l '"--json"' bench/*.py)))

.PHONY: demo test test-quick check bench format clean
.DELETE_ON_ERROR:

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.dev: $(VENV)/.run
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

.PHONY: frontend
frontend: $(VENV)/.run
	$(BIN)/python scripts/frontend.py

demo: frontend
	$(BIN)/umaya demo --hub $(DEMO_HUB)

# Tests use a real Chromium and real brokers: as root on Debian they are installed, elsewhere those tests skip and say so.
.PHONY: chromium
chromium:
	@sh scripts/chromium.sh

.PHONY: brokers
brokers:
	@sh scripts/brokers.sh

# A file stays with one worker, and files keep the order that tests/conftest.py gives them: long ones first.
PYTEST := $(BIN)/pytest -n $(TEST_JOBS) --dist loadfile --no-loadscope-reorder

test: $(VENV)/.dev frontend chromium brokers
	$(PYTEST)

test-quick: $(VENV)/.dev frontend brokers
	$(PYTEST) -m "not slow"

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/docs

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev
	@set -e; for name in $(BENCHES); do echo "== $$name"; $(BIN)/python bench/$$name.py --json; done

.PHONY: clean-kernels
clean-kernels:
	find src -name '*.nb[ci]' -delete

clean:
	rm -rf $(VENV) node_modules src/umaya/web/static/dist $(DEMO_HUB)
