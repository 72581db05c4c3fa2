# make demo: the main job; make test: all checks; make stress: the long ones. All make .venv first and can be run again.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CONSTRAINTS ?= constraints.txt
OLDEST_PYTHON ?= python3.11
# of the tests, what other libraries' releases break first: a few minutes
TESTS_OF_LIBRARIES := tests/test_estimator_checks.py tests/test_pipeline.py tests/utils \
	tests/networks/test_network.py tests/networks/test_layers.py tests/networks/test_compiled_steps.py \
	tests/classifiers/test_lstm.py tests/classifiers/test_cnn.py tests/classifiers/test_bow.py \
	tests/classifiers/test_scikeras_adapter.py tests/persistence/test_model_file.py

.PHONY: help demo test lint pytest test-oldest test-oldest-briefly test-newest docs stress release-check clean
.DELETE_ON_ERROR:

help:
	@echo "make demo   classify the lyrics that ship with the package (a minute or two)"
	@echo "make test   ruff, mypy, import-linter and pytest"
	@echo "make stress kill, fill, break and flood it for long; writes benchmarks/results/reliability.md"
	@echo "make test-oldest, make test-newest   pytest with the oldest versions that are supported, or the newest"
	@echo "make docs   build the documentation into docs/_build/html"
	@echo "make release-check  build, install and try what would be released"
	@echo "make clean  remove what these made"

$(VENV)/.made:
	@echo "== making $(VENV) with $(PYTHON)"
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; use make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25"
	@touch $@

$(VENV)/.demo: $(VENV)/.made pyproject.toml $(CONSTRAINTS)
	@echo "== installing sklearn_w2v (a few minutes: TensorFlow is 600 MB)"
	$(BIN)/python -m pip install --quiet --constraint $(CONSTRAINTS) --editable ".[plot]"
	@touch $@

$(VENV)/.test: $(VENV)/.made pyproject.toml $(CONSTRAINTS)
	@echo "== installing sklearn_w2v with its test tools (a few minutes: TensorFlow is 600 MB)"
	$(BIN)/python -m pip install --quiet --constraint $(CONSTRAINTS) --editable ".[test]"
	@touch $@

$(VENV)/.stress: $(VENV)/.test
	@echo "== installing what fuzzes"
	$(BIN)/python -m pip install --quiet --constraint $(CONSTRAINTS) --editable ".[test,stress]"
	@touch $@

$(VENV)/.docs: $(VENV)/.made pyproject.toml $(CONSTRAINTS)
	@echo "== installing sklearn_w2v with its documentation tools"
	$(BIN)/python -m pip install --quiet --constraint $(CONSTRAINTS) --editable ".[docs]"
	@touch $@

demo: $(VENV)/.demo
	@echo "== sklearn-w2v demo"
	$(BIN)/sklearn-w2v demo

test: lint pytest

lint: $(VENV)/.test
	@echo "== ruff"
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	@echo "== mypy"
	$(BIN)/mypy
	@echo "== import-linter"
	$(BIN)/lint-imports

pytest: $(VENV)/.test
	@echo "== pytest"
	$(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist worksteal $(TESTS)

test-oldest:
	$(MAKE) pytest VENV=.venv-oldest CONSTRAINTS=constraints-oldest.txt PYTHON=$(OLDEST_PYTHON)

test-oldest-briefly:
	$(MAKE) test-oldest TESTS="$(TESTS_OF_LIBRARIES)"

# whatever is newest today, pre-releases included: not what CI pins, and installed anew each time
test-newest:
	$(PYTHON) -m venv --clear .venv-newest
	.venv-newest/bin/python -m pip install --quiet --upgrade pip
	.venv-newest/bin/python -m pip install --quiet --pre --editable ".[test]"
	.venv-newest/bin/python -m pip freeze --exclude-editable
	.venv-newest/bin/python -m pytest --numprocesses logical --maxprocesses 4 --dist worksteal $(TESTS)

docs: $(VENV)/.docs
	@echo "== sphinx"
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

stress: $(VENV)/.stress
	@echo "== stress"
	$(BIN)/python stress/run.py $(ONLY)

release-check:
	PYTHON=$(PYTHON) bash .ci/release-check

clean:
	rm -rf $(VENV) .venv-oldest .venv-newest demo-output docs/_build docs/auto_examples docs/generated .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .hypothesis
