#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# clsbpf link on a link between a program and a device, in a daemon and on Linux: the same text, and each
# kernel's own devices.
. "$(dirname "$0")/tap.sh"
CLSBPF_RUNDIR=$tmp/run
export CLSBPF_RUNDIR
calls=$build/tests/wrap/calls
daemon=
trap '[ -z "$daemon" ] || kill -9 "$daemon" 2>/dev/null; rm -rf "$tmp"' EXIT

# What is done with the link of device 1 at /sys/fs/bpf/link, by `clsbpf $backend`; ids are replaced.
cat >"$tmp/verbs.sh" <<'END'
link() {
	echo "link $*"
	"$clsbpf" $backend $form link "$@" 2>&1
	echo "exit status $?"
}
p=/sys/fs/bpf form=
link show pinned $p/link
form=-j
link show pinned $p/link
id=$("$clsbpf" $backend -j link show pinned $p/link | sed 's/.*"id":\([0-9]*\).*/\1/')
form=-f
link pin id "$id" $p/again
link show id "$id"
link detach pinned $p/again
link show id "$id"
link detach id "$id"
rm "$pins/link" "$pins/again"
link show id "$id"
END
export clsbpf
shown() { # BACKEND PINS command...: standard output
	backend=$1 pins=$2
	export backend pins
	shift 2
	"$@" sh "$tmp/verbs.sh" | sed -E 's/\<(id|prog|prog_id":|id":|link) ?[0-9]+/\1 N/g; s/^[0-9]+:/N:/' |
		sed "s|$CLSBPF_RUNDIR/bpf|/sys/fs/bpf|"
}

mkfifo "$tmp/ready"
"$clsbpf" serve --dev g0=pair:g1 --ready-fd 3 >"$tmp/said" 2>&1 3>"$tmp/ready" &
daemon=$!
read -r _ <"$tmp/ready"
wrapped() {
	"$clsbpf" wrap --backend "$CLSBPF_RUNDIR/socket" -- "$@"
}
if wrapped true 2>/dev/null; then
	check "a link in the daemon" wrapped "$calls" tcx 2
	"$clsbpf" --backend engine link show >"$tmp/out"
	check "its device is the daemon's" grep -q "ifindex g0(2)  attach_type tcx_ingress" "$tmp/out"
	rm "$CLSBPF_RUNDIR/bpf/link"
	check "another one" wrapped "$calls" tcx 1
	shown "--backend engine" "$CLSBPF_RUNDIR/bpf" >"$tmp/engine"
	check "it is told, pinned and detached" sh -c "grep -c 'ifindex lo(1)  attach_type tcx_ingress' '$tmp/engine' |
		grep -qx 2 && grep -c 'exit status 0' '$tmp/engine' | grep -qx 7 && grep -q '(unknown)(0)' '$tmp/engine'"
	if may_use_kernel; then
		# shellcheck disable=SC2016
		shown "" /sys/fs/bpf unshare -n -m sh -c 'mount -t bpf bpf /sys/fs/bpf && "$0" tcx 1 >/dev/null && "$@"' \
			"$calls" >"$tmp/linux"
		check_same "all of that as on Linux" "$tmp/linux" "$tmp/engine"
	else
		skip "all of that as on Linux" "not root"
	fi
else
	skip "links in the daemon" "nothing can be wrapped here"
fi
kill "$daemon"
wait "$daemon"
daemon=
tap_end
