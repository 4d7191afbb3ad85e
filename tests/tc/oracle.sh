#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# iproute2's tc is the oracle: the same lines through tc and through ours give the same state on
# Linux, and what ours shows of a state is byte for byte what tc shows, as text and JSON.
# $1: the build folder, $2: tc_line (tc_run() as a program).
tc_line=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
. "$(dirname "$0")/../system/tap.sh"
cd "$tmp" || exit 1

why=
may_use_kernel || why="root is needed to make a network namespace"
[ -n "$why" ] || tc -V 2>/dev/null | grep -q 'iproute2-6\.1' || why="tc of iproute2 6.1 is the oracle, and is not here"
[ -n "$why" ] || command -v bpftool >/dev/null || why="bpftool is needed to pin a program"
cc=
for c in clang clang-14 clang-19; do
	[ -z "$cc" ] && command -v $c >/dev/null && cc=$c
done
[ -n "$why" ] || [ -n "$cc" ] || why="clang is needed to compile an object"
if [ -n "$why" ]; then
	skip "ours and iproute2's tc on Linux" "$why"
	tap_end
fi

cat >foo.c <<'C'
#define SEC(name) __attribute__((section(name), used))
SEC("p1") int cls_p1(void *skb) { return 0; }
SEC("classifier") int cls_default(void *skb) { return -1; }
SEC("two") int two_a(void *skb) { return 1; }
SEC("two") int two_b(void *skb) { return 2; }
char _license[] SEC("license") = "GPL";
C
$cc -O2 -g -target bpf -c foo.c -o foo.o || { tap 1 "foo.c compiles"; tap_end; }
tab=$(printf '\t')
cp foo.o "we\"ird\\x'${tab}é.o"

# Lines that make a state, some of which must fail; W stands for the weird name. After "#", shell.
cat >lines <<'C'
qdisc add dev lo clsact
qdisc add dev lo clsact
qdisc replace dev lo clsact
qdisc change dev lo clsact
qdisc add dev v0 ingress
qdisc add dev v1 handle ffff: clsact
qdisc del dev v1 clsact
qdisc del dev v1 clsact
qdisc add dev v1 clsact
filter add dev lo ingress bpf da obj foo.o sec p1
filter add dev lo ingress bpf obj foo.o
filter add dev lo ingress protocol ip bpf obj foo.o section two program two_b direct-action
filter add dev lo ingress protocol all pref 49150 bpf obj foo.o sec p1
filter add dev lo parent ffff:fff2 protocol 802.1q prio 3 handle 0x10 bpf obj foo.o sec p1 classid 1:2
filter add dev lo ingress protocol 802.1q prio 3 handle 0x10 bpf obj foo.o sec p1
filter add dev lo ingress protocol 0x1234 prio 4 bpf obj foo.o sec p1 skip_hw flowid :3
filter add dev lo egress chain 3 pref 11 bpf da obj foo.o sec p1
filter add dev lo egress pref 11 bpf da obj foo.o sec p1 classid root
filter add dev lo egress pref 12 protocol lldp bpf da obj foo.o sec p1 classid 5:
filter add dev lo egress pref 12 protocol ip bpf da obj foo.o sec p1
filter add dev lo egress pref 13 bpf da pinned /sys/fs/bpf/pin
filter add dev lo egress pref 14 bpf fd m:pin da
filter add dev lo egress pref 15 bpf object-pinned /sys/fs/bpf/nothing
filter add dev lo egress pref 16 bpf obj W sec p1
filter add dev lo egress pref 17 bpf run obj foo.o sec p1 verb da
filter add dev lo egress pref 18 bpf obj foo.o sec nothing
filter add dev lo egress pref 19 bpf obj nothing.o
filter add dev lo egress pref 20 bpf da
filter add dev lo egress pref 21 bpf
filter add dev lo egress pref 22
filter add dev nothing egress bpf da obj foo.o
filter add dev v0 egress bpf da obj foo.o sec p1
filter add dev v0 ingress bpf da obj foo.o sec p1
filter add dev v0 parent ffff: protocol ip bpf da obj foo.o sec p1
filter change dev lo egress pref 13 handle 1 bpf obj foo.o sec two
filter change dev lo egress pref 13 handle 2 bpf obj foo.o sec two
filter replace dev lo egress pref 14 handle 1 bpf obj foo.o sec two
filter replace dev lo egress pref 30 handle 9 bpf obj foo.o sec two
filter add dev lo egress pref 30 handle 9 bpf obj foo.o sec two
filter add dev lo egress pref 31 bpf da obj foo.o sec p1
filter del dev lo egress pref 31
filter del dev lo egress pref 31
filter add dev lo egress pref 32 bpf da obj foo.o sec p1
filter del dev lo egress pref 32 handle 1 bpf
filter del dev lo egress handle 1 bpf
filter del dev lo egress protocol ip
filter add dev v1 egress bpf da obj foo.o sec p1
filter del dev v1 egress
filter del dev v1 egress pref 1 u32
qdisc del dev nothing clsact
qdisc del dev lo root
C

