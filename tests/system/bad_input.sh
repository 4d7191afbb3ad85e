#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Damaged objects and captures: one sentence, the right exit status, no crash.
. "$(dirname "$0")/tap.sh"
good=$build/examples/firewall.o
capture=$top/examples/captures/demo.pcap
cc=clang
command -v clang >/dev/null || cc=clang-14

# A case: this command ends with STATUS and says something on standard error, and what it says is
# no report of a sanitizer.
says() { # NAME STATUS command...
	says_name=$1 says_want=$2 says_got=0
	shift 2
	"$@" >"$tmp/says.out" 2>"$tmp/says.err" || says_got=$?
	if [ "$says_got" = "$says_want" ] && [ -s "$tmp/says.err" ] &&
		! grep -q 'Sanitizer\|runtime error' "$tmp/says.err"; then
		tap 0 "$says_name: $(head -n 1 "$tmp/says.err" | tr '#' ' ' | cut -c1-100)"
	else
		tap 1 "$says_name"
		echo "# exit status $says_got, expected $says_want"
		sed 's/^/# /' "$tmp/says.err" | head -20
	fi
}
object() { says "$1" "$2" "$clsbpf" run "$3" -r "$capture" -n 1 -q; }

: >"$tmp/empty.o"
object "an empty object" 1 "$tmp/empty.o"
object "no such object" 1 "$tmp/none.o"
cp "$clsbpf" "$tmp/host.o"
object "an object that is not BPF" 1 "$tmp/host.o"
echo 'int f(void) { return 0; }' >"$tmp/be.c"
$cc -O2 -target bpfeb -c "$tmp/be.c" -o "$tmp/be.o"
object "a big-endian object" 1 "$tmp/be.o"
echo '__attribute__((section("xdp"))) int f(void) { return 2; }' >"$tmp/xdp.c"
$cc -O2 -target bpf -c "$tmp/xdp.c" -o "$tmp/xdp.o"
object "an XDP program" 1 "$tmp/xdp.o"

size=$(wc -c <"$good")
at=0
cut_bad=0
while [ "$at" -lt "$size" ]; do
	head -c "$at" "$good" >"$tmp/cut.o"
	status=0
	"$clsbpf" run "$tmp/cut.o" -r "$capture" -n 1 -q >/dev/null 2>"$tmp/err" || status=$?
	{ [ "$status" = 1 ] && [ -s "$tmp/err" ]; } || { cut_bad=1; echo "# cut at $at: status $status"; }
	at=$((at + 997))
done
tap $cut_bad "an object cut at every 997th byte"

cat >"$tmp/map.c" <<'C'
struct bpf_elf_map { unsigned type, key, value, max, flags, id, pin, inner_id, inner_idx; };
struct bpf_elf_map m __attribute__((section("maps"), used)) = { TYPE, 4, SIZE, 1 };
static void *(*lookup)(void *, const void *) = (void *)1;
__attribute__((section("classifier"), used)) int cls(void *skb)
{
	int key = 0;
	return lookup(&m, &key) != 0;
}
char gpl[] __attribute__((section("license"), used)) = "GPL";
C
$cc -O2 -target bpf -DTYPE=4711 -DSIZE=4 -c "$tmp/map.c" -o "$tmp/type.o"
object "an unknown map type" 2 "$tmp/type.o"
$cc -O2 -target bpf -DTYPE=2 -DSIZE=0x80000000u -c "$tmp/map.c" -o "$tmp/size.o"
object "a value size of 2^31" 2 "$tmp/size.o"
cat >"$tmp/nowhere.c" <<'C'
extern int nowhere[];
__attribute__((section("classifier"), used)) int cls(void *skb) { return nowhere[0]; }
char gpl[] __attribute__((section("license"), used)) = "GPL";
C
$cc -O2 -target bpf -c "$tmp/nowhere.c" -o "$tmp/nowhere.o"
object "a relocation to nowhere" 1 "$tmp/nowhere.o"
cat >"$tmp/wild.c" <<'C'
__attribute__((section("classifier"), used)) int cls(void *skb) { return *(volatile int *)0x1234; }
C
$cc -O2 -target bpf -c "$tmp/wild.c" -o "$tmp/wild.o"
object "a program that is unsafe" 2 "$tmp/wild.o"
cat >"$tmp/endless.c" <<'C'
__attribute__((section("classifier"), used)) int cls(volatile int *skb) { for (;;) (void)*skb; }
C
$cc -O2 -target bpf -c "$tmp/endless.c" -o "$tmp/endless.o"
object "a program without end" 2 "$tmp/endless.o"

file() { says "$1" 1 "$clsbpf" run "$build/examples/minimal.o" -r "$2" -q; }
head -c 100000 "$capture" >"$tmp/cut.pcap"
file "a cut capture" "$tmp/cut.pcap"
"$clsbpf" run "$build/examples/minimal.o" -r "$tmp/cut.pcap" --json >"$tmp/cut.json" 2>/dev/null
check "the packets before the cut were classified" grep -q '"packets": *[1-9][0-9]' "$tmp/cut.json"
: >"$tmp/empty.pcap"
file "an empty capture" "$tmp/empty.pcap"
python3 - "$capture" "$tmp" <<'P'
import struct, sys
data = open(sys.argv[1], "rb").read()
t = sys.argv[2]
huge = bytearray(data[:2000])
huge[24 + 8:24 + 12] = struct.pack("<I", 0xffffffff)
open(t + "/huge.pcap", "wb").write(huge)
link = bytearray(data[:2000])
link[20:24] = struct.pack("<I", 147)
open(t + "/link.pcap", "wb").write(link)
P
file "a record of 4 GB" "$tmp/huge.pcap"
file "link type 147" "$tmp/link.pcap"
file "a capture that is an object" "$good"

# A capture that shrinks while it is read: through a pipe the reader is stopped in the middle.
for i in 1 2 3 4 5 6 7 8; do
	{ head -c 24 "$capture"; for _ in 1 2 3 4; do tail -c +25 "$capture"; done; } >"$tmp/shrink.pcap"
	("$clsbpf" run "$build/examples/firewall.o" -r "$tmp/shrink.pcap" -q >/dev/null 2>"$tmp/shrink.err"; echo $? >"$tmp/shrink.status") &
	sleep "0.00$i"
	truncate -s 200000 "$tmp/shrink.pcap"
	wait
	case $(cat "$tmp/shrink.status") in
	0 | 1) ;;
	*) echo "# shrunk: status $(cat "$tmp/shrink.status")"; cat "$tmp/shrink.err" | sed 's/^/# /'; shrink_bad=1 ;;
	esac
done
tap "${shrink_bad:-0}" "a capture that shrinks while it is read"

says "an unknown option" 1 "$clsbpf" run "$good" --no-such-option
says "no object" 1 "$clsbpf" run
says "an unknown verb" 1 "$clsbpf" nonsense
says "an expression that does not compile" 1 "$clsbpf" run "$good" -r "$capture" -F "tcp and and"
tap_end
