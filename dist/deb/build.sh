#!/bin/sh
# build.sh OUT NFPM [ARCH]...: the packages of this commit, for a car (amd64 and arm64) and for a desk (amd64). Two runs make
# the same bytes: what has a date has that of the commit.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p "$1"
out=$(cd "$1" && pwd) nfpm=$(realpath "$2")
shift 2
[ $# -gt 0 ] || set -- amd64 arm64
VERSION=${VERSION:-$(tools/version.sh)}
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || echo 0)
export VERSION SOURCE_DATE_EPOCH CGO_ENABLED=0 GOOS=linux

# compressed FILE NAME: a file as the package has it, without a date inside.
compressed() { gzip -9n <"$1" >"$STAGE/$2.gz"; }

# changelog is what Debian's tools read: the version and its date. What changed stands in changelog.gz.
changelog() {
	printf 'glovebox (%s) stable; urgency=medium\n\n  * See changelog.gz.\n\n -- Glovebox <glovebox@example.org>  %s\n' \
		"$VERSION" "$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")"
}

for ARCH; do
	STAGE=$out/stage-$ARCH
	export ARCH STAGE
	rm -rf "$STAGE" && mkdir -p "$STAGE"
	programs="./cmd/gloveboxd ./cmd/gloveboxctl"
	[ $ARCH = arm64 ] || programs="$programs ./cmd/gloveboxsim"
	GOARCH=$ARCH go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o "$STAGE/" $programs
	for page in docs/man/*.[158]; do compressed "$page" "$(basename "$page")"; done
	compressed CHANGELOG.md changelog
	changelog | gzip -9n >"$STAGE/changelog.Debian.gz"
	"$nfpm" package >/dev/null --packager deb --config dist/nfpm.yaml --target "$out/glovebox_${VERSION}_$ARCH.deb"
	[ $ARCH = arm64 ] || "$nfpm" package >/dev/null --packager deb --config dist/nfpm-sim.yaml --target "$out/glovebox-sim_${VERSION}_$ARCH.deb"
	rm -rf "$STAGE"
done
