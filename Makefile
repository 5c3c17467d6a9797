# What a person does with this repository. `make help` lists it.
#
# PYTHON  the interpreter the virtual environment is made from (>= 3.11)
# ARGS    further arguments for pytest, as in: make test ARGS="-k adam"
# JOBS    how many test processes run at once

PYTHON ?= python3
JOBS ?= auto
ARGS ?=
OUT ?= report

VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.installed
DEV := $(VENV)/.installed-for-development
TYPING := build/typing
FLOORS := derive kernels analysis reports commands

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help report test check lint types upkeep slow mutation frameworks conformance frameworks-installed \
  browser chromium bench format update clean

help: ## list what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

report: $(RUN) ## derive, prove, generate and cross-check everything, and write the report to $(OUT)/
	$(BIN)/optproof report --out $(OUT)

test: $(DEV) ## run the tests
	$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

check: lint types upkeep ## what CI checks beside the tests

lint: $(DEV) ## lint and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# The root of the repository is the package, so mypy is shown it under its name.
types: $(DEV) ## static types
	@mkdir -p $(TYPING)/optproof
	@for part in __init__.py __main__.py py.typed $(FLOORS); do ln -sfn ../../../$$part $(TYPING)/optproof/$$part; done
	MYPYPATH=$(TYPING) $(BIN)/mypy -p optproof

upkeep: $(DEV) ## generated files, links and the wheel
	$(BIN)/python -m pytest -n $(JOBS) -m upkeep $(ARGS)

slow: $(DEV) ## the tests that take minutes
	$(BIN)/python -m pytest -n $(JOBS) -m slow $(ARGS)

mutation: $(DEV) ## refute every generated wrong implementation, prove every right one; prints the counts
	$(BIN)/python -m pytest -s -m 'slow or not slow' tests/analysis/verify/test_generated_forms.py $(ARGS)

frameworks: $(DEV) frameworks-installed ## the tests that trace the optimizers of torch, optax and Keras; installs them
	$(BIN)/python -m pytest -m 'torch or jax' $(ARGS)

# A difference is what the matrix is there to find: it is no failure of making it.
conformance: $(DEV) frameworks-installed ## the matrix of the frameworks' optimizers against the published rules, into conformance/
	$(BIN)/optproof conformance --out conformance || { status=$$?; [ $$status = 1 ] || [ $$status = 3 ]; }

# The second index has torch without what a graphics card needs.
frameworks-installed: $(DEV)
	@$(BIN)/python -c 'from importlib.util import find_spec; assert all(map(find_spec, ("torch", "optax", "keras")))' 2>/dev/null || \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	    --extra-index-url https://download.pytorch.org/whl/cpu --editable '.[frameworks]'

browser: $(DEV) chromium ## the tests that look at the report in a browser
	$(BIN)/python -m pytest -m browser $(ARGS)

chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
	  if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; \
	  else false; fi; } || { \
	  echo "make: no chromium was found and it could not be installed; install it and run 'make browser' again" >&2; exit 1; }

bench: $(DEV) ## measure start-up, the report, and kernels against their peers
	$(BIN)/python -m benchmarks $(ARGS)

format: $(DEV) ## format the code and mend what the linter can mend
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

update: $(DEV) ## rewrite the generated files that the tests compare with
	$(BIN)/python -m pytest -m upkeep --update $(ARGS)
	$(BIN)/python -m pytest --update tests/end_to_end/test_readme.py

clean: ## remove everything that was built, the virtual environment too
	rm -rf $(VENV) build dist report conformance *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUN): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(DEV): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,lint,recheck]'
	@touch $@ $(RUN)

$(BIN)/python:
	@$(PYTHON) -c 'pass' 2>/dev/null || { \
	  echo "make: there is no '$(PYTHON)'; name a Python, as in: make PYTHON=/usr/bin/python3.12 test" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: optproof needs Python 3.11 or newer and '$(PYTHON)' is $$($(PYTHON) -V);" \
	    "name another, as in: make PYTHON=python3.12 test" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "make: this Python has no venv module; install it (on Debian: apt-get install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
