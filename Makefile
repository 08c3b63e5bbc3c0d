# Affiliate Desk. `make run` tries it, `make test` checks it, both from a bare checkout.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Tests start many processes, and compiling everything anew is a third of a start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check bench fuzz audit fix lock clean
.DELETE_ON_ERROR:

run: $(VENV)/run ## the whole story at http://127.0.0.1:8080, without any account
	$(BIN)/affiliate-desk sandbox

test: check ## everything that CI checks
	$(BIN)/pytest --numprocesses auto --dist worksteal

check: $(VENV)/dev ## format, lint, types, import direction
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/dev ## what we owe, each beside its floor; nothing else should run meanwhile
	$(BIN)/python -m bench

fuzz: $(VENV)/dev ## a million wild inputs, which takes hours; FUZZ="--inputs 5000" takes minutes
	nice -n 10 $(BIN)/python -m tests.fuzz $(FUZZ)

audit: $(VENV)/dev ## known vulnerabilities of what runs; asks PyPI, and says so where it cannot
	@rm -f $(VENV)/audit.json
	@if $(BIN)/pip-audit --requirement requirements.lock --require-hashes --disable-pip \
		--timeout 10 --progress-spinner off --format json --output $(VENV)/audit.json 2>$(VENV)/audit.log; then \
		echo "No known vulnerability is in what requirements.lock names."; \
	elif [ -s $(VENV)/audit.json ]; then \
		cat $(VENV)/audit.log $(VENV)/audit.json; exit 1; \
	else \
		echo "Not audited: PyPI's list of vulnerabilities could not be reached (see $(VENV)/audit.log)."; \
	fi

fix: $(VENV)/dev ## apply the formatter and the safe lint fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## resolve both lock files anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --output-file requirements.lock pyproject.toml
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --extra dev --constraint requirements.lock \
		--output-file requirements-dev.lock pyproject.toml

clean: ## forget the environment and the sandbox's data
	rm -rf $(VENV) var

$(VENV)/run: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

$(VENV)/dev: requirements-dev.lock $(VENV)/run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@
