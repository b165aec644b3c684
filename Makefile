# Everything a newcomer needs: `make run`, `make test`. GNU make and /bin/sh; the rest is done by cnd/bootstrap.py,
# which asks nothing of the machine but a CPython of the range below.

.DEFAULT_GOAL := help
.PHONY: help run test test-browser bench lint install reset

# PYTHON=/path/to/python chooses one; otherwise the first of these that really runs (a shim may exist and not run).
CANDIDATES = $(or $(PYTHON),python3.13 python3.12 python3.11 python3 python)
USABLE = import sys, ssl, sqlite3; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

define start
@for candidate in $(CANDIDATES); do \
	if "$$candidate" -c '$(USABLE)' >/dev/null 2>&1; then exec "$$candidate" -m cnd.bootstrap $(1); fi; \
done; \
echo "No usable CPython 3.11, 3.12 or 3.13 was found (tried: $(CANDIDATES)); install one, or name it: PYTHON=/path/to/python make $@" >&2; \
exit 1
endef

help:
	@echo "make run           serve the demonstration at http://127.0.0.1:8000 (PORT=8001 make run: elsewhere)"
	@echo "make test          every check and test, on SQLite and on PostgreSQL (ARGS=\"-k draw\": only some)"
	@echo "make test-browser  the pages in a real Chromium"
	@echo "make bench         the measurements"
	@echo "make lint          ruff, mypy, import-linter, djlint"
	@echo "make install       the locked packages for development, into .venv"
	@echo "make reset         put var/ (the demonstration's data) aside and begin afresh"

run:
	$(call start,run)

test:
	$(call start,test $(ARGS))

test-browser:
	$(call start,test-browser $(ARGS))

bench:
	$(call start,bench $(ARGS))

lint:
	$(call start,lint)

install:
	$(call start,install)

reset:
	$(call start,reset)
