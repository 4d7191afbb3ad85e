#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# clsbpf diff of every example over the demo capture: no difference between Linux and the engine.
. "$(dirname "$0")/tap.sh"
for object in "$build"/examples/*.o; do
	name=$(basename "$object")
	case $name in
	sharing*) words="egress ingress" ;;
	*) words= ;;
	esac
	for section in ${words:-default}; do
		if ! may_use_kernel; then
			skip "$name $section" "loading into Linux needs root"
			continue
		fi
		arguments=$([ "$section" = default ] || echo "sec $section")
		# shellcheck disable=SC2086
		check "$name $section" unshare -n -m "$clsbpf" diff "$object" $arguments \
			-r "$top/examples/captures/demo.pcap"
	done
done
# Copies, because a clone may lie where nobody may not look.
chmod 755 "$tmp"
cp "$clsbpf" "$build/examples/firewall.o" "$top/examples/captures/demo.pcap" "$tmp/"
chmod 755 "$tmp/clsbpf"
chmod 644 "$tmp/firewall.o" "$tmp/demo.pcap"
drop=
[ "$(id -u)" = 0 ] && drop="setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all"
# shellcheck disable=SC2086
check_status "diff without privileges says that Linux refuses" 2 $drop "$tmp/clsbpf" diff "$tmp/firewall.o" -r "$tmp/demo.pcap"
tap_end
