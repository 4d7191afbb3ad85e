#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The program around its verbs: words, exit status, standard streams, signals; its tc verbs against
# iproute2's tc on the same lines.
. "$(dirname "$0")/tap.sh"
capture=$top/examples/captures/demo.pcap
total=$(tcpdump -nr "$capture" 2>/dev/null | wc -l)
firewall=$build/examples/firewall.o

# A case: standard output and error together, and the exit status, are those.
shows() { # NAME STATUS TEXT command...
	shows_name=$1
	{ [ -z "$3" ] || printf '%s\n' "$3"; echo "status $2"; } >"$tmp/shows.expected"
	shift 3
	{ "$@"; echo "status $?"; } >"$tmp/shows.out" 2>&1
	check_same "$shows_name" "$tmp/shows.expected" "$tmp/shows.out"
}
json() { python3 -c "import json, sys
d = json.load(sys.stdin)
sys.exit(not ($1))"; }

# Words.
check "--version" sh -c "'$clsbpf' --version | grep -q '^clsbpf [0-9.]*$'"
check_status "no words" 1 "$clsbpf"
check "help" "$clsbpf" help
for verb in run check diff wrap disasm inspect serve prog map btf link qdisc filter; do
	check "help $verb" sh -c "'$clsbpf' help $verb | grep -qi '^usage'"
done
for verb in bench asm debug compile attach detach; do
	shows "$verb says that it is not there yet" 1 "clsbpf $verb is not there yet" "$clsbpf" $verb x
done
for object in class chain action actions exec monitor; do
	check_status "tc's $object is not there yet" 1 "$clsbpf" --backend engine $object show
done
for option in --jit "--workers 2" "--routes x" "-i eth0"; do
	# shellcheck disable=SC2086
	check_status "run $option is not there yet" 1 "$clsbpf" run "$firewall" -r "$capture" $option
done
ln -s "$clsbpf" "$tmp/tc"
shows "under the name tc it is tc" 1 'Object "run" is unknown, try "tc help".' "$tmp/tc" run x
shows "tc's objects may be abbreviated" 0 "qdisc noqueue 0: root refcnt 2 " \
	"$tmp/tc" --backend engine --dev a=pair:b q s dev a

# Objects as text.
printf '\267\000\000\000\377\377\377\377\030\001\000\000\001\000\000\000\000\000\000\000\002\000\000\000\025\001\001\000\005\000\000\000\205\000\000\000\001\000\000\000\225\000\000\000\000\000\000\000' >"$tmp/raw"
shows "disasm of bare instructions" 0 '     0: (b7) r0 = -1
     1: (18) r1 = 0x200000001
     3: (15) if r1 == 0x5 goto pc+1 <5>
     4: (85) call bpf_map_lookup_elem#1
     5: (95) exit' "$clsbpf" disasm "$tmp/raw"
head -c 12 "$tmp/raw" >"$tmp/cut"
shows "disasm of what is neither" 1 "$tmp/cut: neither an object nor instructions of 8 bytes each" \
	"$clsbpf" disasm "$tmp/cut"
check_status "disasm --classic" 1 "$clsbpf" disasm --classic "$tmp/raw"
for object in "$build"/examples/*.o; do
	name=$(basename "$object" .o)
	"$clsbpf" inspect "$object" >"$tmp/$name.text" || echo "$name" >>"$tmp/bad"
	for verb in disasm inspect; do
		"$clsbpf" $verb "$object" --json >"$tmp/$name.$verb.json" || echo "$verb $name" >>"$tmp/bad"
	done
done
check "disasm and inspect take every example" test ! -e "$tmp/bad"
check "their JSON parses" python3 -c 'import json, sys; [json.load(open(f)) for f in sys.argv[1:]]' "$tmp"/*.json
check "disasm names maps, functions and helpers" sh -c \
	"'$clsbpf' disasm '$build/examples/dispatcher.o' | grep -q 'map\[seen\]'"
check "disasm prog" sh -c "test \$('$clsbpf' disasm '$build/examples/dispatcher.o' prog dispatch | grep -c '^section') = 1"
check_status "disasm of a program that is not there" 1 "$clsbpf" disasm "$firewall" prog nowhere
# shellcheck disable=SC2016
check "inspect knows the maps" json '[m["type"] for m in d["maps"] if m["name"] == "blocked4"] == ["lpm_trie"] and
	d["programs"][0]["name"] == "firewall" and d["license"] == "Dual BSD/GPL" and d["btf"]["types"] > 10' <"$tmp/firewall.inspect.json"

# Streams.
check "a capture on standard input" sh -c \
	"'$clsbpf' run '$firewall' --json <'$capture' | grep -q '\"packets\":$total,'"
check "a capture through a pipe" sh -c \
	"cat '$capture' | '$clsbpf' run '$firewall' --json | grep -q '\"packets\":$total,'"
check "--per-packet --json: a line a packet and the summary" sh -c "
	'$clsbpf' run '$firewall' -r '$capture' --per-packet --json -n 50 >'$tmp/lines' &&
	test \$(wc -l <'$tmp/lines') = 51 &&
	python3 -c 'import json, sys; [json.loads(line) for line in open(sys.argv[1])]' '$tmp/lines'"
shows "-q says nothing" 0 "" "$clsbpf" run "$firewall" -r "$capture" -q
check "-F chooses" sh -c "'$clsbpf' run '$firewall' -r '$capture' -F 'udp port 53' --json |
	grep -q '\"packets\":$(tcpdump -nr "$capture" 'udp port 53' 2>/dev/null | wc -l),'"
check "-w - gives a capture" sh -c "'$clsbpf' run '$firewall' -r '$capture' -q -w - | tcpdump -nr - 2>/dev/null |
	wc -l | grep -qx $total"
cp "$capture" "$tmp/own.pcap"
shows "-w does not empty what is read" 1 "-w $tmp/own.pcap: this is the capture that is read" \
	"$clsbpf" run "$firewall" -r "$tmp/own.pcap" -w "$tmp/own.pcap"
check "and the capture is whole" cmp "$capture" "$tmp/own.pcap"
check_status "nor what comes on standard input" 1 \
	sh -c "'$clsbpf' run '$firewall' -w '$tmp/own.pcap' <'$tmp/own.pcap'"
shows "-n 0 is no count" 1 "-n: at least one packet is needed" "$clsbpf" run "$firewall" -r "$capture" -n 0
cat >"$tmp/large.c" <<'C'
#include "clsbpf/bpf.h"
#define MAP(name, kind) struct { __uint(type, kind); __uint(max_entries, 100000000); \
	__type(key, __u32); __type(value, __u64); } name SEC(".maps")
MAP(row, BPF_MAP_TYPE_ARRAY);
MAP(table, BPF_MAP_TYPE_HASH);
SEC("classifier") int large(struct __sk_buff *skb)
{
	__u32 key = skb->len;
	__u64 one = 1, *first = bpf_map_lookup_elem(&row, &key);

	if (first)
		*first = 1;
	bpf_map_update_elem(&table, &key, &one, 0);
	return TC_ACT_OK;
}
LICENSE("GPL");
C
if command -v clang >/dev/null; then
	clang -O2 -g -target bpf -I"$top/examples/include" -c "$tmp/large.c" -o "$tmp/large.o"
	# An address sanitizer reserves more than this for itself.
	if "$clsbpf" run "$tmp/large.o" -r "$capture" -n 5 -q 2>/dev/null; then
		python3 - "$clsbpf" run "$tmp/large.o" -r "$capture" -n 5 -q >"$tmp/rss" <<'P'
import os, resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
P
		check "maps of 100,000,000 elements take no memory for what is not there: $(cat "$tmp/rss") MB" \
			test "$(cat "$tmp/rss")" -lt 300
	else
		skip "maps of 100,000,000 elements" "this machine has too little memory for such maps"
	fi
	cat >"$tmp/ids.c" <<'C'
#include "clsbpf/bpf.h"
__u32 last;
SEC("classifier") int ids(struct __sk_buff *skb)
{
	return ++last;
}
LICENSE("GPL");
C
	clang -O2 -g -target bpf -I"$top/examples/include" -c "$tmp/ids.c" -o "$tmp/ids.o"
	check "a classid for every packet does not fill the memory" sh -c \
		"{ cat '$capture'; for i in 1 2 3 4 5 6 7; do tail -c +25 '$capture'; done; } |
		 '$clsbpf' run '$tmp/ids.o' --no-da --json | python3 -c 'import json, sys
d = json.load(sys.stdin)
sys.exit(len(d[\"classids\"]) != 65536 or d[\"other_classids\"] != d[\"packets\"] - 65536)'"
	check "a dump of a large array ends with its reader, in the order of the indices" sh -c \
		"timeout 20 '$clsbpf' run '$tmp/large.o' -r '$capture' -n 5 -q --dump-maps | head -n 300 |
		grep -n '00 01 00 00:' | grep -q '^258:'"
else
	skip "maps of 100,000,000 elements" "clang is not installed"
fi
check_status "-w - and a summary do not go together" 1 "$clsbpf" run "$firewall" -r "$capture" -w -
"$clsbpf" run "$build/examples/graft.o" --no-da -r "$capture" -n 5 --json >"$tmp/trace.out" 2>"$tmp/trace.err"
check "trace lines go to standard error" sh -c \
	"test \$(grep -c 'in cls_foo' '$tmp/trace.err') = 5 && grep -q '^{.*}\$' '$tmp/trace.out'"
shows "a full disk is an error" 1 "standard output: No space left on device" \
	sh -c "'$clsbpf' run '$firewall' -r '$capture' >/dev/full"
"$clsbpf" run "$firewall" -w "$tmp/closed.pcapng" <"$capture" >&- 2>&-
[ $? = 1 ]
tap $? "a closed standard output is an error"
"$clsbpf" run "$firewall" -q -w "$tmp/open.pcapng" <"$capture"
check "and nothing that is meant for it goes to a file" cmp "$tmp/open.pcapng" "$tmp/closed.pcapng"
shows "a reader that goes away is none" 0 "" \
	sh -c "'$clsbpf' run '$firewall' -r '$capture' --per-packet -w '$tmp/whole.pcapng' | head -n 1 >/dev/null"
check "and what is written stays a capture" tcpdump -nr "$tmp/whole.pcapng" -w /dev/null
mkfifo "$tmp/fifo"
"$clsbpf" run "$firewall" -r "$tmp/fifo" --json >"$tmp/int.json" 2>"$tmp/int.err" &
running=$!
exec 3>"$tmp/fifo"
cat "$capture" >&3
for _ in 1 2 3 4 5 6 7 8 9 10; do # until it waits for more
	grep -q '^State:.S' /proc/$running/status && break
	sleep 0.1
done
kill -INT $running
wait $running
tap $? "SIGINT ends with exit status 0"
exec 3>&-
check "and with the summary so far" grep -q '"interrupted":true,"packets":[1-9][0-9]*,.*}$' "$tmp/int.json"
if command -v script >/dev/null; then
	check "colours on a terminal" sh -c "script -qec \"'$clsbpf' run '$firewall' -r '$capture'\" /dev/null </dev/null |
		grep -q \"\$(printf '\\033\\[32m')\""
	check "none with NO_COLOR" sh -c "! NO_COLOR=1 script -qec \"'$clsbpf' run '$firewall' -r '$capture' 2>/dev/null\" \
		/dev/null </dev/null | grep -q \"\$(printf '\\033')\""
else
	skip "colours" "script is not installed"
fi

# The backend.
check_status "an engine behind a socket that is not there" 1 "$clsbpf" --backend engine:/x qdisc show
check_status "no such backend" 1 "$clsbpf" --backend nonsense qdisc show
check_status "devices are the engine's" 1 "$clsbpf" --backend kernel --dev a=pair:b qdisc show
for spec in a=pair: a=pair a =pair:b a=pair:a a=pcap:x lo=pair:b a23456789012345678=pair:b; do
	check_status "--dev $spec" 1 "$clsbpf" --backend engine --dev $spec qdisc show
done
check "CLSBPF_BACKEND" sh -c "CLSBPF_BACKEND=engine '$clsbpf' --dev a=pair:b qdisc show dev b | grep -q noqueue"
check_status "--backend wins over CLSBPF_BACKEND" 0 env CLSBPF_BACKEND=nonsense "$clsbpf" --backend engine qdisc show

# Lines that tc and clsbpf end alike, in words and exit status (tc's 255 is 1 here).
cat >"$tmp/lines.tc" <<'E'
qdisc add dev dv0 clsact
qdisc add dev dv0 clsact
qdisc add dev nope clsact
qdisc nonsense
qdisc show dev dv0 nonsense
filter add dev dv0 ingress pref 5 bpf da obj OBJ sec nowhere
filter add dev dv0 ingress pref 5 bpf da obj /nonexistent.o
filter add dev dv0 ingress pref 5 bpf da obj OBJ
filter add dev dv0 ingress pref 5 handle 1 bpf da obj OBJ
filter show dev dv0 ingress
filter get dev dv0 ingress pref 5 protocol all handle 1 bpf
filter get dev dv0 ingress pref 5 protocol all handle 9 bpf
filter del dev dv0 ingress pref 6
filter del dev dv0 ingress pref 5
filter show dev dv0 nonsense
filter show dev nope ingress
qdisc del dev dv0 clsact
qdisc del dev dv0 clsact
E
cat >"$tmp/alike" <<'E'
set -u
mount -t tmpfs tmpfs /run; mount -t bpf bpf /sys/fs/bpf
mkdir /run/netns
ip netns add other
ip -n other link add dv0 type veth peer name dv1
ip link add dv0 type veth peer name dv1
each() {
	while read -r line; do
		line=$(echo "$line" | sed "s|OBJ|$object|")
		echo "$ $line" | sed "s|$object|OBJ|"
		status=0
		"$@" $line >out 2>err || status=$?
		[ $status = 255 ] && status=1
		echo "status $status"
		mask out
		# What a loader says about a file is its own.
		case $line in *"obj "*) ;; *) grep -v '^We have an error\|^Usage:\|^\s*$' err | sed 's/^ *//; s/\.$//' ;; esac
	done <$lines
}
mask() { sed -e 's/ id [0-9]* / id N /; s/ tag [0-9a-f]\{16\} / tag T /; s/ jited / /' "$@"; }
lines=lines.tc
each tc >theirs; each $clsbpf >ours
grep -v nope lines.tc | sed -n '1p;7p;9p;$p' >lines.few; lines=lines.few
each tc -n other >theirs.n; each $clsbpf -n other >ours.n
cat >b1 <<'B'
# a comment
qdisc add dev dv0 clsact   # another

