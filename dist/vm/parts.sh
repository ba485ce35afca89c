#!/bin/bash
# parts.sh OUT: what the virtual machines are made of: the package and one of a later version, the probe, people, two images.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here"/../.. && pwd)
out=$1
mkdir -p "$out" && cd "$tree"
make --no-print-directory -s deb bin >"$out"/build.log 2>&1 || { cat "$out"/build.log >&2; exit 1; }
deb=$(find "$tree"/out/deb -name "glovebox_*_amd64.deb" -printf "%T@ %p\n" | sort -n | tail -1 | cut -d" " -f2)
cp "$deb" "$out"/glovebox.deb
rm -rf "$out"/next && dpkg-deb -R "$out"/glovebox.deb "$out"/next
sed -i 's/^Version: .*/&.1/' "$out"/next/DEBIAN/control
dpkg-deb --root-owner-group -Zgzip -b "$out"/next "$out"/glovebox-next.deb >/dev/null
rm -rf "$out"/next
CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$out"/probe ./dist/vm/probe
mkdir -p "$out"/bin # of the back end, on the path of who plays docs/install.md
CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$out"/bin/fleet ./docs/examples/fleet
cp docs/examples/fleet/certificates.sh "$out"/bin/
CGO_ENABLED=0 go test -c -o "$out"/socketcan.test ./hal/socketcan
"$here"/slcan.sh "$out" &
rm -rf "$out"/people "$out"/people.new && mkdir "$out"/people.new
bin/gloveboxsim run --patience 4 --out "$out"/people.new "$here"/people.txtar >"$out"/people.log || { cat "$out"/people.log >&2; exit 1; }
mv "$out"/people.new/people "$out"/people && rmdir "$out"/people.new
"$here"/image.sh "$out"/bare.img
"$here"/image.sh "$out"/car.img "$out"/glovebox.deb "$out"/people
wait $!
