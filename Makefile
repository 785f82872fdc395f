# Everything from a bare clone: each target sets up what it needs (Python 3.11 or newer, git and make).
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?=
BENCH  ?=
SLOWEST := --durations=15 --durations-min=1
PYTEST := $(BIN)/python -m pytest $(SLOWEST)

.PHONY: run dev setup ci test check lint types mypy test-unit test-pages test-browser test-faults test-chosen
.PHONY: audit bench checkpoints screenshots reference help clean
.DEFAULT_GOAL := run

run: $(VENV)/.runtime  ## serve the pages and open a browser; DGM_SERVERS=2: two servers behind nginx
	$(BIN)/python -m server --open $(if $(PORT),--port $(PORT))

dev: $(VENV)/.dev  ## serve with reloading on save
	$(BIN)/streamlit run app.py --server.fileWatcherType auto --server.headless false

# Compiled modules and tests are kept from one stage to the next, whatever the shell says.
unexport PYTHONDONTWRITEBYTECODE

# The stages run one after the other, each to its end; the summary says which failed, in which tests, and the times.
STAGES := $(if $(TESTS),test-chosen,test-unit test-pages test-browser test-faults)

# Packages of Python and Debian's come side by side.
setup:  ## what the tests need
	@$(MAKE) --no-print-directory -j2 $(VENV)/.dev $(VENV)/.browser $(VENV)/.nginx

test: setup  ## every test; TESTS=tests/ui: those below a folder or in a file
	@$(BIN)/python -m tools.stages $(STAGES)

ci: setup  ## lint, types, known vulnerabilities and every test
	@$(BIN)/python -m tools.stages lint types audit $(STAGES)

check: $(VENV)/.dev  ## lint, types and the tests that need neither a browser nor servers
	@$(BIN)/python -m tools.stages lint types test-unit test-pages

lint: $(VENV)/.dev  ## ruff
	$(BIN)/ruff check .

# mypy takes one processor; the other compiles what the tests import, which each of their processes would do by itself.
types: $(VENV)/.dev  ## mypy
	@$(MAKE) --no-print-directory -j2 mypy $(VENV)/.compiled

mypy:
	$(BIN)/python -m mypy

audit: $(VENV)/.dev  ## known vulnerabilities of the packages, where the service that lists them can be reached
	$(BIN)/python -m tools.audit

# Neighbours stay together, because tests of a file share fixtures and caches; who has ended takes from the other. One
# process more than processors, because tests of servers wait.
test-unit: $(VENV)/.dev  ## numbers, kit, server, rules of the code
	$(PYTEST) -n $$(($$(nproc 2>/dev/null || echo 2) + 1)) --dist worksteal tests --ignore tests/pages --ignore tests/browser --ignore tests/faults

test-pages: $(VENV)/.dev  ## the pages without a browser
	$(PYTEST) -n auto --dist worksteal tests/pages

# Pointers, frames and killed processes depend on what else the machine does: the whole file of a failed test runs once
# more. The summary names them.
test-browser: $(VENV)/.dev $(VENV)/.browser  ## three Chromiums, each with its server: a page that is waited for leaves a processor idle
	$(BIN)/python -m tools.twice 3 tests/browser $(SLOWEST)

test-faults: $(VENV)/.dev $(VENV)/.nginx  ## workers, servers, proxy and scheduler are killed
	$(BIN)/python -m tools.twice 2 tests/faults $(SLOWEST)

test-chosen: $(VENV)/.dev $(VENV)/.browser $(VENV)/.nginx
	$(PYTEST) $(TESTS)

bench: $(VENV)/.bench $(VENV)/.browser $(VENV)/.nginx  ## every benchmark against its peers, into the README's tables
	$(BIN)/python -m benchmarks $(BENCH)

checkpoints: $(VENV)/.runtime  ## train the pretrained models again, and the finished runs that the VAE page shows
	$(BIN)/python -m dgm.vae.checkpoints
	$(BIN)/python -m dgm.autoregressive.checkpoints
	$(BIN)/python -m tools.vae_references

screenshots: $(VENV)/.dev $(VENV)/.browser  ## the pictures of the README
	$(BIN)/python -m tools.screenshots

reference: $(VENV)/.dev  ## the API reference of dgm, into build/reference; the server shows it at /reference/
	$(BIN)/python -m tools.reference

help:  ## what each target does
	@sed -n 's/^\([a-z-]*\):.*  ## /\1\t/p' Makefile | expand -t 14

clean:  ## remove the environment, caches and what was built
	rm -rf $(VENV) build .pytest_cache .ruff_cache .mypy_cache .hypothesis

# Where pip knows CPU builds of torch only by its own index, say so: make run PIP_FLAGS="--extra-index-url ..."
# Python compiles what is imported, at its first import; pip would compile all of it, which takes longer than the rest.
PIP := $(BIN)/python -m pip install --no-compile --quiet --disable-pip-version-check $(PIP_FLAGS)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt | $(VENV)/bin/python
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements.txt requirements-dev.txt requirements-cluster.txt | $(VENV)/bin/python
	$(PIP) -r requirements-dev.txt
	@touch $@ $(VENV)/.runtime

$(VENV)/.compiled: $(VENV)/.dev
	@$(BIN)/python -m pytest --collect-only --quiet tests > $(VENV)/collected.txt || { cat $(VENV)/collected.txt; exit 1; }
	@touch $@

$(VENV)/.bench: $(VENV)/.dev requirements-bench.txt
	$(PIP) -r requirements-bench.txt -c requirements.txt
	@touch $@

$(VENV)/.debian: tools/debian.sh | $(VENV)/bin/python
	@sh tools/debian.sh
	@touch $@

$(VENV)/.browser: $(VENV)/.dev $(VENV)/.debian tools/browser.sh
	@BIN=$(BIN) sh tools/browser.sh
	@touch $@

$(VENV)/.nginx: $(VENV)/.dev $(VENV)/.debian tools/nginx.sh
	@sh tools/nginx.sh $@
