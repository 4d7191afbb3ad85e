#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# clsbpf serve: a daemon with devices that live, several clients, the permissions of its socket, and its
# ends: SIGTERM and kill -9.
. "$(dirname "$0")/tap.sh"
CLSBPF_RUNDIR=$tmp/run
export CLSBPF_RUNDIR
chmod 755 "$tmp"
minimal=$build/examples/minimal.o
daemon=
trap '[ -z "$daemon" ] || kill -9 "$daemon" 2>/dev/null; rm -rf "$tmp"' EXIT

# Start a daemon with these words and wait until it listens; its output is in $tmp/said.
serve() {
	mkfifo "$tmp/ready"
	"$@" --ready-fd 3 >"$tmp/said" 2>&1 3>"$tmp/ready" &
	daemon=$!
	read -r line <"$tmp/ready" || line=
	rm "$tmp/ready"
	[ -n "$line" ]
}
# End it by a signal; its exit status.
end() {
	kill "-$1" "$daemon"
	wait "$daemon"
	status=$?
	daemon=
	return $status
}
packets() { # DEV: how many its clsact has seen
	"$clsbpf" --backend engine -s -j qdisc show dev "$1" |
		python3 -c "import json, sys; print(sum(q['packets'] for q in json.load(sys.stdin) if q['kind'] == 'clsact'))"
}
wait_packets() { # DEV COUNT
	for _ in $(seq 60); do
		[ "$(packets "$1")" -ge "$2" ] && return 0
		sleep 0.05
	done
	return 1
}

# A case: exit status 1, and this in the message.
refuses() { # NAME TEXT command...
	refuses_text=$2
	refuses_name=$1
	shift 2
	"$@" >"$tmp/refused" 2>&1
	if [ $? = 1 ] && grep -q "$refuses_text" "$tmp/refused"; then
		tap 0 "$refuses_name"
	else
		tap 1 "$refuses_name"
		sed 's/^/# /' "$tmp/refused"
	fi
}

# A capture of 50 packets, 1 ms apart.
python3 - "$tmp/in.pcap" <<'PY'
import struct, sys
with open(sys.argv[1], "wb") as f:
    f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    for i in range(50):
        packet = bytes.fromhex("02000000000202000000000108004500") + bytes(44)
        f.write(struct.pack("<IIII", 1000, i * 1000, len(packet), len(packet)) + packet)
PY
cat >"$tmp/back.c" <<'C'
static __attribute__((noinline)) int back(unsigned *skb)
{
	return ((int (*)(unsigned, unsigned long))23)(skb[10], 0); /* bpf_redirect() out of where it came in */
}
__attribute__((section("classifier"), used)) int cls_back(unsigned *skb)
{
	return back(skb);
}
char gpl[] __attribute__((section("license"), used)) = "GPL";
C
cc=clang
command -v clang >/dev/null || cc=clang-14
$cc -O2 -target bpf -c "$tmp/back.c" -o "$tmp/back.o"

check "a daemon says that it listens" serve "$clsbpf" serve --dev g0=gen:2000,100,4 --dev a=pair:b \
	--dev "p0=pcap:$tmp/in.pcap,$tmp/out.pcapng,loop"
echo "listening on $CLSBPF_RUNDIR/socket" >"$tmp/expected"
check_same "and where" "$tmp/expected" "$tmp/said"
check "qdisc at the default socket" "$clsbpf" --backend engine qdisc add dev g0 clsact
check "filter by the socket's name" "$clsbpf" --backend "engine:$CLSBPF_RUNDIR/socket" \
	filter add dev g0 ingress bpf da obj "$minimal"
check "CLSBPF_BACKEND" env CLSBPF_BACKEND=engine "$clsbpf" qdisc add dev p0 clsact
check "a filter that sends back" "$clsbpf" --backend engine filter add dev p0 ingress bpf da obj "$tmp/back.o"
"$clsbpf" --backend engine prog dump xlated name cls_back >"$tmp/shown"
check "a call of a function that has no address" grep -q "call pc+1$" "$tmp/shown"
"$clsbpf" --backend engine filter show dev g0 ingress >"$tmp/shown"
check "it is there for the next command" grep -q "minimal.o:\[classifier\] direct-action .* id [0-9]" "$tmp/shown"
check "packets of the generator come" wait_packets g0 100
check "packets of the capture come" wait_packets p0 100
check_status "--dev is not for a daemon's engine" 1 "$clsbpf" --backend "engine:$CLSBPF_RUNDIR/socket" \
	--dev x=pair:y qdisc show
check_status "a refusal is exit status 2" 2 "$clsbpf" --backend engine qdisc add dev g0 clsact

# Two clients at once, many times.
"$clsbpf" --backend engine qdisc add dev a clsact
"$clsbpf" --backend engine qdisc add dev b clsact
busy() { # DEV
	for i in 1 2 3 4 5 6 7 8 9 10; do
		"$clsbpf" --backend engine filter add dev "$1" ingress pref "$i" bpf da obj "$minimal" || return 1
		"$clsbpf" --backend engine filter show dev "$1" ingress | grep -q "pref $i " || return 1
	done
}
busy a & first=$!
busy b & second=$!
wait "$first"; a=$?
wait "$second"; b=$?
check "two clients at once" test $a$b = 00
check "each with its filters" sh -c "'$clsbpf' --backend engine filter show dev a ingress | grep -c 'handle 0x1' | grep -qx 10"

