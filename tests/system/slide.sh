#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The talk's setup slide, line by line, on Linux (a private namespace, packets by real sockets over
# veth) and on the engine (a pair device). What ours prints on Linux is what iproute2's tc prints.
. "$(dirname "$0")/tap.sh"
cc=clang
command -v clang >/dev/null || cc=clang-14
cat >"$tmp/foo.c" <<'C'
#include "bpf_api.h"
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} slide_seen __section(".maps");
static __inline__ __attribute__((always_inline)) void count(__u32 key)
{
	__u64 *n = map_lookup_elem(&slide_seen, &key);
	if (n)
		lock_xadd(n, 1);
}
__section("p1") int cls_p1(struct __sk_buff *skb)
{
	count(0);
	return TC_ACT_OK;
}
__section("p2") int cls_p2(struct __sk_buff *skb)
{
	count(1);
	return TC_ACT_OK;
}
BPF_LICENSE("GPL");
C
(cd "$tmp" && $cc -O2 -g -target bpf -I"$top/examples/include/clsbpf" -I"$top/examples/include" -c foo.c -o foo.o) ||
	{ tap 1 "foo.c compiles"; tap_end; }
cd "$tmp" || exit 1

# The slide's commands; CLS is the command and D the device.
cat >"$tmp/slide" <<'C'
qdisc add dev D clsact
qdisc show dev D
filter add dev D ingress bpf da obj foo.o sec p1
filter add dev D egress bpf da obj foo.o sec p2
filter show dev D ingress
filter show dev D egress
filter del dev D ingress pref 49152
filter show dev D ingress
filter del dev D egress pref 49152
qdisc del dev D clsact
C

cat >"$tmp/on_linux" <<'C'
set -u
ip link add em1 type veth peer name em2
ip netns add far
ip link set em2 netns far
ip addr add 10.9.0.1/24 dev em1
ip netns exec far ip addr add 10.9.0.2/24 dev em2
ip link set em1 up; ip netns exec far ip link set em2 up; ip netns exec far ip link set lo up
while read -r line; do
	line=$(echo "$line" | sed 's/\<D\>/em1/')
	echo "$ $line"
	$clsbpf $line || echo "status $?"
	case $line in
	*show*)
		# The oracle: iproute2's tc on the very same state.
		$clsbpf $line >ours 2>&1; tc $line >theirs 2>&1
		cmp -s ours theirs || { echo "DIFFERS FROM TC:"; cat theirs; }
		$clsbpf -j $line >ours 2>&1; tc -j $line >theirs 2>&1
		cmp -s ours theirs || { echo "JSON DIFFERS FROM TC:"; cat theirs; cat ours; }
		;;
	esac
	case $line in
	"filter show dev em1 egress")
		ping -q -c 3 -i 0.1 -W 2 10.9.0.2 >/dev/null && echo "ping: replies"
		for id in $(bpftool map list | sed -n 's/^\([0-9]*\): array  *name slide_seen .*/\1/p'); do
			bpftool -j map dump id "$id" | grep -o '"value":[0-9][0-9]*' | head -2 | tr '\n' ' '
		done >counts
		tr ' ' '\n' <counts | grep -c '"value":\([3-9]\|[1-9][0-9]\)' | sed 's/^/maps that counted packets: /'
		;;
	esac
done <slide
C
mask() {
	sed -e 's/ id [0-9]* / id N /; s/ tag [0-9a-f]\{16\} / tag T /' -e 's/ jited / /' "$@"
}

cat >"$tmp/expected" <<'C'
$ qdisc add dev em1 clsact
$ qdisc show dev em1
QDISC
qdisc clsact ffff: parent ffff:fff1 
$ filter add dev em1 ingress bpf da obj foo.o sec p1
$ filter add dev em1 egress bpf da obj foo.o sec p2
$ filter show dev em1 ingress
filter protocol all pref 49152 bpf chain 0 
filter protocol all pref 49152 bpf chain 0 handle 0x1 foo.o:[p1] direct-action not_in_hw id N name cls_p1 tag T 
$ filter show dev em1 egress
filter protocol all pref 49152 bpf chain 0 
filter protocol all pref 49152 bpf chain 0 handle 0x1 foo.o:[p2] direct-action not_in_hw id N name cls_p2 tag T 
LINUX
$ filter del dev em1 ingress pref 49152
$ filter show dev em1 ingress
$ filter del dev em1 egress pref 49152
$ qdisc del dev em1 clsact
C

if may_use_kernel && command -v bpftool >/dev/null; then
	export clsbpf
	# tmpfs over /run: ip netns keeps its names there.
	unshare -n -m sh -c 'mount -t tmpfs tmpfs /run; mount -t bpf bpf /sys/fs/bpf; sh ./on_linux' \
		>"$tmp/linux.out" 2>&1 </dev/null
	mask "$tmp/linux.out" >"$tmp/linux.masked"
	sed -e '/^QDISC$/s/.*/qdisc noqueue 0: root refcnt 2 /' \
		-e '/^LINUX$/s/.*/ping: replies\nmaps that counted packets: 2/' "$tmp/expected" >"$tmp/linux.expected"
	check_same "the slide on Linux" "$tmp/linux.expected" "$tmp/linux.masked"
else
	skip "the slide on Linux" "root and bpftool are needed to work on Linux"
fi

# The engine: one process holds the state of all lines.
sed 's/\<D\>/em1/' "$tmp/slide" >"$tmp/batch"
"$clsbpf" --backend engine --dev em1=pair:em2 -b "$tmp/batch" >"$tmp/engine.out" 2>&1
tap $? "the slide on the engine: every line succeeds"
mask "$tmp/engine.out" >"$tmp/engine.masked"
sed -e '/^\$\|^LINUX$/d' -e '/^QDISC$/s/.*/qdisc noqueue 0: root refcnt 2 /' "$tmp/expected" >"$tmp/engine.expected"
check_same "the slide on the engine prints the same" "$tmp/engine.expected" "$tmp/engine.masked"
tap_end
