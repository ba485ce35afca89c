#!/bin/sh
# fuzz.sh DURATION runs every fuzz target of the project for that long, one after the other.
# The fuzzer sometimes ends with "context deadline exceeded" when the time is up: that is no finding.
set -u
cd "$(dirname "$0")/.."
out=$(mktemp)
trap 'rm -f "$out"' EXIT
failed=0
for file in $(git ls-files '*_test.go' | xargs grep -l '^func Fuzz'); do
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		echo "== $target in $(dirname "$file"), $1"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$1" -fuzzminimizetime 5x "./$(dirname "$file")" >"$out" 2>&1
		status=$?
		tail -3 "$out"
		if [ $status -ne 0 ] && { grep -q 'Failing input' "$out" || ! grep -q 'context deadline exceeded' "$out"; }; then
			cat "$out"
			failed=1
		fi
	done
done
exit $failed
