#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sharing.c of the talk: two loads of one file share the map by its pin, and what egress counts is
# what ingress prints. On Linux (veth, real packets) and on the engine (the embedded library).
. "$(dirname "$0")/tap.sh"
edges=$2
sharing=$build/examples/sharing.o
cc=clang
command -v clang >/dev/null || cc=clang-14

# The address of the fault depends on the packet's length.
cat >"$tmp/faults.c" <<'C'
__attribute__((section("classifier"), used)) int cls(unsigned *skb)
{
	return *(volatile unsigned char *)(unsigned long)skb[0];
}
char gpl[] __attribute__((section("license"), used)) = "GPL";
C
$cc -O2 -target bpf -c "$tmp/faults.c" -o "$tmp/faults.o"
"$edges" "$sharing" "$tmp/faults.o" >"$tmp/edges" 2>&1
tap $? "the engine, embedded: $(grep -c ^ok "$tmp/edges") cases"
sed "s/^/# /" "$tmp/edges"

cat >"$tmp/on_linux" <<'C'
set -eu
ip link add em1 type veth peer name em2
ip netns add far
ip link set em2 netns far
ip addr add 10.9.0.1/24 dev em1
ip netns exec far ip addr add 10.9.0.2/24 dev em2
ip link set em1 up; ip netns exec far ip link set em2 up
$clsbpf qdisc add dev em1 clsact
$clsbpf filter add dev em1 egress bpf da obj $sharing sec egress
$clsbpf filter add dev em1 ingress bpf da obj $sharing sec ingress
ping -q -c 3 -i 0.1 -W 2 10.9.0.2 >/dev/null && echo "ping: replies"
echo "pins: $(find /sys/fs/bpf -name map_sh | wc -l)"
pin=$(find /sys/fs/bpf -name map_sh)
map=$(bpftool map show pinned "$pin" | sed -n 's/^\([0-9]*\):.*/\1/p')
for hook in egress ingress; do
	prog=$($clsbpf filter show dev em1 $hook | sed -n 's/.* id \([0-9]*\) .*/\1/p')
	bpftool prog show id "$prog" | grep -q "map_ids.*\<$map\>" && echo "$hook uses it"
done
bpftool -j map dump pinned "$pin" | grep -q '"value":\["0x0[3-9a-f]"\|"value": *\[*"0x[0-9a-f]*[3-9a-f]"' && echo "counted"
C
if may_use_kernel && command -v bpftool >/dev/null; then
	export clsbpf sharing
	unshare -n -m sh -c "mount -t tmpfs tmpfs /run; mount -t bpf bpf /sys/fs/bpf; sh '$tmp/on_linux'" \
		>"$tmp/linux" 2>&1 </dev/null
	printf 'ping: replies\npins: 1\negress uses it\ningress uses it\ncounted\n' >"$tmp/linux.expected"
	check_same "on Linux: one map, pinned once, counts real packets" "$tmp/linux.expected" "$tmp/linux"
else
	skip "sharing on Linux" "root and bpftool are needed to work on Linux"
fi
tap_end