qdisc show \
  dev dv0
"qdisc" 'show' dev dv0
qdisc add dev dv0 clsact
qdisc show dev dv0
B
batch() { # NAME
	for words in "-b b1" "-force -b b1" "-b -"; do
		echo "$ $words"
		"$@" $words <b1 2>&1 | grep -v '^We have an error'
		"$@" qdisc del dev dv0 clsact
		"$@" $words <b1 >/dev/null 2>&1
		echo "status $?"
		"$@" qdisc del dev dv0 clsact
	done
}
batch tc >theirs.b; batch $clsbpf >ours.b
E
if may_use_kernel && command -v tc >/dev/null; then
	export clsbpf
	(cd "$tmp" && object=$build/examples/minimal.o unshare -n -m sh ./alike) >"$tmp/alike.log" 2>&1
	check_same "tc's words and exit status" "$tmp/theirs" "$tmp/ours"
	check_same "in a network namespace" "$tmp/theirs.n" "$tmp/ours.n"
	check_same "in batches" "$tmp/theirs.b" "$tmp/ours.b"
	sed 's/^/# /' "$tmp/alike.log"
else
	skip "clsbpf and tc on the same lines" "root and tc are needed to work on Linux"
fi
check_status "a network namespace that is not there" 1 "$clsbpf" -n no-such-namespace qdisc show
check_status "a path is no network namespace" 1 "$clsbpf" -n ../x qdisc show
check_status "the engine has no network namespaces" 1 "$clsbpf" -n x --backend engine qdisc show
tap_end
