# Everything a newcomer needs: `make demo`. What each setting does stands in docs/settings.md.
# The first call of any target makes .venv and installs what is pinned; later ones use no network.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null \
	&& echo $$p && break; done)
FLASK := .venv/bin/flask --app app
PYTEST := .venv/bin/python -m pytest
CHECKED := app.py outreach campaigns workers bench tests migrations
# Many tests wait for a worker, a carrier or a browser: two processes a core, but no more than four,
# since some watch the clock.
TESTS_AT_ONCE := $(shell n=$$(($$(nproc) * 2)); echo $$((n < 4 ? n : 4)))
APT := DEBIAN_FRONTEND=noninteractive apt-get -qq

# Compiled once, every later start is a second quicker.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo run demo-reset test bench faults lint

help:
	@echo 'make demo        the example, with everything up; Ctrl-C stops all'
	@echo 'make run         the same without the example'
	@echo 'make demo-reset  a fresh example in the same data folder'
	@echo 'make test        the tests, on SQLite and PostgreSQL'
	@echo 'make faults      the long rounds of killed and frozen processes, pages on the other database'
	@echo 'make bench       how fast it is on this machine'
	@echo 'make lint        ruff and mypy'

demo: .venv/.program
	@$(FLASK) serve --demo

run: .venv/.program
	@$(FLASK) serve

demo-reset: .venv/.program
	@$(FLASK) example reset

test: .venv/.tests browser
	@$(PYTEST) -n $(TESTS_AT_ONCE) --dist worksteal

faults: .venv/.tests
	@$(PYTEST) -m faults -n 2 --maxschedchunk 1

bench: .venv/.tests
	@.venv/bin/python -m bench

lint: .venv/.tests
	.venv/bin/ruff check $(CHECKED)
	.venv/bin/ruff format --check $(CHECKED)
	.venv/bin/mypy

# Debian keeps the part of Python that makes environments in a package of its own.
.venv/bin/python:
	@test -n '$(PYTHON)' || { echo 'Python 3.11, 3.12 or 3.13 is needed and none is on the PATH.'; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		package=$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
		test "$$(id -u)" = 0 || { echo "Run this once: sudo apt-get install $$package"; exit 1; }; \
		echo "Installing $$package."; $(APT) update && $(APT) install -y $$package; }
	@echo 'Making .venv; this is done once.'
	@$(PYTHON) -m venv .venv

.venv/.program: requirements.txt | .venv/bin/python
	@echo 'Installing what requirements.txt pins.'
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.venv/.tests: tests/requirements.txt .venv/.program
	@echo 'Installing what tests/requirements.txt pins.'
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Browser tests use Debian's chromium, best the one without windows, which costs half; where none can
# be installed they skip and say so.
.PHONY: browser
browser:
	@command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null \
		|| { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
		&& echo 'Installing chromium for the browser tests.' && $(APT) update \
		&& { $(APT) install -y --no-install-recommends chromium-headless-shell \
		|| $(APT) install -y --no-install-recommends chromium; }; } \
		|| echo 'No chromium: the browser tests will be skipped. Install it: sudo apt-get install chromium'
