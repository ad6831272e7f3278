# Two commands: `make demo` and `make test`. Each line below is one target.
PYTHON ?= python3
.DEFAULT_GOAL := help
SETUP = @$(PYTHON) tools/setup.py
RUN = .venv/bin/python

.PHONY: demo test test-deps check bench deep docs lock clean help
help: ## what there is to make
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*## /	/' | sort
demo: ## a short shift from camera to courtroom, on this machine (ONCE=1: do not stay)
	$(SETUP) demo && $(RUN) tools/footage.py && .venv/bin/lapel demo $(if $(ONCE),--once) $(ARGS)
test: ## all tests; as root it brings what they need (ARGS='-k word' for some)
	$(SETUP) test && $(RUN) tools/needs.py tests && $(RUN) tools/footage.py && $(RUN) -m pytest -n 2 $(ARGS)
test-deps: ## what tests need beside Python: Debian packages (as root), npm packages
	$(SETUP) test && $(RUN) tools/needs.py tests
check: ## format, lint, two type checkers, walls, licences, locks and house rules
	$(SETUP) all && $(RUN) tools/check.py
bench: ## side by side with named peers: table, JSON and a plot in docs/reference
	$(SETUP) all && $(RUN) tools/needs.py benchmarks && $(RUN) -m benchmarks $(ARGS)
deep: ## the long tests; goes on where it stopped
	$(SETUP) test && $(RUN) tools/needs.py tests && $(RUN) tools/deep.py
docs: ## build the documentation into site/
	$(SETUP) all && $(RUN) -m tools.reference && $(RUN) -m tools.licences --write && .venv/bin/zensical build --strict
lock: ## resolve all dependencies anew (ARGS=--upgrade: to their newest)
	$(SETUP) all && $(RUN) tools/lock.py $(ARGS)
clean: ## remove all that the other targets made
	@$(PYTHON) tools/clean.py
