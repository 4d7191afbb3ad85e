# SPDX-License-Identifier: BSD-2-Clause
# tap.sh - what the shell tests share: cases, skips and a folder that goes away.
# Sourced with $1 = the build folder. Cases: `check NAME command...`; done: `tap_end`.
build=$(cd "$1" && pwd)
top=$(cd "$(dirname "$0")/../.." && pwd)
clsbpf=$build/clsbpf
tap_count=0
tap_failed=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

tap() { # 0|1 NAME
	tap_count=$((tap_count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_count - $2"
	else
		tap_failed=1
		echo "not ok $tap_count - $2"
	fi
}

# A case that passes when the command succeeds; what it prints is shown when it does not.
check() {
	tap_name=$1
	shift
	if "$@" >"$tmp/check.out" 2>&1; then
		tap 0 "$tap_name"
	else
		tap 1 "$tap_name"
		sed 's/^/# /' "$tmp/check.out" | head -40
	fi
}

# A case that passes when the command ends with this exit status.
check_status() { # NAME STATUS command...
	tap_name=$1 tap_want=$2
	shift 2
	tap_got=0
	"$@" >"$tmp/check.out" 2>&1 || tap_got=$?
	if [ "$tap_got" = "$tap_want" ]; then
		tap 0 "$tap_name"
	else
		tap 1 "$tap_name"
		echo "# exit status $tap_got, expected $tap_want"
		sed 's/^/# /' "$tmp/check.out" | head -40
	fi
}

# A case that passes when two files are the same.
check_same() { # NAME EXPECTED ACTUAL
	if diff -u "$2" "$3" >"$tmp/check.diff" 2>&1; then
		tap 0 "$1"
	else
		tap 1 "$1"
		sed 's/^/# /' "$tmp/check.diff" | head -60
	fi
}

skip() { # NAME REASON
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# May this process make network namespaces and load BPF programs into Linux?
may_use_kernel() {
	[ "$(id -u)" = 0 ] && unshare -n -m true 2>/dev/null
}

tap_end() {
	echo "1..$tap_count"
	exit $tap_failed
}
