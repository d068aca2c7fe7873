# make demo    the example service: written, started, and watched taking a booking
# make test    every test
# make test-kafka  the tests of the bus on Apache Kafka, where there are Java and Maven
# make fuzz    whole services drawn by chance, through every check; N=... SEED=...
# make fuzz-living    histories of projects drawn by chance; N=... SEED=...
# make bench   how fast the kernel is, beside others on the same server; NAMES=... for some
# make docs    the documentation as a site, in build/docs
# make check   format, lint and types of the generator and of the service's runtime
#
# Needs Python 3.11 or newer, nothing else. Everything is installed into .venv.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test test-kafka fuzz fuzz-living bench docs check format clean

RUN := .venv/bin
CHECKED := generator tests bench templates/service
# Those parts of the runtime that need nothing that is rendered.
PLAIN := app/common app/config app/dev app/infra
TESTS ?= tests

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

demo: .venv/demo.stamp
	@$(RUN)/scaffold demo

test: .venv/dev.stamp
	@echo "Running the tests ..."
	@$(RUN)/pytest -q -n auto --maxprocesses 4 --dist loadfile $(TESTS)

test-kafka: .venv/dev.stamp
	@$(RUN)/python tests/kafka

fuzz: .venv/dev.stamp
	@$(RUN)/python -m tests.blueprints $(if $(N),--number $(N)) $(if $(SEED),--seed $(SEED))

fuzz-living: .venv/dev.stamp
	@HISTORIES=$(or $(N),100) SEED=$(SEED) $(RUN)/pytest -q --timeout=0 \
		tests/living/test_histories.py

bench: .venv/bench.stamp
	@PYTHONPATH=templates/service $(RUN)/python -m bench $(NAMES)

docs: .venv/docs.stamp
	@NO_COLOR=1 $(RUN)/zensical build --clean --strict
	@echo "It is in build/docs; to read and search it: $(RUN)/python -m http.server -d build/docs"

check: .venv/dev.stamp
	$(RUN)/ruff format --check $(CHECKED)
	$(RUN)/ruff check $(CHECKED)
	$(RUN)/mypy generator
	MYPYPATH=templates/service $(RUN)/mypy --explicit-package-bases bench
	cd templates/service && ../../$(RUN)/mypy --config-file ../../pyproject.toml $(PLAIN)

format: .venv/dev.stamp
	$(RUN)/ruff check --fix --quiet $(CHECKED)
	$(RUN)/ruff format $(CHECKED)

clean:
	rm -rf .venv .cache build demo dist .mypy_cache .pytest_cache .ruff_cache

# A stamp is as old as the installation that it stands for.
.venv/%.stamp: pyproject.toml
	@echo "Setting up .venv for '$*' (once, about a minute) ..."
	@set -e; \
	for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
	    if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
	        2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	    echo "scaffold needs Python 3.11 or newer, with its venv module, and found none." >&2; \
	    echo "Install it, or name it: make $* PYTHON=/path/to/python3.11" >&2; \
	    exit 1; \
	fi; \
	if ! $(RUN)/python -m pip --version >/dev/null 2>&1; then \
	    $$found -m venv --clear .venv; \
	fi; \
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@
