# Everything that is done with this project. `make help` lists it. Needs GNU make >= 3.81 and Python >= 3.11; uv is used
# where it is on PATH.

VENV   := .venv
PY     := $(VENV)/bin/python
UV     := $(shell command -v uv 2>/dev/null)
PYTHON  = $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
JOBS   ?= 2

.DEFAULT_GOAL := help
.PHONY: help run demo test cover check fix proof threats bench bench-talent docs audit golden previews lock clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile

run: $(VENV)/.runtime ## set up and start the bot on config.yaml
	@$(PY) -m bot run

demo: $(VENV)/.runtime ## show what it does: a small world of its own, no network, no token
	@$(PY) -m bot demo

test: $(VENV)/.dev ## set up and run the tests; those of the architecture belong to `make check`
	@$(PY) -m pytest -q -n $(JOBS) --dist worksteal -m 'not proof' --ignore tests/architecture

cover: $(VENV)/.dev ## the same with branch coverage, which takes half as long again
	@$(PY) -m pytest -q -n $(JOBS) -m 'not proof' --cov --cov-report=term:skip-covered

check: $(VENV)/.dev ## format, lint, types, import rules, architecture
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(PY) -m pytest -q tests/architecture

fix: $(VENV)/.dev ## format, and mend what the linter can
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

proof: $(VENV)/.dev ## the long suites
	@$(PY) -m pytest -q -n $(JOBS) -m proof --ignore tests/threats
	@$(PY) -m benchmarks.corners
	@$(PY) -m tests.pipeline.slack_plans --jobs $(JOBS)

threats: $(VENV)/.dev ## every fault of docs/threats.md, done to the bot
	@$(PY) -m pytest -q -n $(JOBS) --dist worksteal -p tests.threats.report tests

bench: $(VENV)/.dev ## the figures of docs/benchmarks.md
	@$(PY) -m benchmarks

bench-talent: $(VENV)/.dev ## the classifier on TALENTWIRE_BENCH and on our own stories, with n and bands
	@$(PY) -m benchmarks.examples
	@$(PY) -m benchmarks.examples --held
	@$(PY) -m benchmarks.talent

docs: $(VENV)/.dev ## make config.schema.json and the generated parts of docs/ from the code
	@$(PY) -m bot.config.reference .
	@$(PY) -m bot.demo.picture docs/alert.svg
	@$(PY) .ci/licences.py .

audit: ## a bill of materials and the known holes of what the image installs
	@.ci/audit

golden: $(VENV)/.dev ## write the golden payloads of messages anew, for review with git diff
	@$(PY) -m tests.alerts.golden

previews: $(VENV)/.dev ## draw the golden payloads as Slack would, in build/previews (pictures where Chromium is installed)
	@$(PY) -m tests.alerts.previews

lock: ## make both lock files from pyproject.toml (needs uv)
	@test -n "$(UV)" || { echo 'make lock needs uv: https://docs.astral.sh/uv/'; exit 1; }
	@$(LOCK) pyproject.toml -o requirements.lock
	@$(LOCK) --extra dev pyproject.toml -o requirements-dev.lock
	@sed -i.old 's/^lxml\[html-clean\]/lxml[html_clean]/' requirements.lock requirements-dev.lock && rm -f *.lock.old

# Extras stay in: pip takes `coverage[toml]` for unpinned once a newer coverage is out, and knows html_clean by that spelling only.
LOCK = $(UV) pip compile --quiet --universal --generate-hashes --no-strip-extras --no-emit-index-url --python-version 3.11 \
	--custom-compile-command 'make lock'

clean: ## remove what was set up and built; data stays
	@rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage

# The environment is made once, and what a lock file names is installed when that file has changed.
$(VENV)/.runtime: requirements.lock $(VENV)/.made
$(VENV)/.dev: requirements-dev.lock $(VENV)/.made
$(VENV)/.runtime $(VENV)/.dev:
	@echo 'Installing what $< names into $(VENV)'
ifdef UV
	@$(UV) pip install --quiet --python $(PY) --require-hashes -r $<
else
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
endif
	@touch $@

$(VENV)/.made:
ifdef UV
	@$(UV) venv --quiet --allow-existing --python '>=3.11' $(VENV)
else
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer is needed: https://www.python.org/downloads/'; exit 1; }
	@$(PYTHON) -m venv $(VENV)
endif
	@printf '#!/bin/sh\nPYTHONPATH="%s" exec "%s" -m bot "$$@"\n' '$(CURDIR)' '$(CURDIR)/$(PY)' > $(VENV)/bin/talentwire
	@chmod +x $(VENV)/bin/talentwire
	@touch $@
