# The one face of the project: `make` lists what there is.
# A fresh Debian 12 with git, make and python3 is enough; everything else comes from requirements.lock.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp

# The first of these that runs and is at least 3.11. Say `make PYTHON=/path/to/python test` to choose.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	if "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo "$$p"; break; fi; done)
# Which tests `make test` leaves out, and how many run at once.
MARKS ?= not long
JOBS ?= 2
# What is enough, in per cent: branches covered, mutants killed. The aim is that nine of ten mutants die; of the first
# fifth 72 % did, so that this is what must not get worse.
COVERED ?= 95
KILLED ?= 72
# For how long each script of fuzz/ looks for an input that its parser fails on.
FUZZ_SECONDS ?= 600
UV ?= uv

.PHONY: help
help:
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# What the lab filters packets with. Where it may not be installed, the lab does without, and says so.
.PHONY: filters
filters:
	@if command -v ip >/dev/null && command -v nft >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "lab: iproute2 and nftables, from Debian's packages"; \
		install() { DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
			-o DPkg::Lock::Timeout=60 install iproute2 nftables >/dev/null 2>&1; }; \
		install || { apt-get -qq update >/dev/null 2>&1 && install; } || true; \
	fi; \
	if ! command -v ip >/dev/null || ! command -v nft >/dev/null; then \
		echo "lab: without iproute2 and nftables it filters no packets; what depends on that is left out and says so"; \
	fi

# What pages are looked at with in tests. Where it may not be installed, those tests are left out, and say so.
.PHONY: browser
browser:
	@if command -v chromium-headless-shell >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "pages: chromium-headless-shell, from Debian's packages"; \
		install() { DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
			-o DPkg::Lock::Timeout=60 install chromium-headless-shell >/dev/null 2>&1; }; \
		install || { apt-get -qq update >/dev/null 2>&1 && install; } || true; \
	fi; \
	if ! command -v chromium-headless-shell >/dev/null; then \
		echo "pages: without chromium-headless-shell no page is looked at in a browser; those tests are left out"; \
	fi

.PHONY: demo
demo: $(STAMP) filters ## lock an origin in a local world and survive a bad list; no account needed
	@$(BIN)/python -m originlock.lab.demo

.PHONY: test
test: $(STAMP) filters browser ## the tests, without the long ones
	@echo "test: pytest, $(JOBS) at once, '$(MARKS)' (about twelve minutes on two processors)"
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m "$(MARKS)" tests

