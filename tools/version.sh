#!/bin/sh
# version.sh prints the one version of this commit, in a form that programs, MQTT and Debian all take: 1.2.0 at its tag,
# 1.2.0+3.gabc1234 three commits later. Without a tag the count of commits makes a later one the newer one.
set -u
count=$(git rev-list --count HEAD 2>/dev/null) || { echo 0.1.0; exit 0; }
if tag=$(git describe --tags --match 'v[0-9]*' --dirty 2>/dev/null); then
	echo "$tag" | sed -E 's/^v//; s/-([0-9]+)-(g[0-9a-f]+)/+\1.\2/; s/-dirty$/+dirty/; s/-/~/'
else
	echo "0.1.0+$count.g$(git describe --always --exclude '*' --dirty)" | sed 's/-dirty$/+dirty/'
fi
