#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Two runs with the same seed give the same bytes, as JSON and as pcapng.
. "$(dirname "$0")/tap.sh"
for example in firewall dispatcher minimal; do
	for n in 1 2; do
		"$clsbpf" run "$build/examples/$example.o" -r "$top/examples/captures/demo.pcap" --seed 7 \
			--json --dump-maps -w "$tmp/$example.$n.pcapng" >"$tmp/$example.$n.json" 2>"$tmp/err" ||
			{ tap 1 "$example runs"; sed 's/^/# /' "$tmp/err"; }
	done
	check_same "$example: JSON" "$tmp/$example.1.json" "$tmp/$example.2.json"
	check "$example: pcapng" cmp "$tmp/$example.1.pcapng" "$tmp/$example.2.pcapng"
	check "$example: the JSON parses" python3 -m json.tool "$tmp/$example.1.json"
	if command -v tcpdump >/dev/null; then
		check "$example: tcpdump reads the pcapng" tcpdump -nr "$tmp/$example.1.pcapng" -w /dev/null
	else
		skip "$example: tcpdump reads the pcapng" "tcpdump is not installed"
	fi
done
tap_end