.PHONY: test-long
test-long: export ORIGINLOCK_TEST_LONG := 1
test-long: $(STAMP) filters browser ## all tests with coverage, then fuzzing, then mutants of the rooms that decide
	@echo "test-long 1/3: all tests, with coverage (several minutes)"
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -n $(JOBS) --dist worksteal -m "not fuzz" tests
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --fail-under=$(COVERED)
	@echo "test-long 2/3: fuzzing ($(FUZZ_SECONDS) seconds for each script of fuzz/)"
	@rc=0; $(BIN)/python -m pytest -m fuzz tests || rc=$$?; \
		if [ $$rc -eq 5 ]; then echo "no fuzz target yet: nothing was fuzzed"; elif [ $$rc -ne 0 ]; then exit $$rc; fi
	@printf '%s\n' fuzz/*.py | grep -v -x fuzz/mutation.py | xargs -P $(JOBS) -I {} \
		$(BIN)/python {} --seconds $(FUZZ_SECONDS) --keep {}.failed
	@echo "test-long 3/3: mutants of the rooms that decide (up to an hour)"
	@env -u ORIGINLOCK_TEST_LONG $(BIN)/mutmut run >mutants.log 2>&1 || { tail -n 40 mutants.log; exit 1; }
	@$(BIN)/mutmut export-cicd-stats >/dev/null
	@$(BIN)/python -c 'import json, sys; \
		s = json.load(open("mutants/mutmut-cicd-stats.json")); \
		dead = s["killed"] + s["timeout"]; judged = s["total"] - s["skipped"]; \
		share = 100 * dead / judged if judged else 0; \
		print(f"mutants: {dead} of {judged} died ({share:.1f} %, wanted $(KILLED) %); `mutmut results` names the others"); \
		sys.exit(share < $(KILLED))'

.PHONY: check
check: $(STAMP) ## ruff, its formatter, mypy and the import contracts
	@rc=0; \
	echo "check 1/4: ruff check (a second)";          $(BIN)/ruff check --quiet . || rc=1; \
	echo "check 2/4: ruff format (a second)";         $(BIN)/ruff format --quiet --check . || { rc=1; echo "run: make fmt"; }; \
	echo "check 3/4: mypy (up to a minute at first)"; $(BIN)/mypy --no-error-summary || rc=1; \
	echo "check 4/4: import contracts (a second)";    out=$$($(BIN)/lint-imports --no-logo 2>&1) || { rc=1; echo "$$out"; }; \
	if [ $$rc -eq 0 ]; then echo "check: all kept"; else echo "check: FAILED"; fi; exit $$rc

.PHONY: bench
bench: $(STAMP) ## measure against other ways, by size, behind a throttle (ten minutes); ONLY=boto3 for a part
	@$(BIN)/python bench/run.py $(if $(ONLY),--only $(ONLY))

.PHONY: fmt
fmt: $(STAMP) ## format, and mend what ruff can mend safely
	@$(BIN)/ruff check --quiet --fix --exit-zero .
	@$(BIN)/ruff format .

# The environment is cleared so that no index or folder of this machine leaks into the lock.
COMPILE = env -u UV_FIND_LINKS -u UV_INDEX -u UV_EXTRA_INDEX_URL -u UV_DEFAULT_INDEX -u UV_INDEX_URL \
	$(UV) --no-config pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header --quiet $(if $(UPGRADE),--upgrade)

.PHONY: lock
lock: ## write requirements.lock and the bench's anew (UPGRADE=1 takes the newest versions)
	@command -v $(UV) >/dev/null || { echo "make lock needs uv, which is not on the PATH."; \
		echo "Install it (pip install uv), or say: make UV=/path/to/uv lock"; exit 1; }
	@echo "lock: resolving for Python 3.11 and later (seconds)"
	@$(COMPILE) pyproject.toml --extra lab --extra identity --extra apprise --group dev --output-file requirements.lock >/dev/null
	@$(COMPILE) --group bench --output-file bench/requirements.txt >/dev/null
	@if grep -nE '://|^-|@ ' requirements.lock bench/requirements.txt; then \
		echo "lock: these lines must not be there"; exit 1; fi
	@echo "lock: $$(grep -c '==' requirements.lock) pins"

# Two builds of one commit are equal, byte for byte: every date in them is that of the last commit.
.PHONY: dist
dist: export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 1580601600)
dist: $(STAMP) ## build the wheel, the source archive and the bill of materials into dist/, the same each time
	@rm -rf dist
	@umask 022; $(BIN)/python -m hatchling build >/dev/null
	@$(BIN)/python release/bill_of_materials.py dist
	@cat dist/SHA256SUMS

.PHONY: clean
clean: ## remove everything that was made here, the venv too
	@rm -rf $(VENV) .venv-bench build dist mutants mutants.log htmlcov .coverage .coverage.* \
		.mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis fuzz/*.failed
	@find src tests bench docs fuzz -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
	@echo "clean: done"

# A changed lock makes the venv anew; a changed pyproject.toml only installs originlock again.
$(STAMP): requirements.lock pyproject.toml
	@if [ -z "$(PYTHON)" ]; then echo "originlock needs Python 3.11 or later, and none was found."; \
		echo "Install it (Debian: apt-get install python3 python3-venv), or say: make PYTHON=/path/to/python"; exit 1; fi
	@if ! "$(PYTHON)" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
		if command -v apt-get >/dev/null && [ "$$(id -u)" -eq 0 ]; then \
			echo "venv: this Python cannot make one; installing python3-venv (half a minute)"; \
			log=$$(mktemp); \
			{ apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-venv; } \
				</dev/null >"$$log" 2>&1 || cat "$$log"; \
			rm -f "$$log"; \
		fi; \
		"$(PYTHON)" -c 'import ensurepip, venv' >/dev/null 2>&1 || { \
			echo "This Python ($(PYTHON)) has no ensurepip, so it cannot make a virtual environment."; \
			echo "Debian: apt-get install python3-venv; elsewhere: another Python with make PYTHON=/path/to/python"; exit 1; }; \
	fi
	@if ! cmp -s requirements.lock $(VENV)/.lock; then \
		echo "venv: $(PYTHON), packages from requirements.lock (1 to 3 minutes)"; \
		rm -rf $(VENV); "$(PYTHON)" -m venv $(VENV); \
		$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock; \
		cp requirements.lock $(VENV)/.lock; \
	fi
	@echo "venv: originlock itself (seconds)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
