# Everything a person does with a clone of Talkwright. `make help` lists the targets; set-up is part of each and is
# done again only when its inputs change. Folders made here: .tools (uv), .venv, .venv-actions, .venv-pypred,
# .venv-rasa, .tools-node, .cache, web/node_modules, web/dist.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
# What one run compiles, the tests too, all processes after it find, whatever the shell around says.
export PYTHONDONTWRITEBYTECODE :=
UV := .tools/bin/uv
PYTHON := .venv/bin/python
SYNC = VIRTUAL_ENV=$(CURDIR)/$(1) $(UV) pip sync -q --require-hashes --compile-bytecode $(2)
NODE_ROOT = PATH="$$($(CURDIR)/scripts/node-path):$$PATH"
# Half of what the tests do is waiting for processes of others. More workers than that load and start everything once
# more, and find no processor idle.
WORKERS := $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN) * 2 )))
SLOW_WORKERS := 2
SOURCES := $(shell find src -name '*.py' 2>/dev/null)
WEB_SOURCES := $(shell find web/src web/index.html web/vite.config.ts web/tsconfig.json docs/*.md docs/formats docs/operations -type f -not -path '*/generated/*' 2>/dev/null)

.PHONY: help
help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

## ---- what people do -------------------------------------------------------------------------------------------

.PHONY: run
run: .venv/.studio .venv-actions/.stamp web/dist/.stamp ## Start the whole studio on this machine; prints one link
	@$(PYTHON) -m compileall -q src
	@exec .venv/bin/talkwright up

.PHONY: test
test: .venv/.dev .venv-actions/.stamp .venv-pypred/.stamp .cache/kafka/.stamp .cache/s3/.stamp .cache/azure/.stamp $(if $(TESTS_SLOW),.cache/kubernetes/.stamp rasa-environment) web/dist/.stamp ## Run all tests: Python, web client, real servers, real browser
	@scripts/find-chromium > /dev/null
	cd web && $(NODE_ROOT) npm test
	CHROMIUM="$$(scripts/find-chromium)" TESTS_SLOW= $(PYTHON) -m pytest -n $(WORKERS) -rs
	@# What takes minutes comes after that, by itself: a storm counts what people get done in it.
	$(if $(TESTS_SLOW),$(PYTHON) -m pytest -m slow -n $(SLOW_WORKERS) -rs)

.PHONY: check
check: .venv/.dev web/node_modules/.stamp web/src/api/generated/.stamp ## Lint, format, types, import contracts, web lint and types
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache
	$(PYTHON) -m talkwright.settings --check docs/settings.md
	cd web && $(NODE_ROOT) npm run --silent lint && $(NODE_ROOT) npm run --silent typecheck

.PHONY: bench
bench: .venv/.dev web/dist/.stamp ## Measure all figures and hold them against benchmarks/limits.toml
	@$(PYTHON) benchmarks/check.py

.PHONY: peer
peer: .venv/.dev ## Measure Rasa Open Source beside Talkwright (2.5 GB, needs Python 3.10)
	@scripts/rasa-environment > /dev/null && $(PYTHON) benchmarks/peer.py

.PHONY: web
web: web/dist/.stamp ## Build the web client

.PHONY: screenshots
screenshots: .venv/.dev .venv-actions/.stamp web/dist/.stamp ## Take pictures of all pages, light and dark, into screenshots/
	CHROMIUM="$$(scripts/find-chromium)" $(PYTHON) scripts/screenshots.py

.PHONY: settings
settings: .venv/.studio ## Write docs/settings.md from the settings classes
	$(PYTHON) -m talkwright.settings docs/settings.md

.PHONY: lock
lock: .tools/.stamp ## Pin all dependencies anew, with hashes and without addresses
	for name in uv build engine jobs studio dev actions pypred node; do \
	  $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --custom-compile-command "make lock" requirements/$$name.in -o requirements/$$name.txt; done
	cd web && $(NODE_ROOT) npm install --package-lock-only --ignore-scripts --no-audit --no-fund && $(NODE_ROOT) npm ci --no-audit --no-fund

.PHONY: clean
clean: ## Remove everything that was built or installed here; never the data folder
	rm -rf .venv .venv-actions .venv-pypred .venv-rasa .cache .tools .tools-node .mypy_cache .ruff_cache .pytest_cache .hypothesis web/node_modules web/dist web/src/api/generated web/openapi.json screenshots
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

## ---- set-up, each step once ------------------------------------------------------------------------------------

.tools/.stamp: requirements/uv.txt
	@python=$$(scripts/find-python) && echo "Installing uv with $$python" && $$python -m venv .tools
	@.tools/bin/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r $<
	@touch $@

# The same venv serves `make run` and the tests: once it holds the tools of development, it keeps them.
.venv/.studio: requirements/studio.txt requirements/dev.txt pyproject.toml | .tools/.stamp
	@test -x $(PYTHON) || $(UV) venv -q --python "$$(scripts/find-python)" .venv
	@echo "Installing Talkwright's dependencies into .venv"
	@$(call SYNC,.venv,$$(test -e .venv/.dev && echo requirements/dev.txt || echo requirements/studio.txt))
	@VIRTUAL_ENV=$(CURDIR)/.venv $(UV) pip install -q --no-deps --no-build-isolation --editable .
	@$(PYTHON) -m compileall -q src
	@touch $@

# A studio may run from this venv meanwhile: what it uses stays where it is.
.venv/.dev: requirements/dev.txt pyproject.toml | .tools/.stamp
	@test -x $(PYTHON) || $(UV) venv -q --python "$$(scripts/find-python)" .venv
	@echo "Installing Talkwright's dependencies and the tools of development into .venv"
	@if test .venv/.studio -nt requirements/studio.txt -a .venv/.studio -nt pyproject.toml; then \
	  VIRTUAL_ENV=$(CURDIR)/.venv $(UV) pip install -q --require-hashes --compile-bytecode -r requirements/dev.txt; \
	else \
	  $(call SYNC,.venv,requirements/dev.txt) && \
	  VIRTUAL_ENV=$(CURDIR)/.venv $(UV) pip install -q --no-deps --no-build-isolation --editable .; fi
	@$(PYTHON) -m compileall -q src
	@touch .venv/.studio $@

# The action server's SDK needs older versions of what we use, so it has a venv of its own.
.venv-actions/.stamp: requirements/actions.txt | .tools/.stamp
	@test -x .venv-actions/bin/python || $(UV) venv -q --python "$$(scripts/find-python)" .venv-actions
	@echo "Installing the action server into .venv-actions"
	@$(call SYNC,.venv-actions,$<)
	@touch $@

# The predicate library is no part of Talkwright: tests ask it what a condition means.
.venv-pypred/.stamp: requirements/pypred.txt | .tools/.stamp
	@test -x .venv-pypred/bin/python || $(UV) venv -q --python "$$(scripts/find-python)" .venv-pypred
	@$(call SYNC,.venv-pypred,$<)
	@touch $@

# The real Kafka for the tests. Where Maven is missing or can't reach its packages, the tests that need it say so.
.cache/kafka/.stamp: tests/services/kafka_server/pom.xml
	@mkdir -p .cache/kafka
	@command -v mvn > /dev/null && echo "Fetching Kafka" && \
	  mvn -B -q -f $< dependency:copy-dependencies -DoutputDirectory="$(CURDIR)/.cache/kafka" && touch $@ || \
	  echo "Kafka was not fetched (Maven does that): its tests are left out"

# Real object stores for the tests: an S3 server, and the emulator of Azure's blob storage.
.cache/s3/.stamp: tests/services/s3_server/pom.xml
	@mkdir -p .cache/s3
	@command -v mvn > /dev/null && echo "Fetching the S3 server" && \
	  mvn -B -q -f $< dependency:copy-dependencies -DoutputDirectory="$(CURDIR)/.cache/s3" && touch $@ || \
	  echo "The S3 server was not fetched (Maven does that): its tests are left out"

.cache/azure/.stamp: tests/services/azure_emulator/package-lock.json requirements/node.txt | .tools/.stamp
	@mkdir -p .cache/azure
	@echo "Fetching the emulator of Azure's storage"
	@cp tests/services/azure_emulator/package*.json .cache/azure/
	@$(NODE_ROOT) npm ci --prefix .cache/azure --ignore-scripts --no-audit --no-fund --loglevel=error && touch $@ || \
	  echo "The emulator of Azure's storage was not fetched: its tests are left out"

# The daemons of a real Kubernetes cluster for the tests, built once into a cache outside of this folder.
.cache/kubernetes/.stamp: tests/services/kubernetes/daemons/go.mod tests/services/kubernetes/daemons/go.sum tests/services/kubernetes/daemons/main.go scripts/kubernetes-daemons
	@mkdir -p .cache/kubernetes
	@if [ "$$(id -u)" != 0 ]; then echo "A Kubernetes cluster needs root: its tests are left out"; \
	elif ! scripts/debian-packages --check; then echo "The tests on a Kubernetes cluster are left out"; \
	elif scripts/kubernetes-daemons > /dev/null; then touch $@; \
	else echo "The daemons of Kubernetes were not built: the tests on a cluster are left out"; fi

# The second engine that the tests of engines ask.
.PHONY: rasa-environment
rasa-environment: .tools/.stamp
	@scripts/rasa-environment > /dev/null || echo "Rasa Open Source was not installed: its tests are left out"

web/node_modules/.stamp: web/package-lock.json requirements/node.txt | .tools/.stamp
	@echo "Installing the web client's dependencies"
	@cd web && $(NODE_ROOT) npm ci --no-audit --no-fund --loglevel=error
	@touch $@

web/openapi.json: $(SOURCES) | .venv/.studio
	@$(PYTHON) -m talkwright.backend.openapi > $@.new && mv $@.new $@

# Made anew only when the API differs: a change in the backend that leaves it alone builds nothing.
web/src/api/generated/.stamp: web/openapi.json web/node_modules/.stamp
	@if ! cmp -s $< .cache/openapi.json || ! test $@ -nt web/node_modules/.stamp; then \
	  mkdir -p .cache && (cd web && $(NODE_ROOT) npm run --silent api > /dev/null) && cp $< .cache/openapi.json && touch $@; fi

web/dist/.stamp: web/src/api/generated/.stamp $(WEB_SOURCES)
	@echo "Building the web client"
	@cd web && $(NODE_ROOT) npm run --silent build
	@touch $@
