# make demo      an environment, then two projects: one that ships and one that says no
# make install   every extra that runs on a CPU, and the tools for development
# make test      install, then the fast tests;  make test-all  the slow proofs too
# make soak      training stopped and killed 200 times each: not a bit may change; the review page 1,000 times
# make check     format, lint, types, generated docs
# make bench     training beside TRL + PEFT, on a quiet machine (about an hour on two cores)
# make bench-gpu the same on a CUDA GPU, with the PyTorch of $(PYTHON); peers where they are installed
# make bench-eval  short answers behind a long prompt beside transformers' generate (half an hour)
# make docs      docs/config.md, docs/cli.md and docs/whet.schema.json from the code

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check -q

.PHONY: demo install test test-all soak check format bench bench-gpu bench-eval docs clean

$(BIN)/python:
	$(PYTHON) -m venv .venv

# The lock names one version of everything; torch comes first and alone, because a torch pulled
# in by another package may be a build with gigabytes of CUDA that a CPU has no use for.
.venv/core: $(BIN)/python requirements.lock pyproject.toml
	$(PIP) install "$$(grep '^torch==' requirements.lock)"
	$(PIP) install -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	touch .venv/core

.venv/dev: .venv/core requirements-dev.lock
	$(PIP) install -r requirements-dev.lock
	touch .venv/dev

install: .venv/dev

demo: .venv/core
	$(BIN)/python scripts/demo.py

test: install
	$(BIN)/python -m pytest -m "not slow"

test-all: install
	$(BIN)/python -m pytest

soak: install
	WHET_SOAK=200 $(BIN)/python -m pytest tests/training/test_soak.py tests/training/test_corruption.py
	WHET_SOAK=1000 $(BIN)/python -m pytest -s -m slow tests/reviewing/test_kills.py

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check --no-cache .
	$(BIN)/mypy
	$(BIN)/python scripts/docs.py --check

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.venv/peer: .venv/dev
	$(PIP) install trl==1.16.0
	touch .venv/peer

bench: .venv/peer
	$(BIN)/python -m benchmarks.training
	for table in defaults dtypes ablation; do $(BIN)/python -m benchmarks.training --table $$table || exit 1; done

bench-gpu:
	PYTHONPATH=src:. $(PYTHON) -m benchmarks.training.gpu

bench-eval: .venv/core
	$(BIN)/python -m benchmarks.evaluation

docs: .venv/core
	$(BIN)/python scripts/docs.py

clean:
	rm -rf .venv demo dist build
