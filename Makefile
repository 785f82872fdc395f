# Everything from a bare clone: each target sets up what it needs (Python 3.11 or newer, git and make).
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?=
TESTS  ?= tests
BENCH  ?=

.PHONY: run dev test check lint bench checkpoints screenshots reference clean
.DEFAULT_GOAL := run

run: $(VENV)/.runtime  ## serve the pages and open a browser; DGM_SERVERS=2: two servers behind nginx
	$(BIN)/python -m server --open $(if $(PORT),--port $(PORT))

dev: $(VENV)/.dev  ## serve with reloading on save
	$(BIN)/streamlit run app.py --server.fileWatcherType auto --server.headless false

test: $(VENV)/.dev $(VENV)/.browser $(VENV)/.nginx  ## every test, the browser's included
	$(BIN)/python -m pytest -n auto -m "not browser" $(TESTS)
	@# 5: no test selected. 1: pointer tests can fail on a busy machine, so failed tests run once more.
	$(BIN)/python -m pytest -m browser $(TESTS) || case $$? in \
	  5) [ "$(TESTS)" != tests ];; \
	  1) $(BIN)/python -m pytest --lf --lfnf none -m browser $(TESTS);; \
	  *) exit 1;; esac

check: $(VENV)/.dev lint  ## lint, types and the tests that need no browser
	$(BIN)/python -m pytest -m "not browser" $(TESTS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/python -m mypy

bench: $(VENV)/.bench $(VENV)/.browser $(VENV)/.nginx  ## every benchmark against its peers, into the README's tables
	$(BIN)/python -m benchmarks $(BENCH)

checkpoints: $(VENV)/.runtime  ## train the pretrained models again
	$(BIN)/python -m dgm.vae.checkpoints
	$(BIN)/python -m dgm.autoregressive.checkpoints

screenshots: $(VENV)/.dev $(VENV)/.browser  ## the pictures of the README
	$(BIN)/python -m tools.screenshots

reference: $(VENV)/.dev  ## the API reference of dgm, into build/reference; the server shows it at /reference/
	$(BIN)/python -m tools.reference

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis

# Where pip knows CPU builds of torch only by its own index, say so: make run PIP_FLAGS="--extra-index-url ..."
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS)

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

$(VENV)/.bench: $(VENV)/.dev requirements-bench.txt
	$(PIP) -r requirements-bench.txt -c requirements.txt
	@touch $@

$(VENV)/.browser: $(VENV)/.dev tools/browser.sh
	BIN=$(BIN) sh tools/browser.sh
	@touch $@

$(VENV)/.nginx: $(VENV)/.dev tools/nginx.sh
	sh tools/nginx.sh
	@touch $@
