# `make figures` and `make test` need nothing but Python >= 3.11 and make: each builds .venv first.
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help install figures report docs data sources claims test test-slow test-all check faults mutants bench lock clean

# The first interpreter that is new enough; `make PYTHON=/path/to/python …` chooses another.
NEW_ENOUGH := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11 python,\
  $(shell $(p) $(NEW_ENOUGH) 2>/dev/null && echo $(p))))
# What `make test-all` tries, as far as they are there: the oldest Python that is served, and the newest.
working = $(firstword $(foreach p,$(1),$(shell $(p) -c "" 2>/dev/null && echo $(p))))
PYTHONS ?= $(call working,python3.11) $(call working,python3.14 python3.13 python3.12)
VENV ?= .venv
BIN := $(VENV)/bin
# Written last, so that an installation killed half way is begun again.
INSTALLED := $(VENV)/installed

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

install: $(INSTALLED) ## build .venv from the lock file

$(INSTALLED): requirements.lock
	@$(if $(PYTHON),$(PYTHON) $(NEW_ENOUGH),false) || { \
	  echo "make: no Python >= 3.11 found; install one, or name it: make PYTHON=/path/to/python" >&2; exit 2; }
	@echo "Setting up $(VENV) from requirements.lock (about a minute)" >&2
	@$(PYTHON) -m venv --clear $(VENV) || { \
	  echo "make: $(PYTHON) cannot make a virtual environment; on Debian or Ubuntu install python3-venv" >&2; exit 2; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

figures: $(INSTALLED) ## draw every figure into figures/out (FRESH=1 runs all of it again, hours; killed, it goes on)
	@$(BIN)/python -m figures $(if $(FRESH),--fresh)

report: $(INSTALLED) ## write figures, claims and laws into one page, figures/out/report.html
	@$(BIN)/python -m figures --report $(if $(FRESH),--fresh)

docs: $(INSTALLED) ## write a page for each module from its docstrings, docs/out/index.html
	@$(BIN)/python -c "import pdoc" 2>/dev/null || \
	  $(BIN)/python -m pip install --quiet --no-build-isolation --editable ".[docs]"  # four packages
	@$(BIN)/python -m tests.docs

data: $(INSTALLED) ## recompute all recorded results, PRESET=cpu|gpu|paper (cpu: hours); killed, it goes on
	@$(BIN)/python -m neural.sources >&2
	@$(BIN)/python -m paper_repro run all --preset $(or $(PRESET),cpu) --again

sources: $(INSTALLED) ## say how to get real data without a hub: command, licence, checksum, and whether they are in data/
	@$(BIN)/python -m neural.sources

claims: $(INSTALLED) ## judge the paper's claims by the recorded results
	@$(BIN)/python -m paper_repro claims

test: $(INSTALLED) ## run the tests but those that are slow and seldom tell
	@$(BIN)/python -m pytest -m "not slow" $(ARGS)

test-slow: $(INSTALLED) ## run the slow ones, as CI does
	@$(BIN)/python -m pytest -m slow $(ARGS)

test-all: ## run all tests on Python 3.11 and on the newest Python found (PYTHONS="…" names others)
	@test -n "$(strip $(PYTHONS))" || { echo "make: no python3.11 or newer found; name some: make test-all PYTHONS=…" >&2; exit 2; }
	@for python in $(PYTHONS); do \
	  version=$$($$python -c "import sys; print('.'.join(map(str, sys.version_info[:2])))"); \
	  echo "Python $$version" >&2; \
	  $(MAKE) --no-print-directory test test-slow PYTHON=$$python VENV=.venv-$$version || exit 1; \
	done

check: $(INSTALLED) ## lint, types, layers and tests, as CI does
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest $(ARGS)

faults: $(INSTALLED) ## plant each fault of tests/faults in a copy: its test must fail (an hour; ARGS="-k sim" for some)
	@$(BIN)/python -m tests.faults $(ARGS)

mutants: $(INSTALLED) ## mutate sources at random, PACKAGE=sim SAMPLE=150 SEED=0, and print what no test sees
	@$(BIN)/python -c "import cosmic_ray" 2>/dev/null || \
	  $(BIN)/python -m pip install --quiet --no-build-isolation --editable ".[mutation]"  # some twenty packages
	@$(BIN)/python -m tests.faults.mutants --package $(or $(PACKAGE),sim) --sample $(or $(SAMPLE),20) --seed $(or $(SEED),0) $(ARGS)

bench: $(INSTALLED) ## time every sampler against NumPy and the floor (about 10 minutes on an idle machine)
	@$(BIN)/python -m tests.benchmarks.tasks
	@$(BIN)/python -m tests.benchmarks.simulation $(ARGS)

lock: $(INSTALLED) ## resolve the dependencies of pyproject.toml anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra chem --extra dev --generate-hashes \
	  --no-annotate --no-header --upgrade pyproject.toml --output-file requirements.lock

clean: ## remove environments, pictures and caches
	rm -rf .venv .venv-* figures/out docs .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
