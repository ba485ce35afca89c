#!/bin/sh
# certificates.sh DIR VID NAME...: an authority, the broker's certificate, the car's (its name is VID) and one for each NAME.
set -eu
dir=$1 vid=$2
shift 2
mkdir -p "$dir"
cd "$dir"
key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null; }
issue() { # FILE NAME EXTENSIONS
	case $2 in *[+#/]*) echo "a name may hold none of + # /" >&2; exit 1 ;; esac
	key "$1"
	printf '%s\n' "$3" >"$1.ext"
	openssl req -new -key "$1.key" -subj "/CN=$2" | openssl x509 -req -days 365 -CA ca.pem -CAkey ca.key -CAcreateserial -extfile "$1.ext" -out "$1.pem" 2>/dev/null
}
[ -e ca.pem ] || { key ca && openssl req -x509 -new -key ca.key -days 3650 -subj "/CN=fleet" -out ca.pem; }
[ -e broker.pem ] || issue broker localhost 'subjectAltName=DNS:localhost
extendedKeyUsage=serverAuth'
issue car "$vid" extendedKeyUsage=clientAuth
for name; do issue "$name" "$name" extendedKeyUsage=clientAuth; done
