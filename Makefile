# `make` alone explains what there is. Needs Python 3.11 or newer, Node with npm, and nothing else.
.DEFAULT_GOAL := help
SHELL         := /bin/bash -euo pipefail

PYTHON ?= python3
STAGE  ?= dev
CASES  ?= 10000
venv   := .venv/bin
sam    := $(venv)/sam

# What is shipped: Lambda's Python and machine. `make dev` builds for this machine by itself.
LAYER_PYTHON   ?= 3.13
LAYER_PLATFORM ?= aarch64-manylinux2014
LAYER_CACHE    ?= $(CURDIR)/.build/layers
target_python   = $(shell PATH="$(CURDIR)/$(venv):$$PATH" $(MAKE) -s -C layers/shared python)

# One more than processors: the one that has the journeys waits for the local stack most of the time.
WORKERS ?= $(shell echo $$(($$(nproc 2>/dev/null || sysctl -n hw.ncpu) + 1)))

export LAYER_PYTHON LAYER_PLATFORM LAYER_CACHE MOSTRADOR_PORT
export SAM_CLI_TELEMETRY := 0
export AWS_DEFAULT_REGION ?= us-east-1

.PHONY: help setup dev logs test test-deep fuzz proof check reference client lock build deploy examples sam-local bench clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/made node_modules/made ## Install what the other targets need; quick when nothing has changed

dev: setup ## The whole stack on this machine, with example tenants: MOSTRADOR_PORT=4566
	@PYTHONPATH=layers/shared:layers/stand_ins:. $(venv)/python -m local

logs: setup ## What the functions on this machine said last: FIND=<request_id>
	@PYTHONPATH=layers/shared:layers/stand_ins:. $(venv)/python -m local.logs

test: setup ## What a developer runs: rules, use cases, handlers, races, the core journeys
	@PYTHONPATH=layers/shared:layers/stand_ins:. $(venv)/python -m pytest -n $(WORKERS) -m "not deep" $(ARGS)

test-deep: setup ## All other tests: crash matrices, state machines, the stand-ins in full, all other journeys
	@PYTHONPATH=layers/shared:layers/stand_ins:. $(venv)/python -m pytest -n $(WORKERS) -m "deep" $(ARGS)

fuzz: setup ## Requests made from the OpenAPI document, to a local stack of its own: CASES=10000
	@MOSTRADOR_FUZZ_CASES=$(CASES) PYTHONPATH=layers/shared:layers/stand_ins:. $(venv)/python -m pytest tests/journeys/test_fuzz.py -s $(ARGS)

