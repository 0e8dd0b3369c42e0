# Everything that a developer, or CI, runs. "make demo" and "make test" need Go
# and git, and nothing else.

GO            ?= go
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK   := golang.org/x/vuln/cmd/govulncheck@v1.9.0
OPENAPI       := 23.0.2
BIN           := .bin

.PHONY: build demo test test-peers test-peers-mail test-peers-github test-loop-server check format tidy vet lint race vulnerabilities bench bench-merges bench-extract reads reads-tool parity corpus openapi bench-growth fuzz clean

## build: the binary, as .bin/looprel
# It is copied to its place, as an installed one is: of what a linker writes page by
# page, the system keeps single pages, and starting it takes two milliseconds more.
build:
	CGO_ENABLED=0 $(GO) build -trimpath -o $(BIN)/looprel.linked ./cmd/looprel
	rm -f $(BIN)/looprel
	cp $(BIN)/looprel.linked $(BIN)/looprel
	rm $(BIN)/looprel.linked

## demo: a whole cycle (tag, load-stage, production) on a repository that it makes
demo:
	$(GO) run ./cmd/looprel demo

## test: the tests
# They have memory: collecting garbage less often makes them a tenth faster.
test:
	GOGC=400 $(GO) test ./...

## test-peers: the tests against other programs (ssh-keygen, gpg, sshd, mail servers,
## an emulator of GitHub)
test-peers: test-peers-mail test-peers-github
	$(GO) test -tags peers -skip TestGitHubPeer ./internal/gitrepo/... ./internal/signers ./cmd/...

## test-peers-github: the tests against an emulator of GitHub, which npm installs
test-peers-github:
	cd testdata/peers/github && npm ci --silent --omit=dev --no-audit --no-fund
	$(GO) test -tags peers -run TestGitHubPeer ./cmd/looprel

## test-peers-mail: mail against aiosmtpd and npm's smtp-server (npm and its registry)
test-peers-mail:
	$(GO) test -tags peers ./internal/mail

# With LOOP_SERVER_REPO=CLONE, a clone of mozilla-services/loop-server, also against
# the Loop service itself, which node, npm (and its registry) and redis-server run.
ifdef LOOP_SERVER_REPO
test-peers: test-loop-server
endif

## test-loop-server: against the Loop service itself, out of LOOP_SERVER_REPO=CLONE
test-loop-server:
	LOOP_SERVER_REPO=$(abspath $(LOOP_SERVER_REPO)) $(GO) test -tags 'peers loopserver' -count=1 -run TestRealLoopServer ./cmd/looprel

## check: what CI runs
check: format tidy vet lint race vulnerabilities test test-peers demo

format:
	@unformatted=$$(gofmt -l cmd internal); if [ -n "$$unformatted" ]; then \
		echo "not formatted: $$unformatted; run gofmt -w on them" >&2; exit 1; fi

tidy:
	$(GO) mod tidy -diff
	$(GO) mod verify

vet:
	$(GO) vet -tags 'peers loopserver' ./...
	GOOS=darwin $(GO) vet ./...
	GOOS=windows $(GO) vet ./...

lint:
	$(GO) run $(GOLANGCI_LINT) run --build-tags peers,loopserver ./...

race:
	$(GO) test -race ./...

# The vulnerability database is not reachable from everywhere; where it is, a
# finding fails the check, and where it is not, the check says so.
vulnerabilities:
	@output=$$($(GO) run $(GOVULNCHECK) ./... 2>&1); status=$$?; echo "$$output"; \
	if [ $$status -ne 0 ] && echo "$$output" | grep -qE 'fetching vulnerabilities|vuln.go.dev'; then \
		echo "govulncheck: its database cannot be reached from here; not checked" >&2; \
	else exit $$status; fi

## bench: speed, side by side with git; with REPO=CLONE also on that clone
bench: reads-tool bench-merges bench-extract
	$(BIN)/reads bench $(if $(REPO),-repo $(REPO)) $(if $(SINCE),-since $(SINCE)) $(if $(BEFORE),-before $(BEFORE))
	$(GO) run ./internal/benchmark

## bench-growth: reading and asking remotes, on repositories of 10,000 to 1,000,000
## commits and 100 to 100,000 references, which it makes
bench-growth: reads-tool
	$(BIN)/reads bench

# The formats that come from elsewhere: PACKAGE:TARGET.
FUZZTIME ?= 60s
FUZZ := objectstore:FuzzPack objectstore:FuzzPackIndex objectstore:FuzzPackIndex1 objectstore:FuzzMultiPackIndex \
	objectstore:FuzzLooseObject objectstore:FuzzDelta objectstore/commitgraph:FuzzCommitGraph objectstore/inflate:FuzzWhole \
	gitrepo:FuzzPackedRefs gitrepo:FuzzListing gitrepo:FuzzFetchAnswer gitrepo:FuzzReceivePack

## fuzz: what git's files and servers may say, FUZZTIME for each format
fuzz:
	@for target in $(FUZZ); do echo "$$target"; \
		$(GO) test ./internal/$${target%%:*} -run '^$$' -fuzz "^$${target##*:}\$$" -fuzztime $(FUZZTIME) || exit 1; done

## bench-merges: the merges of the clone REPO, if given of the backports in CORPUS
bench-merges: build
	$(GO) run ./internal/parity -measure -looprel $(BIN)/looprel $(if $(REPO),-repo $(REPO)) $(if $(CORPUS),-corpus $(CORPUS))

## bench-extract: extraction beside git log, git filter-repo and git subtree; with
## REPO=CLONE PATHS=A,B of these directories of that clone
bench-extract: build
	$(GO) run ./internal/benchmark/extracts -looprel $(BIN)/looprel $(if $(PATHS),-repo $(REPO) -paths $(PATHS))

## reads: compare every object of a clone, REPO=CLONE, with what git reads
reads: reads-tool
	$(BIN)/reads compare $(REPO)

reads-tool:
	CGO_ENABLED=0 $(GO) build -trimpath -o $(BIN)/reads ./internal/benchmark/reads

## parity: hold the merge engine against git on real backports, those of the file
## CORPUS or, without it, those that the clone REPO has
parity: build
	$(GO) run ./internal/parity -looprel $(BIN)/looprel -repo $(REPO) $(if $(CORPUS),-corpus $(CORPUS))

## corpus: parity on the backports of REPO, which keeps git's outcomes in CORPUS
corpus: build
	$(GO) run ./internal/parity -looprel $(BIN)/looprel -repo $(REPO) -write $(CORPUS)

## openapi: the part of GitHub's API description that the tests use, made anew (npm)
openapi:
	mkdir -p $(BIN)/openapi
	cd $(BIN)/openapi && npm pack --silent @octokit/openapi@$(OPENAPI) && tar xzf octokit-openapi-$(OPENAPI).tgz package/generated/api.github.com.json package/LICENSE
	cp $(BIN)/openapi/package/LICENSE testdata/github/LICENSE
	$(GO) run ./internal/openapi -from $(BIN)/openapi/package/generated/api.github.com.json -paths testdata/github/paths.txt -to testdata/github/openapi.json

clean:
	rm -rf $(BIN)
