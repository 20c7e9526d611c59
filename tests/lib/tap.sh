# SPDX-License-Identifier: GPL-3.0-or-later
# For tests in shell: TAP on stdout, a private folder that goes away, the program under test.
# Source it: . "$(dirname "$0")/../lib/tap.sh"
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
kernsoak=$top/${BUILD:-build}/kernsoak
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
tap_n=0

ok() { # ok SENTENCE
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1"
}

not_ok() { # not_ok SENTENCE [FILE with what was seen]
	tap_n=$((tap_n + 1))
	echo "not ok $tap_n - $1"
	[ $# -lt 2 ] || sed 's/^/# /' "$2" | tail -n 40
}

skip() { # skip SENTENCE WHY
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

check() { # check SENTENCE COMMAND...: ok where the command succeeds
	sentence=$1
	shift
	if "$@" >"$tmp/check.out" 2>&1; then ok "$sentence"; else not_ok "$sentence" "$tmp/check.out"; fi
}

# valid SENTENCE SCHEMA FILE...: by tests/lib/valid; the schema is named from the checkout's root
valid() {
	sentence=$1 schema=$top/$2
	shift 2
	"$top/tests/lib/valid" "$schema" "$@" >"$tmp/check.out" 2>&1
	case $? in
	0) ok "$sentence" ;;
	77) skip "$sentence" "python3 has no module jsonschema" ;;
	*) not_ok "$sentence" "$tmp/check.out" ;;
	esac
}

plan() {
	echo "1..$tap_n"
}

# verdicts RUN OUTCOME [ARM]: how many trials of the run ended so
verdicts() {
	n=0
	for v in "$1"/trials/*/verdict.json; do
		[ -f "$v" ] || continue
		grep -q "\"outcome\": \"$2\"" "$v" || continue
		[ $# -lt 3 ] || grep -q "\"arm\": \"$3\"" "$v" || continue
		n=$((n + 1))
	done
	echo $n
}

# need_kernel NAME: is it cached, or can apt give it?
need_kernel() {
	"$kernsoak" kernels fetch "$1" >"$tmp/kernel.out" 2>&1
}

# children PID: of a process, one a line
children() {
	grep -l "^PPid:[[:space:]]*$1\$" /proc/[0-9]*/status 2>/dev/null | cut -d/ -f3
}

# guests_left RUN: the guests of that run that are alive: none should be, when it has ended
guests_left() { # one grep, which does not find itself: a process a process took a minute on a busy host
	grep -la "[g]uest=kernsoak-$(basename "$1")" /proc/[0-9]*/cmdline 2>/dev/null | cut -d/ -f3
}
