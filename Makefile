# The two commands that matter: make run, make test.
export CGO_ENABLED = 0
VERSION := $(shell tools/version.sh)
BUILD = go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)'
# part NAME,COMMAND runs one part of the tests and prints its seconds.
part = @start=$$(date +%s); $(2); status=$$?; echo "== $(1): $$(( $$(date +%s) - start )) s, exit $$status"; exit $$status

.PHONY: run test check units ni scenarios kill browser pictures bench soak soak-clients soak-ends soak-ni soak-fuzz soak-mutate soak-kill soak-broker soak-console soak-flat soak-page vm vm-cut bin arm64 deb
run: bin
	@tools/need.sh dbus-daemon:dbus-daemon
	@bin/gloveboxsim serve $(ARGS)

test: bin
	@tools/need.sh dbus-daemon:dbus-daemon strace:strace man:man-db mosquitto:mosquitto mosquitto_sub:mosquitto-clients openssl:openssl systemd-analyze:systemd dpkg-deb:dpkg \
		/usr/share/dbus-1/system.conf:dbus gdbus-codegen:libglib2.0-dev-bin \
		/usr/lib/python3/dist-packages/gi:python3-gi /usr/include/systemd/sd-bus.h:libsystemd-dev qdbusxml2cpp:qtbase5-dev-tools \
		chromium:chromium node:nodejs npm:npm
	@tools/need.sh qemu-aarch64-static:qemu-user-static || :
	$(call part,checks,$(MAKE) --no-print-directory check)
	$(call part,units and fuzz corpora,$(MAKE) --no-print-directory units)
	$(call part,noninterference and its mutants,$(MAKE) --no-print-directory ni)
	$(call part,kill matrix,$(MAKE) --no-print-directory kill)
	$(call part,scenarios,$(MAKE) --no-print-directory scenarios)
	$(call part,browser,$(MAKE) --no-print-directory browser)

bin:
	@mkdir -p bin && $(BUILD) -o bin/ ./cmd/...

check: arm64
	@bad=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$bad" ] || { echo "gofmt: $$bad"; exit 1; }
	@go vet ./... && go vet -tags soak ./profiles/... ./telemetry/outbox ./cmd/gloveboxd ./cmd/gloveboxsim
	@go test -count=1 . # the arrows of ARCHITECTURE.md
	@go build -C tools -o ../bin/staticcheck honnef.co/go/tools/cmd/staticcheck && bin/staticcheck ./...

arm64:
	@GOARCH=arm64 $(BUILD) -o bin/arm64/ ./cmd/gloveboxd

# deb writes the packages of this commit to out/deb: for a car (amd64, arm64), and the simulator for a desk.
deb:
	@go build -C tools -o ../bin/nfpm github.com/goreleaser/nfpm/v2/cmd/nfpm
	@dist/deb/build.sh out/deb bin/nfpm && ls -l out/deb

# A test that is skipped fails here, but for those named: a virtual CAN interface is the kernel's to give, an emulator of arm64 the
# system's, only root can be other users, and what scenarios recorded is looked at by the part that plays them.
MAY_SKIP = hal/socketcan.TestTwoStations hal/socketcan.TestInterfaceComesAndGoes docs.TestScenarioMessagesFit dist.TestARM64Runs $(if $(filter-out 0,$(shell id -u)),$(AS_ROOT))
AS_ROOT = $(addprefix dist.Test,FenceOnTheBus PolicyIsTheAgentsOwn SignalsStayInTheGroups Installed InstalledAgentAnswers UpgradeRemovePurge)
SKIPS = go build -C tools -o ../bin/skips ./skips && go test -json

units:
	@$(SKIPS) -p 3 -timeout 30m -skip '^TestAttack$$' $$(go list ./... | grep -v 'killmatrix\|agent/ni$$') | bin/skips $(MAY_SKIP)
	@go test -C tools ./mutate ./skips

# ni runs the whole outside pipeline twice with other secrets and compares what is seen, then looks for planted leaks so, and
# for destinations in what a limited reader hears.
ni:
	@$(SKIPS) -run '^TestAttack$$' ./telemetry/outside | bin/skips -v
	@$(SKIPS) -count=1 -timeout 30m ./agent/ni | bin/skips -v

kill:
	@$(SKIPS) -count=1 ./profiles/keyring/killmatrix ./profiles/bolt/killmatrix | bin/skips