proof: setup ## The slow proofs: 2,000 sequences of the agenda's and of a raffle's model, every zone's clock changes
	@HYPOTHESIS_PROFILE=proof PYTHONPATH=layers/shared:layers/stand_ins:. $(venv)/python -m pytest tests/scheduling/test_machine.py tests/raffles/test_machine.py tests/payments/test_bancard_webhook.py tests/*/rules tests/proofs -o python_files="test_*.py proof_*.py"

check: setup ## Style, types, template, security, the OpenAPI document, and who may import whom
	$(venv)/ruff check .
	$(venv)/ruff format --check .
	$(venv)/mypy
	@complex="$$($(venv)/radon cc -n C -s functions layers local $(wildcard bench))"; test -z "$$complex" || { echo "Too complex (at most 10):"; echo "$$complex"; exit 1; }
	$(venv)/cfn-lint template.yaml
	$(sam) validate --lint
	$(venv)/bandit -q -r -ll functions layers/shared/mostrador layers/stand_ins local $(wildcard bench)
	@PYTHONPATH=layers/shared:layers/stand_ins:. $(venv)/python -m pytest -q tests/test_architecture.py tests/local/test_openapi.py

reference: setup ## Make docs/api from the doors, the models and docs/reference
	@PYTHONPATH=layers/shared:layers/stand_ins:. $(venv)/python -m local.reference_pages

client: setup ## Write clients for Python and TypeScript to client/, from the OpenAPI document
	@PYTHONPATH=layers/shared:layers/stand_ins:. $(venv)/python -m local.clients

lock: .venv/made ## Lock the newest versions that fit together
	$(call compile,requirements-dev,--upgrade)
	$(call compile,layers/shared/requirements,-c requirements-dev.txt)
	$(call compile,layers/shared/authorizer,-c requirements-dev.txt)

build: .venv/made ## What is deployed: for arm64 and Python 3.13 unless LAYER_PLATFORM and LAYER_PYTHON say otherwise
	@test -n "$(target_python)"
	@PYTHONPATH=layers/shared:layers/stand_ins:. $(venv)/python -m local.made
	PATH="$(CURDIR)/$(venv):$(dir $(target_python)):$$PATH" $(sam) build --parallel --build-dir .aws-sam/build --parameter-overrides \
	  Runtime=python$(LAYER_PYTHON) Architecture=$(if $(findstring x86_64,$(LAYER_PLATFORM)),x86_64,arm64)
	@$(target_python) -m compileall -q --invalidation-mode unchecked-hash -s .aws-sam/build .aws-sam/build/*Function

deploy: build ## To AWS: STAGE=dev or STAGE=prod
	$(sam) deploy --template-file .aws-sam/build/template.yaml --config-file $(CURDIR)/samconfig.toml --config-env $(STAGE)

examples: setup ## The example tenants and their users on a deployed stage: STAGE=dev
	@STAGE=$(STAGE) PYTHONPATH=layers/shared:layers/stand_ins:. $(venv)/python -m local.examples

sam-local: setup ## The API under `sam local start-api`, in Docker, on the local stack's table and users
	@$(MAKE) -s build LAYER_PLATFORM=$(subst arm64,aarch64,$(shell uname -m))-manylinux2014
	@PYTHONPATH=layers/shared:layers/stand_ins:. $(venv)/python -m local.sam_local

bench: setup ## The figures of the goals, into bench/results.json
	@PYTHONPATH=layers/shared:layers/stand_ins:. $(venv)/python -m bench

clean: ## Remove everything that these targets made, the local stack's data included
	rm -rf .venv .build .local .aws-sam client node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis

# --- Stamps: each is remade when what it was made from has changed ------------------------------------------

.venv/made: requirements-dev.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is missing: install it, or name it with PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than 3.11: name another with PYTHON=..." >&2; exit 1; }
	@echo "Installing the Python tools into .venv"
	@$(PYTHON) -m venv .venv || { echo "Python cannot make a virtual environment: on Debian, apt install python3-venv" >&2; exit 1; }
	@$(venv)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r <(sed -n '/^uv==/,/^[a-z]/{/^uv==/p;/^ /p}' requirements-dev.txt)
	@VIRTUAL_ENV=.venv $(venv)/uv pip sync -q --require-hashes requirements-dev.txt
	@mkdir -p $(@D) && touch $@

node_modules/made: package.json
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js, which brings it" >&2; exit 1; }
	@echo "Installing the Node tools into node_modules"
	@npm install --silent --no-audit --no-fund --no-package-lock
	@mkdir -p $(renderer) && cd $(renderer) && npm pack --silent "$$(node -p 'require("$(CURDIR)/package.json").config.renderer')" >/dev/null
	@cd $(renderer) && tar -xzf scalar-*.tgz --strip-components 3 package/dist/browser/standalone.js && rm scalar-*.tgz
	@mkdir -p $(@D) && touch $@

# The one file of the renderer that a page loads: as a dependency, npm would bring 300 MB with it.
renderer = node_modules/.cache/scalar

# $(1).in -> $(1).txt, for every platform and Python from 3.11, with hashes and without any registry's address
compile = $(venv)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url $(2) $(1).in -o $(1).txt
