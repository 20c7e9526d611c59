# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# Sourced by the tests beside it (it is not executable, so nobody runs it as one): TAP, a folder of
# their own that goes with them, and what a command said. The caller is in the checkout's root.
top=$(pwd)
kernsoak=$top/${BUILD:-build}/kernsoak
scenarios=$top/scenarios
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM HUP
unset KERNSOAK_RESULTS KERNSOAK_USER COLUMNS LINES
export NO_COLOR=1 LC_ALL=C TERM=dumb
n=0 bad=0 code=0

# run COMMAND...: its stdout, stderr and exit code are in $dir/out, $dir/err and $code.
run() {
	"$@" >"$dir/out" 2>"$dir/err" </dev/null
	code=$?
}

ok() { # sentence
	n=$((n + 1))
	echo "ok $n - $1"
}

not_ok() { # sentence, why
	n=$((n + 1))
	bad=1
	echo "not ok $n - $1"
	echo "# $2 (exit $code)"
	sed 's/^/# stdout: /' "$dir/out" | head -n 20
	sed 's/^/# stderr: /' "$dir/err" | head -n 20
}

skip() { # sentence, why
	n=$((n + 1))
	echo "ok $n - $1 # skip $2"
}

# says SENTENCE CODE TEXT...: the exit code is CODE, stderr holds each TEXT, and is one message:
# one line, or one with its source line and caret, or one with argp's "Try ... --help".
says() {
	sentence=$1 wanted=$2
	shift 2
	if [ "$code" -ne "$wanted" ]; then
		not_ok "$sentence" "exit $wanted was wanted"
		return
	fi
	for text; do
		if ! grep -qF -e "$text" "$dir/err"; then
			not_ok "$sentence" "it does not say: $text"
			return
		fi
	done
	if [ "$(grep -c '^kernsoak' "$dir/err")" -ne 1 ]; then
		not_ok "$sentence" "it should say it once"
	elif [ "$(wc -l <"$dir/err")" -gt 3 ]; then
		not_ok "$sentence" "it should say it in three lines"
	else
		ok "$sentence"
	fi
}

# leaves_nothing SENTENCE PATH: no such file.
leaves_nothing() {
	if [ -e "$2" ]; then
		not_ok "$1" "left behind: $(find "$2" | head -n 5 | tr '\n' ' ')"
	else
		ok "$1"
	fi
}

# valid SENTENCE SCHEMA FILE...: by tests/lib/valid; the schema is named from the checkout's root.
valid() {
	sentence=$1 schema=$top/$2
	shift 2
	run "$top/tests/lib/valid" "$schema" "$@"
	case $code in
	0) ok "$sentence" ;;
	77) skip "$sentence" "python3 has no module jsonschema" ;;
	*) not_ok "$sentence" "the document is not" ;;
	esac
}

# page_is_sound NAME PAGE: an XML parser reads it, and (with what npm has, which Debian has not:
# playwright-core, axe-core and html-validate in KERNSOAK_NODE_MODULES) a browser shows it well.
page_is_sound() {
	if command -v xmllint >/dev/null; then
		run xmllint --noout --nonet "$2"
		[ "$code" -eq 0 ] && ok "$1: xmllint finds it well formed" || not_ok "$1: xmllint finds it well formed" "it does not"
	else
		skip "$1: xmllint finds it well formed" "xmllint is not installed"
	fi
	sentence="$1: axe finds no fault, html-validate none, at 400 and 1400 px nothing overflows"
	modules=${KERNSOAK_NODE_MODULES-$(npm root -g 2>/dev/null)}
	chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
	if command -v node >/dev/null && [ -n "$chromium" ] && [ -d "$modules/playwright-core" ] &&
		[ -d "$modules/axe-core" ] && [ -d "$modules/html-validate" ]; then
		run node "$top/tests/lib/look.mjs" "$modules" "$chromium" "$2"
		[ "$code" -eq 0 ] && ok "$sentence" || not_ok "$sentence" "there is something"
	else
		skip "$sentence" "KERNSOAK_NODE_MODULES has no playwright-core, axe-core, html-validate, or there is no chromium"
	fi
}

# verbs: those that --help lists, in its two columns.
verbs() {
	"$kernsoak" --help | sed -n 's/^  \([a-z].*\)/\1/p' | awk '{ print substr($0, 1, 10); print substr($0, 40, 10) }' |
		sed 's/ *$//; /^$/d'
}

done_testing() {
	echo "1..$n"
	exit "$bad"
}