# Another daemon in the same place.
refuses "a second daemon at the socket" another "$clsbpf" serve
check "the first one still answers" "$clsbpf" --backend engine qdisc show dev a

# Another kind of client, which a daemon cannot tell from a program of its own kind.
if command -v bpftool >/dev/null && "$clsbpf" wrap -- true 2>/dev/null; then
	check "bpftool makes a map in the daemon" "$clsbpf" wrap --backend "$CLSBPF_RUNDIR/socket" -- \
		bpftool map create /sys/fs/bpf/wrapped type hash key 4 value 4 entries 4 name wrapped
	check "fills it" "$clsbpf" wrap --backend "$CLSBPF_RUNDIR/socket" -- \
		bpftool map update pinned /sys/fs/bpf/wrapped key 1 2 3 4 value 5 6 7 8
	"$clsbpf" --backend engine map dump pinned /sys/fs/bpf/wrapped >"$tmp/dumped"
	check "clsbpf map finds it there" grep -q "key: 01 02 03 04  value: 05 06 07 08" "$tmp/dumped"
else
	skip "bpftool and the daemon" "bpftool is not installed, or nothing can be wrapped here"
fi

end TERM
tap $? "SIGTERM: exit status 0"
check_status "its socket has gone" 1 test -e "$CLSBPF_RUNDIR/socket"
check_status "and its pins" 1 sh -c "find '$CLSBPF_RUNDIR/bpf' -type f | grep ."
check "what left the capture's device is whole" sh -c "'$clsbpf' run '$minimal' -r '$tmp/out.pcapng' --json |
	python3 -c 'import json, sys; sys.exit(json.load(sys.stdin)[\"packets\"] < 100)'"
refuses "no daemon at a socket" "no engine answers at" "$clsbpf" --backend "engine:$CLSBPF_RUNDIR/socket" \
	qdisc show
check "without one the engine is in the process" "$clsbpf" --backend engine qdisc show dev lo

# kill -9: what is left is replaced.
check "another daemon" serve "$clsbpf" serve --dev a=pair:b
"$clsbpf" --backend engine qdisc add dev a clsact
"$clsbpf" --backend engine filter add dev a ingress bpf da obj "$build/examples/sharing.o" sec ingress
find "$CLSBPF_RUNDIR/bpf" -mindepth 1 >"$tmp/pins"
end KILL 2>/dev/null
check "a killed daemon leaves its socket" test -S "$CLSBPF_RUNDIR/socket"
check "and its pins" test -s "$tmp/pins" -a -e "$(head -n 1 "$tmp/pins")"
check "the next one takes the place" serve "$clsbpf" serve --dev a=pair:b
check "and says what it removed" grep -qx "removed $(wc -l <"$tmp/pins") stale nodes of pins" "$tmp/said"
check_status "they have gone" 1 test -e "$(head -n 1 "$tmp/pins")"
check_status "with an engine of its own" 2 "$clsbpf" --backend engine filter add dev a ingress bpf da obj "$minimal"
end INT
tap $? "SIGINT: exit status 0"

# Permissions.
nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "$@"; }
if [ "$(id -u)" = 0 ] && nobody test -x "$clsbpf"; then
	serve "$clsbpf" serve --socket "$tmp/private" --dev a=pair:b
	check_status "mode 0600: not for others" 1 nobody "$clsbpf" --backend "engine:$tmp/private" qdisc show dev a
	end TERM
	serve "$clsbpf" serve --socket "$tmp/public" --mode 0666 --dev a=pair:b
	check "--mode 0666: for everybody" nobody "$clsbpf" --backend "engine:$tmp/public" qdisc add dev a clsact
	end TERM
	serve "$clsbpf" serve --socket "$tmp/group" --mode 0660 --group 65534 --dev a=pair:b
	check "--group: for its members" nobody "$clsbpf" --backend "engine:$tmp/group" qdisc show dev a
	check "the mode and the group that were asked for" test "$(stat -c "%a %g" "$tmp/group")" = "660 65534"
	end TERM
	mkdir "$tmp/theirs"
	chown 65534 "$tmp/theirs"
	CLSBPF_RUNDIR=$tmp/theirs refuses "a run directory of somebody else" "belongs to another user" "$clsbpf" serve
	CLSBPF_RUNDIR=$tmp/theirs serve setpriv --reuid=65534 --regid=65534 --clear-groups "$clsbpf" serve
	refuses "an engine of somebody else is not trusted" "belongs to user 65534" "$clsbpf" \
		--backend "engine:$tmp/theirs/socket" qdisc show
	end TERM
else
	skip "permissions of the socket" "root and a program that others may run are needed"
fi

# Words.
for words in "--mode 9" "--mode 01777" "--group nosuchgroup" "--dev x" "--dev x=gen:0,64,1" \
	"--dev x=pcap:$tmp/nowhere" "--dev lo=pair:x" "--socket $tmp/no/such/folder" "--nosuch" "word"; do
	# shellcheck disable=SC2086
	check_status "serve $words" 1 "$clsbpf" serve $words
done
echo data >"$tmp/file"
check_status "a file where the socket should be" 1 "$clsbpf" serve --socket "$tmp/file"
check "it is still there" grep -q data "$tmp/file"
check_status "a socket with a long name" 1 "$clsbpf" serve --socket "$tmp/$(printf '%0200d' 0)"
check_status "--backend with other words" 1 "$clsbpf" --backend daemon qdisc show
check_status "--backend engine: and nothing" 1 "$clsbpf" --backend engine: qdisc show
tap_end