cat >shows <<'C'
qdisc
qdisc show
qdisc list dev lo
qdisc show dev v0
qdisc sh dev v0 dev lo
qdisc show dev lo ingress
qdisc show dev lo clsact
qdisc show root
qdisc show handle ffff:
qdisc show dev mq parent 8001:1
qdisc show dev mq
qdisc show dev fast
qdisc show parent ffff:fff1
qdisc show dev lo invisible
qdisc show dev dummy0
filter
filter show dev lo
filter show dev lo ingress
filter list dev lo egress
filter show dev lo parent ffff:fff3
filter show dev lo root
filter show dev lo egress chain 3
filter show dev lo egress chain 0
filter show dev lo egress pref 11
filter show dev lo egress protocol all
filter show dev lo egress protocol all pref 11 chain 3
filter show dev lo ingress protocol ip
filter show dev lo ingress handle 0x10
filter show dev v0 ingress
filter show dev v0 parent ffff:
filter show dev v1 ingress
filter show dev block ingress
filter show dev block
filter get dev lo ingress pref 3 protocol 802.1Q handle 16 bpf
filter get dev lo parent ffff:fff3 pref 11 protocol all handle 1 chain 3 bpf
filter get dev lo ingress pref 3 protocol 802.1Q handle 17 bpf
filter show dev nothing
qdisc show dev nothing
C

cat >inner <<'C'
# $1: the builder, tc or ours.
mount -t tmpfs tmpfs /run && mount -t bpf bpf /sys/fs/bpf || exit 1
mkdir -p /sys/fs/bpf/tc
bpftool prog load foo1.o /sys/fs/bpf/pin type classifier && bpftool prog load foo1.o /sys/fs/bpf/tc/pin type classifier || exit 1
ip link set lo up
ip link add v0 type veth peer name v1
ip link add block type veth peer name block2
ip link add mq numtxqueues 2 type veth peer name fast
# No packets but ours: they would be counted between two looks.
for dev in v0 v1 mq fast block; do ip link set dev $dev addrgenmode none; done
ip link set v0 up; ip link set v1 up
weird="we\"ird\\x'$(printf '\t')é.o"
case $1 in
tc) run=tc ;;
*) run=$tc_line ;;
esac
while read -r line; do
	# shellcheck disable=SC2086
	set -- $line
	i=0
	for word; do
		[ "$i" = 0 ] && set --
		i=1
		[ "$word" = W ] && word=$weird
		set -- "$@" "$word"
	done
	$run "$@" >said 2>&1 && echo "0 $line" || { echo "1 $line"; sed "s/^/	/" said >&2; }
done <lines >status
# What tc alone can set up, and ours has to show.
tc qdisc add dev block ingress_block 22 egress_block 33 clsact
tc filter add block 22 bpf da obj foo.o sec p1
tc qdisc add dev mq root handle 8001: mq
tc qdisc add dev fast root handle 8002: pfifo_fast
tc filter add dev lo egress pref 40 protocol ip bpf bytecode '4,40 0 0 12,21 0 1 2048,6 0 0 262144,6 0 0 0' da
tc filter add dev lo egress pref 41 protocol ip bpf bytecode '1,6 0 0 4294967295' flowid 2:1
ping -q -c 2 -i 0.01 127.0.0.1 >/dev/null 2>&1
for dev in lo v0 v1; do
	for hook in ingress egress; do
		tc -d -j filter show dev $dev $hook
	done
done | sed 's/"id":[0-9]*/"id":N/g; s/"load_time":[0-9]*/"load_time":N/g; s/"btf_id":[0-9]*/"btf_id":N/g' >state
tc -j qdisc show >>state
: >bad
# A state made by ours is compared with the other one as a whole.
[ $run = tc ] || exit 0
n=0
while read -r line; do
	for options in "" "-s -d" "-s -j" "-d -p -j"; do
		# Where much is shown, in every form; else one of them.
		case $line:$options in
		"qdisc show:"* | *"dev lo egress:"* | *"dev lo ingress:"* | *" get "* | *:"") ;;
		*) [ $((n % 3)) = 0 ] || { n=$((n + 1)); continue; } ;;
		esac
		n=$((n + 1))
		# shellcheck disable=SC2086
		{ tc $options $line >theirs 2>/dev/null; theirs=$?; $tc_line $options $line >ours 2>/dev/null; ours=$?; }
		[ "$theirs" = 0 ] || theirs=1
		cmp -s theirs ours && [ $theirs = $ours ] || {
			echo "$options $line: status $theirs, ours $ours"; diff theirs ours | head -6
		} >>bad
	done
done <shows
# Who may not look at programs.
chmod 755 .
for options in "" -j "-d -p -j"; do
	setpriv --reuid 65534 --clear-groups tc $options filter show dev lo egress >theirs 2>/dev/null
	setpriv --reuid 65534 --clear-groups "$tc_line" $options filter show dev lo egress >ours 2>/dev/null
	cmp -s theirs ours && [ -s ours ] || { echo "$options, unprivileged"; diff theirs ours | head -6; } >>bad
done
[ $n -gt 120 ]
C
sed -i 's/foo1.o/pin.o/g' inner
cat >pin.c <<'C'
__attribute__((section("tc"), used)) int pinned(void *skb) { return 3; }
char _license[] __attribute__((section("license"), used)) = "GPL";
C
$cc -O2 -g -target bpf -c pin.c -o pin.o
export tc_line

for builder in tc ours; do
	unshare -n -m sh ./inner $builder >inner.out 2>&1 </dev/null
	tap $? "$builder makes the state"
	[ "$builder" = tc ] && cp bad differs
	cp status "$builder.status"; cp state "$builder.state"
done
! [ -s differs ]
tap $? "ours shows a state made by tc as tc does"
head -40 differs | sed 's/^/# /'
check_same "the same lines fail" tc.status ours.status
tr '{' '\n' <tc.state >tc.split; tr '{' '\n' <ours.state >ours.split
check_same "the same lines give the same state" tc.split ours.split
tap_end
