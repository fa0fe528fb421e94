# Every target makes what it needs itself; on a fresh machine git, make and python3 are enough.
PYTHON ?= python3
BIN := $(CURDIR)/.venv/bin
# tests/conftest.py says what runs beside what.
PYTEST := pytest -n 2 --dist loadfile --no-loadscope-reorder --instafail --durations=15
TEST_TARGETS := test test-fast soak lint bench bench-check generate golden
PYINFRA := $(BIN)/python -m pyinfra -y

.PHONY: help up $(TEST_TARGETS)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

up: .venv/.up ## this machine: install what is missing, build, start, prove; a second run changes nothing
	@$(PYINFRA) inventories/local.py deploy/clawlama.py

$(TEST_TARGETS): export PATH := $(BIN):$(PATH)
$(TEST_TARGETS): .venv/.test

test: ## everything: unit, whole plans, a bare machine, the real container (an hour on 2 cores)
	@$(PYINFRA) inventories/local.py tests/testbed/setup.py
	@$(PYTEST)

test-fast: ## what needs no Docker, in under half a minute
	@$(PYTEST) tests/unit tests/plans -m "not large"

soak: ## large counts: 2,000 inventions a kind of input, 100 kills, every limit of memory and CPU, ten minutes of silence (hours)
	@$(PYINFRA) inventories/local.py tests/testbed/setup.py
	@$(PYTEST) -m "soak or large" --hypothesis-profile=soak

lint: ## every check of the code, without running it
	@scripts/lint.sh

bench: ## the figures: size, start, first turn, speed
	@$(PYINFRA) inventories/local.py tests/testbed/setup.py
	@python -m bench

bench-check: ## the same; fails on a ratio that misses its limit (bench/limits.py)
	@$(PYINFRA) inventories/local.py tests/testbed/setup.py
	@python -m bench --check

generate: ## write the files that derive from the settings and from the compose template
	@python -m roles.settings
	@python -m roles.clawlama.compose

golden: ## take over what deploys do to the hosts of tests/plans now; review it as a change
	@GOLDEN=write pytest -q tests/plans -m "not large"

.venv/.up: pyproject.toml scripts/venv.sh
	@PYTHON="$(PYTHON)" scripts/venv.sh .
	@touch $@

.venv/.test: pyproject.toml scripts/venv.sh
	@PYTHON="$(PYTHON)" scripts/venv.sh '.[test]'
	@touch $@ .venv/.up
