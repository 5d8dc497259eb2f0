# `make help` lists what there is. Needs make and Python 3.11 or newer; everything else goes into .venv.

PYTHON      ?= python3
# Where torch comes from, if not from pip's own index; for example https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=
# What `make demo` learns from: world (rendered films) or sbhar (real sensor recordings, which
# `.venv/bin/gtan data add sbhar` fetches).
DATA        ?= world
# `make test PIP_FLAGS=` shows what pip does.
PIP_FLAGS   ?= -qq
# Tests run in up to 4 processes; one file's tests stay in one process, so they share its fixtures.
PYTEST_FLAGS ?= -n auto --maxprocesses=4 --dist=loadfile
# How long `make fuzz` tries, all readers together.
FUZZ_SECONDS ?= 120
LAB_FLAGS   ?= $(if $(filter 0,$(shell id -u)),--allow-root)

VENV     := .venv
BIN      := $(VENV)/bin
READY    := $(VENV)/.ready
PACKAGES := $(wildcard gtan gtan_viz)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help .venv demo lab lessons test quick fuzz schema docs links dist lint types js format clean distclean

help: ## list the targets
	@echo "GTAN: Gaussian Temporal Awareness Networks. Targets:"
	@awk -F ':.*## ' '/^[a-z.]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "Settings, as in \`make demo PYTHON=python3.12\`:"
	@echo "  PYTHON       the Python to build .venv with, 3.11 or newer (now: $(PYTHON))"
	@echo "  TORCH_INDEX  package index for torch alone. On Linux plain pip fetches torch's CUDA build,"
	@echo "               several GB; TORCH_INDEX=https://download.pytorch.org/whl/cpu fetches the"
	@echo "               small CPU build. Changing it later: \`make distclean\` first."
	@echo "  DATA         what \`make demo\` learns from: world or sbhar (now: $(DATA))"
	@echo "  LAB_FLAGS    passed on to jupyter lab: --no-browser, --port=9999"
	@echo "  PIP_FLAGS, PYTEST_FLAGS  passed on (now: $(PIP_FLAGS) and $(PYTEST_FLAGS))"

.venv: $(READY) ## set up the environment in .venv (about 2 GB; minutes, once)

# Torch goes first and alone, so that TORCH_INDEX touches nothing else; what torch needs follows
# with the rest. The stamp is newer than both files for as long as there is nothing to do.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "GTAN needs Python 3.11 or newer; '$(PYTHON)' is not ($$($(PYTHON) --version 2>&1))."; \
	  echo "Name another one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up $(VENV): torch and about 160 packages, a few minutes (progress: PIP_FLAGS=) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install $(PIP_FLAGS) -c constraints.txt pip setuptools
	@$(BIN)/python -m pip install $(PIP_FLAGS) -c constraints.txt --no-deps \
	  $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) torch
	@$(BIN)/python -m pip install $(PIP_FLAGS) -c constraints.txt --no-build-isolation -e '.[all]'
	@touch $@
	@echo "$(VENV) is ready."

demo: $(READY) ## render, train, evaluate, into runs/demo; says where to look (DATA=sbhar: sensors)
	@$(BIN)/gtan demo --data $(DATA)
	@echo "  make lab   the same in JupyterLab"

lab: $(READY) ## open JupyterLab in the same environment
	@$(BIN)/jupyter lab $(LAB_FLAGS) notebooks/explore.ipynb

lessons: $(READY) ## run every lesson's notebook, and write its page, into lessons/
	@mkdir -p lessons
	@for name in $$($(BIN)/gtan-viz lesson | cut -d' ' -f1); do \
	  $(BIN)/python -m papermill --no-progress-bar notebooks/lessons/*$$name.ipynb \
	    lessons/$$name.ipynb >/dev/null 2>lessons/log.txt || { cat lessons/log.txt; exit 1; }; \
	  $(BIN)/gtan-viz lesson $$name --page lessons/$$name.html || exit 1; \
	done; rm -f lessons/log.txt

test: lint types js ## everything that must pass: style, types, tests
	@$(BIN)/python -m pytest $(PYTEST_FLAGS)

quick: $(READY) ## the tests without slow and browser ones
	@$(BIN)/python -m pytest $(PYTEST_FLAGS) -m "not slow and not browser"

fuzz: $(READY) ## damaged files for every reader, for FUZZ_SECONDS; those that fail stay in runs/fuzz
	@$(BIN)/python -m tests.fuzz.fuzzer --seconds $(FUZZ_SECONDS)

schema: $(READY) ## after gtan/runs/schema.py or a setting changed: what the browser knows of it
	@$(BIN)/python -m gtan.runs.schema > gtan_viz/js/model/schema.js.new
	@mv gtan_viz/js/model/schema.js.new gtan_viz/js/model/schema.js
	@npm --prefix gtan_viz/js run build --silent

dist: $(READY) ## sdist and wheel of what is committed, checked, into dist/
	@rm -rf build/source && mkdir -p build/source && git archive HEAD | tar -x -C build/source
	@$(BIN)/python -m build --no-isolation --outdir dist build/source >build/log.txt 2>&1 || \
	  { cat build/log.txt; exit 1; }
	@$(BIN)/twine check --strict dist/gtan-$$($(BIN)/python -c "import gtan; print(gtan.__version__)")*

docs: $(READY) ## build the site into build/site, offline; a warning or a dead link within it fails
	@$(BIN)/python -m sphinx -q -W --keep-going -j auto -b html docs build/site
	@echo "build/site/index.html"

links: $(READY) ## check the links of the site that lead elsewhere (needs a network)
	@$(BIN)/python -m sphinx -q -b linkcheck docs build/links

lint: $(READY) ## check style and formatting
	@echo "ruff ..."
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY) ## check types
	@echo "mypy ..."
	@$(BIN)/mypy $(PACKAGES)

js: ## check style and types of the browser half, and run its tests
	@echo "js ..."
	@if ! command -v npm >/dev/null; then echo "  skipped: Node is not installed"; \
	elif [ ! -d gtan_viz/js/node_modules/typescript ]; then \
	  echo "  skipped: its tools are not installed (npm --prefix gtan_viz/js ci)"; \
	else npm --prefix gtan_viz/js run check --silent && npm --prefix gtan_viz/js test --silent; fi

format: $(READY) ## mend formatting and what ruff can mend
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

clean: ## remove caches and build products; runs and .venv stay
	rm -rf build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean ## the same, and .venv
	rm -rf $(VENV)
