# The only entry. `make run` and `make test` do all of their own set-up on a fresh machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SCREEN := tests/with-screen
# As in app/cli.py, for the tests that call what commands call.
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: install run test lint format types bench pictures proofs clean

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt tests/system-packages
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Pendant needs Python 3.11 or newer: make PYTHON=python3.12")'
	tests/system-packages
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip setuptools
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-build-isolation --editable '.[dev]'
	touch $(STAMP)

run: install
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then $(BIN)/pendant; else $(SCREEN) $(BIN)/pendant tour --out out/tour; fi

test: install
	# Two runs: the simulated camera's EGL and the window's GLX cannot share one process through PyOpenGL.
	# The first on two cores; the second is real processes in real time, which want the machine to themselves.
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m 'not proof' tests/core tests/devices tests/contract tests/commands
	$(SCREEN) $(BIN)/python -m pytest -q -m 'not proof' tests/widgets tests/app tests/e2e tests/proofs

proofs: install
	$(SCREEN) $(BIN)/python -m pytest -q -m proof --timeout 2400 tests/proofs

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/typos

types: install
	$(BIN)/mypy

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install
	$(SCREEN) $(BIN)/pendant bench all --json

pictures: install
	$(SCREEN) $(BIN)/pendant tour --out docs/pictures
	$(SCREEN) $(BIN)/pendant faces --out docs/faces --theme dark --only see-first see-naming see-held see-outline see-nothing see-camera-lost see-stopped review-labels review-empty review-carry review-carried names-split

clean:
	rm -rf $(VENV) out .mypy_cache .ruff_cache .pytest_cache
