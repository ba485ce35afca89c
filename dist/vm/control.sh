#!/bin/bash
# control.sh NAME OUT: an agent that is wrong, which the trials of power cuts must catch. The product has no switch for it: one
# text of a copy is another (as internal/planted does it for Go's tests).
set -euo pipefail
cd "$(dirname "$0")/../.."
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
file=profiles/keyring/file.go
case $1 in
no-erase) edit='/for range slotCount {$/{N;s/range slotCount {\n\t\tolder/range 1 {\n\t\tolder/}' ;; # the other slot stays as it was
no-fsync) edit='s/if err := r.file.Sync(); err != nil {/if err := error(nil); err != nil {/' ;; # what is answered is not on the disk
esac
sed "$edit" $file >"$t"/file.go
[ "$(diff $file "$t"/file.go | grep -c '^>')" = 1 ] || { echo "$1: what is edited in $file stands there not once" >&2; exit 1; }
printf '{"Replace":{"%s":"%s"}}' "$PWD/$file" "$t"/file.go >"$t"/overlay.json
CGO_ENABLED=0 go build -trimpath -overlay "$t"/overlay.json -o "$2" ./cmd/gloveboxd
