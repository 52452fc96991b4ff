# exeat. `make run` and `make test` need nothing but Go, make and a package manager: they install what is missing.
SHELL := /bin/sh
.DEFAULT_GOAL := help

LDFLAGS  := -s -w
# Temporal's server needs no gRPC path to Google's storage; leaving it out spares 140 packages.
TAGS     := disable_grpc_modules
TOOL     := go tool -modfile=tools/go.mod
PACKAGES := ./...
export GOTOOLCHAIN ?= local

.PHONY: help run build assets generate infra test check lint bench soak replay screenshots clean FORCE

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build everything and start it with a demonstration university
	@scripts/setup postgresql node
	@$(MAKE) --no-print-directory build
	@bin/exeat-standalone

build: assets bin/exeat bin/exeat-standalone ## build the pages' assets and both programs

assets: node_modules/.package-lock.json ## bundle third-party assets: scripts, names, the font of the documents
	@node scripts/assets/build.mjs

node_modules/.package-lock.json: package-lock.json
	@scripts/setup node
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

bin/exeat: FORCE
	@go build -ldflags="$(LDFLAGS)" -o $@ ./cmd/exeat

bin/exeat-standalone: FORCE
	@[ -x $@ ] || echo "Building the standalone form; Temporal's server is large: the first time takes 3 to 8 minutes, later seconds."
	@cd standalone && go build -tags=$(TAGS) -ldflags="$(LDFLAGS)" -o ../$@ .

FORCE:

generate: ## write the Go code of the pages' templates
	@$(TOOL) templ generate -path server -log-level error

infra: bin/exeat-standalone ## run only PostgreSQL and Temporal, for work on the main module
	@scripts/setup postgresql
	@bin/exeat-standalone --infra

test: ## everything that CI runs
	@scripts/setup postgresql node chromium poppler
	@$(MAKE) --no-print-directory build check
	cd standalone && go test -tags=$(TAGS) ./...
	@for f in FuzzLoad FuzzBorderDays; do go test ./policy -run '^$$' -fuzz "^$$f$$" -fuzztime 2000x || exit 1; done
	scripts/with-infra go test -timeout 15m $$(go list ./... | grep -v -e /test/crash -e /test/browser)
	EXEAT_BIN=$(CURDIR)/bin go test -p 1 -timeout 15m ./test/crash ./test/browser
	@scripts/capabilities

check: ## formatting, vet, generated code, determinism of workflows
	@bad=$$(git ls-files '*.go' | xargs gofmt -l); [ -z "$$bad" ] || { echo "not formatted by gofmt:"; echo "$$bad"; exit 1; }
	@$(MAKE) --no-print-directory generate
	@git diff --exit-code --stat -- '*_templ.go' || { echo "run \`make generate\` and commit the result"; exit 1; }
	@go vet $(PACKAGES)
	@$(TOOL) workflowcheck ./workflows

lint: check ## check, and what takes longer: staticcheck, known vulnerabilities
	@$(TOOL) staticcheck $(PACKAGES)
	@$(TOOL) govulncheck $(PACKAGES) || echo "govulncheck did not run or found something: see above (it needs the network)"

replay: ## replay the recorded histories of every release
	go test ./workflows -run Replay

bench: build ## ratios of the measures in docs/measures.md
	EXEAT_FSYNC=on scripts/with-infra go run ./test/bench

soak: build ## what takes longer than CI may: hundreds of kills, a large record, 100,000 sequences of commands
	go test -count=1 -timeout 120m ./visit -run Invariants -rapid.checks=50000 -v
	EXEAT_BIN=$(CURDIR)/bin EXEAT_KILLS=20 EXEAT_TIMER_KILLS=200 go test -count=1 -timeout 120m ./test/crash -v
	EXEAT_EVENTS=100000 EXEAT_FLIPS=5000 scripts/with-infra go test -count=1 -timeout 120m -p 1 -parallel 1 ./test/audit -run 'P47_A|P47_R|P47_S|P47_W|P38|P53' -v
	EXEAT_DECISIONS=1000000 scripts/with-infra scripts/with-archive sh -c 'go test -count=1 -timeout 60m ./test/audit -run P59 -v && EXEAT_MEASURE=search go run ./test/bench'
	EXEAT_RISK_VISITS=1000 scripts/with-infra go test -count=1 -timeout 30m ./test/hosting -run RisingRisk -v
	EXEAT_SEALER_KILLS=50 scripts/with-infra go test -count=1 -timeout 30m ./test/audit -run P47_KilledSealers -v

screenshots: build ## take the pictures of docs/ from the running demonstration
	@scripts/setup chromium
	EXEAT_BIN=$(CURDIR)/bin go test -count=1 -timeout 15m ./test/browser -run Screenshots -screenshots=$(CURDIR)/docs/screenshots

clean: ## remove what was built; data stays
	rm -rf bin node_modules server/web/assets/vendor/*.js server/web/assets/vendor/*.json document/fonts/*.ttf
