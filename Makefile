# Everything runs inside .venv with the versions of requirements.lock. Nothing to install first but
# Python 3.11 or newer. To bring your own torch build: make .venv, pip install it there, go on.
PYTHON ?= python3
BIN := .venv/bin
CONFIG ?= configs/me.yaml
OUT ?= out
EXAMPLE := --exports examples/exports --timezone UTC
export TOKENIZERS_PARALLELISM = false
export GRADIO_ANALYTICS_ENABLED = False

.PHONY: help setup demo prepare train test test-fast lint format lock clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: .venv/ready  ## Make .venv and install what requirements.lock pins

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $(PYTHON) is older than Python 3.11. Run make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "making .venv"
	@$(PYTHON) -m venv .venv

.venv/ready: .venv/bin/python requirements.lock
	@$(BIN)/python -c 'import torch' 2>/dev/null && echo "keeping the torch that is in .venv" || \
	  { echo "installing torch (a minute or more)"; $(BIN)/pip install -q --disable-pip-version-check "$$(grep '^torch==' requirements.lock)"; }
	@echo "installing requirements.lock"
	@grep -v '^torch==' requirements.lock > .venv/requirements.txt
	@$(BIN)/pip install -q --disable-pip-version-check -r .venv/requirements.txt
	@touch .venv/ready

demo: train  ## Train on the bundled example and open the chat
	@echo "== app: talk to it"
	@$(BIN)/python app.py $(CONFIG) --out $(OUT) --no-messenger

train: setup
	@echo "== prepare: exports -> pairs"
	@$(BIN)/python prepare_data.py $(CONFIG) $(EXAMPLE) --out $(OUT)
	@echo "== tokenizer: pairs -> tokenizer"
	@$(BIN)/python train_tokenizer.py $(CONFIG) --out $(OUT)
	@echo "== finetune: pairs + tokenizer -> model (some minutes; Ctrl-C and make demo goes on later)"
	@$(BIN)/accelerate launch --quiet --num_processes 1 --num_machines 1 --mixed_precision no --dynamo_backend no finetune.py $(CONFIG) --out $(OUT)

test: setup lint  ## Run everything: lint, types, fast and slow tests
	@sh tests/install_chromium.sh
	@sh tests/install_postgresql.sh
	@echo "== tests"
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not gpu" -n logical --maxprocesses 4 --dist loadfile

test-fast: setup  ## Run the fast tests only
	@$(BIN)/python -m pytest

lint: setup  ## Check style and types
	@echo "== lint and types"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: setup  ## Put the code into shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: setup  ## Write requirements.lock anew from what .venv holds
	@$(BIN)/python -m pip freeze --exclude-editable | sed -E 's/\+cpu$$//; /^-e|^pip==|^setuptools==/d' > requirements.lock

clean:  ## Remove .venv, out and caches
	rm -rf .venv out .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
