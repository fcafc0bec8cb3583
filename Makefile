# On a fresh machine: `make run`, `make test`, `make notebook`. Each sets everything up first.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
VENV := .venv
BIN := $(VENV)/bin
export UV_PYTHON_DOWNLOADS := never

.PHONY: run serve report notebook notebook-check test trust lint check setup train evaluate bench sample bundle licences advisories sbom clean

run: setup ## the main job on the shipped sample
	$(BIN)/hotline run

serve: setup ## Prefect server, web page and the schedule of every night, until Ctrl-C
	exec $(BIN)/hotline serve

report: setup ## the report of the last full month, from the newest snapshot
	$(BIN)/hotline report

test: setup ## all tests, on two cores
	$(BIN)/pytest -n 2 --dist loadfile

trust: setup ## every promise tried in full; the table is written into docs/信任.md
	$(BIN)/pytest tests/trust -n 2 --dist loadfile --full --counts docs/信任.md

lint: setup ## lint, format, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test ## every check

setup: $(VENV)/.ready

# uv if present, else bootstrapped into the virtual environment; versions come from uv.lock either way.
$(VENV)/.ready: pyproject.toml uv.lock
	@if command -v uv >/dev/null; then \
		uv sync --frozen --quiet; \
	else \
		$(BIN)/python -m pip --version >/dev/null 2>&1 || python3 -m venv --clear $(VENV) \
			|| { echo "错误：缺少 venv 模块。请执行 apt install python3-venv 后重试。" >&2; exit 1; }; \
		test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv; \
		VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv sync --frozen --quiet --inexact --python $(BIN)/python; \
	fi
	$(BIN)/hotline train --if-needed
	@touch $@

train: setup ## train on the corpus in the repository and the site's labels, if there are any
	$(BIN)/hotline train

evaluate: setup ## how well the model in use judges: figures with intervals
	$(BIN)/hotline evaluate

bench: setup ## compare with the script an analyst would write
	$(BIN)/python bench/night.py
	$(BIN)/python bench/compare.py

sample: setup ## write the sample data again; the files in data/raw must not change
	$(BIN)/python -m analysis.sample data

notebook: setup ## JupyterLab on the notebooks, in the browser of this machine; its kernel is this environment
	@UV=$$(command -v uv || echo $(BIN)/uv); \
		VIRTUAL_ENV=$(CURDIR)/$(VENV) $$UV sync --frozen --quiet --inexact --group lab --python $(BIN)/python
	test -f data/processed/snapshot.duckdb || $(BIN)/hotline run
	$(BIN)/jupyter-lab notebooks $$(test "$$(id -u)" != 0 || echo --allow-root)

notebook-check: setup ## run every notebook on the sample, and look for personal data in what they show
	$(BIN)/pytest -q tests/test_notebooks.py

licences: setup ## write the list of licences again
	$(BIN)/python -m deploy.licences > docs/第三方许可.md

# The two below fetch their tool, and advisories asks PyPI: for a machine with access to the internet.
advisories: setup ## known vulnerabilities of the locked packages; a package that cannot be looked up is an error
	@mkdir -p dist; UV=$$(command -v uv || echo $(BIN)/uv); \
		$$UV export --frozen --no-dev --no-emit-project --quiet -o dist/requirements.txt; \
		$$UV tool run pip-audit==2.10.1 -r dist/requirements.txt --require-hashes --no-deps --disable-pip --strict

sbom: setup ## bill of materials of an installation, CycloneDX, as dist/sbom.cdx.json
	@mkdir -p dist; UV=$$(command -v uv || echo $(BIN)/uv); \
		$$UV export --frozen --no-dev --no-emit-project --quiet -o dist/requirements.txt; \
		$$UV tool run --from cyclonedx-bom==7.5.0 cyclonedx-py requirements dist/requirements.txt \
			--pyproject pyproject.toml --output-reproducible -o dist/sbom.cdx.json

bundle: setup ## dist/: one archive from which a machine without network installs everything
	$(BIN)/python -m deploy.bundle

clean: ## remove the results and the model, not the environment; the complainants' key stays
	rm -rf data/processed/ledger.* data/processed/snapshot.* data/processed/*.xlsx data/processed/夜报.md data/processed/整改台账 data/processed/报告 data/processed/通知记录.json data/models