scenarios: bin
	@bin/gloveboxsim run --jobs 8 --patience 4 --out out sim/scenarios/*.txtar sim/scenarios/demo/*.txtar
	@export SCENARIOS=out && $(SKIPS) -count=1 -run TestScenarioMessagesFit ./docs | bin/skips -v

# browser plays the console in Chromium, on the real world behind it; first what its panels make of events, in Node alone.
# A test that is skipped fails. SHORT are the files that have room in make test; soak-page plays all: every way to leave, every
# panel in every state, every demonstration.
NODE_TEST = node --test --test-reporter=spec --test-reporter-destination=stdout --test-reporter=tap --test-reporter-destination=out/browser.tap
SHORT = alike page readers
browser: bin
	@mkdir -p out && $(NODE_TEST) sim/console/web/test/*.test.mjs && grep -q '^# skipped 0' out/browser.tap
	@npm ci --silent --prefix sim/console/browser
	@$(NODE_TEST) --test-concurrency=2 $(SHORT:%=sim/console/browser/%.test.mjs) && grep -q '^# skipped 0' out/browser.tap

# soak-page plays all of it, and makes a picture of every state in out/pictures; pictures renews those of docs/ by it.
soak-page: bin
	@npm ci --silent --prefix sim/console/browser
	$(call part,page,$(NODE_TEST) --test-concurrency=1 sim/console/browser/*.test.mjs && grep -q '^# skipped 0' out/browser.tap)
pictures:
	@PICTURES=docs/pictures $(MAKE) --no-print-directory soak-page

bench:
	@tools/bench.sh

# A night: parts that run alone too (make soak-fuzz MINUTES=20) and print their seconds.
soak: soak-clients soak-ends soak-ni soak-fuzz soak-mutate soak-kill soak-broker soak-console soak-flat soak-page

# soak-clients runs the tests that want what is large: compilers, shells, Qt, AsyncAPI's own parser and generator.
soak-clients: bin
	@tools/need.sh cc:gcc pkg-config:pkg-config qdbusxml2cpp:qtbase5-dev-tools zsh:zsh fish:fish node:nodejs npm:npm
	$(call part,clients,go test -count=1 ./docs ./cmd/gloveboxctl)
	@npm ci --silent --prefix tools/asyncapi
	$(call part,asyncapi,node --test --test-reporter=spec tools/asyncapi/*.test.mjs)

# soak-ends compares what the broker sees of a guest's, a person's and a removal's end.
soak-ends:
	$(call part,ends,export SOAK_ENDS=$(or $(MINUTES),10) && $(SKIPS) -count=1 -timeout 0 -run TestEndsLookAlike ./sim | bin/skips -v)

# soak-ni is ni in worlds of one to 48 hours, without the leaks; it prints pairs a minute of each test. Then drives to two
# places are compared for CLOCK minutes by the real clock, over a real broker.
soak-ni:
	$(call part,noninterference,export NI_MINUTES=$(or $(MINUTES),30) && $(SKIPS) -count=1 -timeout 0 -run TestNoninterference ./agent/ni | bin/skips -v)
	$(call part,real clock,export CLOCK_MINUTES=$(or $(CLOCK),5) && $(SKIPS) -count=1 -timeout 0 -run TestRealClock ./telemetry | bin/skips -v)

# soak-fuzz runs every fuzz target, each for so many minutes.
soak-fuzz:
	$(call part,fuzz,tools/fuzz.sh $(or $(MINUTES),10)m)

# soak-mutate makes small wrong edits, MOST of a package, and prints which the tests let live; SEED repeats a run. Which test runs
# which lines is kept in out/mutate.
soak-mutate:
	@go build -C tools -o ../bin/mutate ./mutate
	$(call part,mutate,bin/mutate -minutes $(or $(MINUTES),60) -most $(or $(MOST),40) $(if $(SEED),-seed $(SEED)) $(or $(PACKAGES),telemetry/outside telemetry telemetry/outbox profiles profiles/keyring agent))

# soak-kill kills at every file system call of a change, of a start that finishes one and of erasing everything, damages every store in
# every way, and kills the whole agent at random instants; SEED repeats those.
soak-kill: bin
	@tools/need.sh dbus-daemon:dbus-daemon strace:strace
	$(call part,kill,SEED=$(SEED) go test -tags soak -count=1 -timeout 120m -run 'Kill|Damage|Erase|Drained' ./profiles/keyring/killmatrix ./profiles/bolt/killmatrix ./profiles/bolt ./telemetry/outbox ./cmd/gloveboxd)

# soak-broker kills the broker fifty times, where make test does it five times.
soak-broker:
	@tools/need.sh dbus-daemon:dbus-daemon
	$(call part,broker,SOAK_BROKER=$(or $(KILLS),50) go test -count=1 -timeout 30m -v -run TestBrokerKilled ./sim)

# vm boots Debian in QEMU and tries the package on a real systemd: docs/vm.md. ONLY="unit car" says which boots.
VM_NEEDS = mmdebstrap:mmdebstrap qemu-system-x86_64:qemu-system-x86 /usr/share/seabios/bios-256k.bin:seabios mke2fs:e2fsprogs debugfs:e2fsprogs modprobe:kmod cpio:cpio dbus-daemon:dbus-daemon
vm:
	@tools/need.sh $(VM_NEEDS)
	$(call part,vm,dist/vm/run.sh $(ONLY))

# vm-cut cuts the power CUTS times, then looks at IMAGES images replayed from the write log.
vm-cut:
	@tools/need.sh $(VM_NEEDS)
	$(call part,vm-cut,dist/vm/cut.sh $(or $(CUTS),50) $(or $(IMAGES),1000))

# soak-console clicks on the page at random for MINUTES, plays the recording again, and compares the ledgers; SEED repeats the
# clicks. It wants a machine that does nothing else.
soak-console:
	@tools/need.sh dbus-daemon:dbus-daemon
	$(call part,console,SOAK_CONSOLE=$(or $(MINUTES),10) SEED=$(SEED) go test -tags soak -count=1 -timeout 0 -v -run TestClicksRepeat ./cmd/gloveboxsim)

# soak-flat drives in a served world for MINUTES and looks at the memory of gloveboxsim and the agent, printed every five minutes.
soak-flat:
	@tools/need.sh dbus-daemon:dbus-daemon
	$(call part,memory,SOAK_FLAT=$(or $(MINUTES),60) go test -tags soak -count=1 -timeout 0 -v -run TestServeStaysFlat ./cmd/gloveboxsim)
