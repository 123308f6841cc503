# `make demo` and `make test` do all their own set-up; the other targets are for who works on the suite.
.DEFAULT_GOAL := help
.PHONY: bench bench-quick demo fmt help lint outside setup sqlx test

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  make %-11s %s\n", $$1, $$2 }'

demo: setup ## bill a year of real advertising; with ONCE=1 it ends when it has, otherwise the suite stays up
	cargo run --release -p makegood -- demo $(if $(ONCE),--once)

test: setup lint ## everything that is checked: format, lints, tests on a real PostgreSQL
	scripts/test

bench: setup ## the suite beside the bare statements of its PostgreSQL: 10 million rows of delivery, 50,000 documents
	cargo run --release -p makegood-bench

bench-quick: setup ## a tenth of that
	cargo run --release -p makegood-bench -- --part 10

outside: setup ## the whole job through other people's clients: grpcio, buf curl, curl (needs Python and npm)
	tests/outside/run

lint: ## format and lints
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

fmt: ## format the code
	cargo fmt --all

sqlx: setup ## describe the SQL queries anew, after a change of a query or a migration
	scripts/describe-queries invoicing-svc invoicing
	scripts/describe-queries adjustments-svc adjustments
	scripts/describe-queries gateway access

setup:
	@scripts/setup
