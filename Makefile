# make run · make test · make lint · make bench · make help

PYTHON ?= python3.11
# A CPU-only machine can save gigabytes: make run TORCH_INDEX=<address of PyTorch's own CPU index>
TORCH_INDEX ?=
# make test EXTRAS=embedded,dev,spark runs the offline aggregation's tests on Spark, too; it needs Java.
EXTRAS ?= embedded,dev
SHELL := /bin/bash
BIN := .venv/bin
INSTALLED := .venv/installed

.PHONY: run test lint bench help clean

run: $(INSTALLED)  ## Install, start everything, print the address and the demo log-ins
	@exec $(BIN)/python -m listing_assistant.run

test: $(INSTALLED)  ## Run all tests
	$(BIN)/pytest -n 2 $(ARGS)

lint: $(INSTALLED)  ## ruff, mypy --strict, import-linter, missing migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run

bench: $(INSTALLED)  ## Print every benchmark's table, the quick form
	for file in benchmarks/[a-z]*.py; do $(BIN)/python "$$file" --quick || exit 1; done

help:  ## This list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

clean:  ## Remove what run and test made; the database under var/ too
	rm -rf var .venv build *.egg-info

# Finding Python 3.11 under another name is fine: make PYTHON=python3
$(INSTALLED): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: $(PYTHON) is not found (make PYTHON=…)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(if $(TORCH_INDEX),$(BIN)/python -m pip install --disable-pip-version-check -q torch torchvision --index-url $(TORCH_INDEX))
	$(BIN)/python -m pip install --disable-pip-version-check -q -c constraints.txt -e '.[$(EXTRAS)]'
	touch $(INSTALLED)
