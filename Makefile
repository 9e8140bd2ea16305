# The two commands a user needs are `make demo` and `make test`; both set up .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: venv demo test test-cuda test-cuda-build lint figures clean python compiler

venv: $(STAMP)

demo: $(STAMP) compiler
	$(BIN)/neurosim demo

# One thread a process: pytest-xdist already uses the cores.
test: $(STAMP) compiler
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2

# Where an NVIDIA GPU is: every device test, on CUDA as well.
test-cuda: $(STAMP) compiler
	$(BIN)/pytest -m cuda -rs

# Where nvcc is: a whole project, compiled in minutes.
test-cuda-build: $(STAMP) compiler
	$(BIN)/pytest -m cuda_build -rs --durations 5

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

figures: $(STAMP)
	set -e; for script in figures/*.py; do $(BIN)/python "$$script"; done

clean:
	rm -rf build dist demo *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis $(STAMP)
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

$(STAMP): setup.cfg pyproject.toml constraints.txt tests/peers.txt | python
	$(PYTHON) -m venv $(VENV) || { echo "python venv missing: apt-get install python3-venv" >&2; exit 2; }
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[torch,data,neuro,dev]'
	$(BIN)/python -m pip install --quiet --no-deps --requirement tests/peers.txt
	touch $@

python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) not found: apt-get install python3 python3-venv" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v[:2] < (3, 14) else \
	"$(PYTHON) is Python %d.%d: 3.11 to 3.13 is needed; name one with make PYTHON=python3.12" % v[:2])'

compiler:
	@command -v g++ >/dev/null || { echo "g++ not found: apt-get install g++" >&2; exit 2; }
