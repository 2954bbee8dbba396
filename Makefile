# Needs Python 3.11 or later and make. Everything else goes into a virtual environment in .venv, from the lock files.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run setup lint format test test-fast test-database test-slow test-kafka test-browser test-containers screenshots wheel lock env clean

VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest
OLDEST := import sys; sys.exit(sys.version_info < (3, 11))
# Whatever runs side by side; `fast` of it needs no database either.
ALONGSIDE := not embedded and not kafka and not containers and not samples and not processes and not slow and not browser and not keycloak
FAST := not database and $(ALONGSIDE)
# The first that is new enough. Choose another with `make PYTHON=...`.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
  "$$name" -c '$(OLDEST)' 2>/dev/null && echo "$$name" && break; done)
LOCK_WITH := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-emit-find-links --no-header

help: ## This list
	@echo "cdi-query: compliant physician queries, from gap to final chart."
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

run: $(VENV)/.run ## Everything on this machine, with demo data. ARGS="--empty" for none; PORT, CDI_QUERY_DATA
	@exec $(BIN)/cdi-query up $(ARGS)

setup: $(VENV)/.dev ## The development environment

lint: $(VENV)/.dev ## Linter, formatting, types, arrows between the packages
	@failed=0; for tool in "ruff check ." "ruff format --check ." mypy lint-imports; do \
	  echo "$$tool"; $(BIN)/$$tool || failed=1; done; exit $$failed

format: $(VENV)/.dev ## Format, and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: lint ## Linters, types and all tests; what this machine cannot run is skipped with its reason
	$(PYTEST) $(ARGS)

test-fast: $(VENV)/.dev ## About a minute: the tests without database, brokers, browser, containers, samples, whole processes
	CDI_QUERY_EXAMPLES=$${CDI_QUERY_EXAMPLES:-50} $(PYTEST) -q -n auto --dist worksteal -m "$(FAST)" $(ARGS)

test-database: $(VENV)/.dev ## Tests against PostgreSQL alone, side by side
	CDI_QUERY_EXAMPLES=$${CDI_QUERY_EXAMPLES:-50} $(PYTEST) -q -n auto --dist worksteal -m "database and $(ALONGSIDE)" $(ARGS)

test-slow: $(VENV)/.dev ## All tests that test-fast and test-database leave out, but those in containers
	$(PYTEST) -q -n 2 --dist loadfile --durations=20 -m "not ($(ALONGSIDE)) and not containers" $(ARGS)

test-kafka: $(VENV)/.dev ## Tests against Apache Kafka (Java 17 and Maven, or KAFKA_BOOTSTRAP_SERVERS)
	$(PYTEST) -m kafka $(ARGS)

test-browser: $(VENV)/.dev ## Tests of the pages in a browser (Chromium)
	$(PYTEST) -m browser $(ARGS)

screenshots: $(VENV)/.dev ## The pictures of the pages in docs/, anew (Chromium)
	$(BIN)/python -m tests.browser.screenshots $(ARGS)

test-containers: $(VENV)/.dev ## Tests in containers and of docker-compose.yml (Docker)
	$(PYTEST) -m containers $(ARGS)

wheel: $(VENV)/.run ## The wheel, in dist/
	$(PIP) wheel -q --no-deps -w dist .
	@ls dist/*.whl

lock: $(VENV)/pyvenv.cfg ## Both lock files anew from pyproject.toml; UPGRADE=--upgrade takes the newest versions
	$(PIP) install -q uv
	$(BIN)/$(LOCK_WITH) $(UPGRADE) pyproject.toml -o requirements.lock
	$(BIN)/$(LOCK_WITH) $(UPGRADE) --group dev pyproject.toml -o requirements-dev.lock

env: ## .env for docker compose, with fresh secrets; keeps one that is there
	@test -e .env && echo ".env is there already" || { umask 077 && sh deploy/secrets.sh >.env && echo "written: .env"; }

clean: ## Remove what was built and the environment. Data (.cdi-query) stays
	rm -rf $(VENV) dist build .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed. Name it with: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

# Nothing is installed again until a lock file or pyproject.toml changes.
$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/pyvenv.cfg
	$(PIP) install -q --require-hashes -r requirements.lock
	$(PIP) install -q --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/pyvenv.cfg
	$(PIP) install -q --require-hashes -r requirements-dev.lock
	$(PIP) install -q --no-deps -e .
	@touch $(VENV)/.run $@
