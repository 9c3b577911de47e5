# Rennet: each target does all its own set-up.
PYTHON := .venv/bin/python
COMPILE = uv pip compile pyproject.toml --quiet --python-version 3.12 --universal --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.PHONY: help setup setup-dev run test soak check fix bench pictures lock messages

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: ## make .venv, nothing else; after it every manage.py command works
	@sh deploy/bootstrap.sh

setup-dev:
	@sh deploy/bootstrap.sh dev

run: setup ## start everything and print the address (PORT=8001 for another port)
	@$(PYTHON) manage.py run

test: setup-dev ## pass the tests, the browser's too (under twenty minutes)
	@sh deploy/chromium.sh
	@$(PYTHON) -m pytest -m "not soak" -n auto --max-worker-restart 0 --dist loadfile --no-loadscope-reorder

soak: setup-dev ## pass the long tests
	@sh deploy/chromium.sh
	@$(PYTHON) -m pytest -m soak -o faulthandler_timeout=10800

check: setup-dev ## look for faults without running: form, types, floors, migrations
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check --quiet . || { echo "Some files are not formatted; run make fix."; exit 1; }
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports --no-logo
	@$(PYTHON) manage.py makemigrations --check --dry-run
	@$(PYTHON) manage.py check

fix: setup-dev ## mend what can be mended: form, order of imports
	@$(PYTHON) -m ruff check --fix --quiet . || true
	@$(PYTHON) -m ruff format --quiet .

bench: setup-dev ## time recording beside PostgreSQL, checking beside hledger, shares beside NumPy
	@$(PYTHON) -m bench

pictures: setup-dev ## photograph every kind of page, into .data/pictures
	@sh deploy/chromium.sh
	@$(PYTHON) deploy/pictures.py

lock: ## pin what pyproject.toml declares, with hashes (needs uv)
	@$(COMPILE) --output-file deploy/requirements.txt
	@$(COMPILE) --group dev --constraint deploy/requirements.txt --output-file deploy/requirements-dev.txt

messages: setup-dev ## gather what is to be translated (needs gettext)
	@$(PYTHON) manage.py makemessages --all --no-location --ignore .venv --ignore .data --ignore tests
