# What people type. CI runs .ci/run, which needs no make.

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)

.DEFAULT_GOAL := help
.PHONY: help build test check fuzz bench e2e demo image schema clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## both binaries, here: ./poise and ./poise-proxy
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o . ./cmd/...

test: ## every test but the long ones
	go test ./...

check: ## before a commit: format, vet, lint, tests with -race, a short fuzz; says which tool is missing
	@bash .ci/run -n format vet lint race fuzz

fuzz: ## every fuzz target, one minute each (FUZZTIME=10m for longer)
	@FUZZTIME=$${FUZZTIME:-1m} bash .ci/run -n fuzz

bench: ## what the proxy costs beside others: one table
	go run ./bench

e2e: ## the long tests: the demo five times, processes killed on purpose, other people's clients
	@bash .ci/run -n e2e-demo e2e-tests conformance

demo: ## two services, a fault, a verdict: under two minutes
	go run ./cmd/poise demo

image: ## both container images, by docker
	@command -v docker >/dev/null || { echo 'There is no docker command; see https://docs.docker.com/engine/install'; exit 1; }
	docker build --build-arg VERSION=$(VERSION) --target poise -t poise:$(VERSION) .
	docker build --build-arg VERSION=$(VERSION) --target poise-proxy -t poise-proxy:$(VERSION) .

schema: ## write deploy/schema.json anew from the document types
	go run ./cmd/poise schema > deploy/schema.json.new && mv deploy/schema.json.new deploy/schema.json

clean: ## remove what the targets above left here
	rm -rf poise poise-proxy dist deploy/schema.json.new
	go clean -testcache
