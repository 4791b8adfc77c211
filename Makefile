# `make demo` and `make test` install everything they need on a new machine.
# `make weights` retrains the shipped weights; it needs DR24's views and TCE table.
# `make convolution` generates docs/convolution.md and its figures.

PYTHON ?= python3
BIN := .venv/bin
# One thread per process: several thread pools on one core slow each other down.
ONE_THREAD := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 NUMBA_NUM_THREADS=1

.PHONY: demo test weights convolution lint format clean

demo: .venv/installed
	$(BIN)/astronet demo

test: .venv/tools lint
	$(ONE_THREAD) $(BIN)/python -m pytest -n 2 --dist loadfile

weights: .venv/installed
	$(BIN)/python scripts/make_weights.py

convolution: .venv/installed
	$(ONE_THREAD) $(BIN)/python scripts/make_convolution_page.py

lint: .venv/tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/tools
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf data/demo data/stores/demo data/stores/demo.parts runs/demo runs/demo-2

.venv/installed: pyproject.toml
	@echo "setting up .venv; this takes a few minutes the first time"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	# torch first and with a bound, so that no other package pulls in a CUDA build
	$(BIN)/python -m pip install --quiet "torch>=2.6,<2.14"
	$(BIN)/python -m pip install --quiet -e .
	touch $@

.venv/tools: .venv/installed
	$(BIN)/python -m pip install --quiet -e ".[dev]"
	touch $@
