#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# prog, map, btf and link beside bpftool: the same words, the same state of Linux, the same bytes. In a
# network and mount namespace of its own, with objects that are found by pins and names of this test
# only. Then what a single command shows on the engine.
# exempt: durations; the time of loading, which bpftool works out from two clocks.
if [ "${VERBS_INSIDE:-}" != yes ] && [ "$(id -u)" = 0 ] && unshare -n -m true 2>/dev/null; then
	VERBS_INSIDE=yes exec unshare -n -m "$0" "$@"
fi
. "$(dirname "$0")/tap.sh"
fs=/sys/fs/bpf

cat >"$tmp/v.c" <<'C'
#include "clsbpf/bpf.h"
enum color { RED, GREEN = 5 };
struct inner { __u8 a[3]; char name[8]; _Bool ok; };
union un { __u32 x; __u16 y[2]; };
struct val {
	__u64 count; __s32 delta; enum color c; struct inner in[2]; union un u; void *p;
	unsigned bf1:3; int bf2:5; unsigned long long bf3:40;
	__u16 mat[2][2]; signed char sc; char ch;
	struct { int anon_a; int anon_b; };
};
struct key { __u32 a; __u16 b; __u16 c; };
#define MAP(name, kind, k, v, entries) struct { __uint(type, BPF_MAP_TYPE_##kind); __type(key, k); \
	__type(value, v); __uint(max_entries, entries); } name SEC(".maps")
#define BYTES(name, kind, k, v, flags) struct { __uint(type, BPF_MAP_TYPE_##kind); __uint(key_size, k); \
	__uint(value_size, v); __uint(max_entries, 4); __uint(map_flags, flags); } name SEC(".maps")
MAP(thash, HASH, struct key, struct val, 8);
MAP(tarr, ARRAY, __u32, struct val, 3);
MAP(tpa, PERCPU_ARRAY, __u32, struct key, 2);
BYTES(ph, PERCPU_HASH, 4, 20, 0);
BYTES(raw, HASH, 6, 40, 0);
BYTES(small, HASH, 4, 4, 0);
BYTES(jmp, PROG_ARRAY, 4, 4, 0);
BYTES(lpm, LPM_TRIE, 8, 4, 1);
__u64 counter = 3;
enum far { NEAR = 5, FAR = 0x100000005 } far = FAR;   /* older compilers write 32 bits of it */
__u32 zeros[2];
const volatile int ro = 7;
const volatile char msg[5] = "hey";
static __attribute__((noinline)) int sub(struct __sk_buff *skb) { return skb->len + ro; }
SEC("classifier") int one(struct __sk_buff *skb)
{
	struct key k = { .a = skb->len, .b = 2 };
	struct val *v = bpf_map_lookup_elem(&thash, &k), *w;
	__u32 z = 0;
	w = bpf_map_lookup_elem(&tarr, &z);
	void *r = bpf_map_lookup_elem(&lpm, &k), *s = bpf_map_lookup_elem(&small, &z);
	char rk[6] = {};
	void *rr = bpf_map_lookup_elem(&raw, rk);
	if (v) { __sync_fetch_and_add(&v->count, 1); }
	if (w)	w->count += 'x';
	counter += skb->len; zeros[1]++;
	if (r && rr && s) return msg[1];
	bpf_tail_call(skb, &jmp, 1);
	return sub(skb);
}
SEC("action") int two(struct __sk_buff *skb) { counter++; return sub(skb) & 3; }
SEC("tc") int a_program_with_a_long_name(struct __sk_buff *skb)
{
	__u32 z = 1;
	struct key *pk = bpf_map_lookup_elem(&tpa, &z);
	void *p = bpf_map_lookup_elem(&ph, &z);
	return pk && p ? pk->a : -1;
}
char _license[] SEC("license") = "GPL";
C
clang -O2 -g -target bpf -I"$top/examples/include" -c "$tmp/v.c" -o "$tmp/v.o"

mask() { sed 's/duration\( (average)\)*: [0-9]*ns/duration\1/; s/"duration": *[0-9]*/"duration"/
	s/"loaded_at": *[0-9]*/"loaded_at"/; s/loaded_at [^ ]*/loaded_at/'; }

# The same words to both, as text and as JSON: the same bytes, and both do or do not.
modes='text -p'
same() { # words...
	for same_mode in $modes; do
		[ "$same_mode" != text ] || same_mode=
		same_a=0 same_b=0
		bpftool $same_mode "$@" >"$tmp/a.raw" 2>"$tmp/a.err" </dev/null || same_a=1
		"$clsbpf" $same_mode "$@" >"$tmp/b.raw" 2>"$tmp/b.err" </dev/null || same_b=1
		echo >>"$tmp/compared"
		[ $same_a = $same_b ] && cmp -s "$tmp/a.raw" "$tmp/b.raw" && continue
		{ mask <"$tmp/a.raw"; echo "failed $same_a"; } >"$tmp/a.out"
		{ mask <"$tmp/b.raw"; echo "failed $same_b"; } >"$tmp/b.out"
		if ! diff "$tmp/a.out" "$tmp/b.out" >"$tmp/same.diff"; then
			echo "$same_mode $*" >>"$tmp/differ"
			head -6 "$tmp/same.diff" | cut -c1-400 >>"$tmp/differ"
			cat "$tmp/b.err" >>"$tmp/differ"
		fi
	done
}
agreed() { # NAME
	check "$1 ($(wc -l <"$tmp/compared") comparisons)" sh -c "test ! -s '$tmp/differ' || { cat '$tmp/differ'; false; }"
	rm -f "$tmp/differ" "$tmp/compared"
}
ours() { "$clsbpf" "$@" >"$tmp/ours.out" 2>&1 || { echo "$*"; cat "$tmp/ours.out"; } >>"$tmp/differ"; }

linux() {
mount -t bpf bpf $fs
check "loadall pins what bpftool pins" sh -c "
	bpftool prog loadall '$tmp/v.o' $fs/a pinmaps $fs/m && '$clsbpf' prog loadall '$tmp/v.o' $fs/b pinmaps $fs/n &&
	test \"\$(ls $fs/a) \$(ls $fs/m)\" = \"\$(ls $fs/b) \$(ls $fs/n)\""
modes='text -j -p'
for prog in $fs/a/one $fs/b/*; do
	same prog show pinned "$prog"
done
same -f prog show pinned $fs/b/two
same map dump pinned $fs/m/tarr
modes=text same prog dump xlated pinned $fs/b/one   # slow: both read all of kallsyms
modes=-j same prog dump xlated pinned $fs/b/one linum
modes=-p same prog dump xlated pinned $fs/b/two opcodes
modes='text -p'
agreed "prog show and dump"
bpftool prog dump xlated pinned $fs/b/one file "$tmp/a.insns"
"$clsbpf" prog dump xlated pinned $fs/b/one file "$tmp/b.insns"
check_same "prog dump xlated file" "$tmp/a.insns" "$tmp/b.insns"

full=$(seq 1 80)
value=$(seq 1 40)
# shellcheck disable=SC2086
{
ours map update pinned $fs/n/thash key 0 1 2 3 4 5 6 7 value $full
ours map update pinned $fs/n/thash value hex $(printf '0%.0s ' $(seq 80)) key hex ff 0xff 1 2 3 4 5 6 noexist
ours map update pinned $fs/n/tarr key 1 0 0 0 value $full exist
ours map update pinned $fs/n/ph key 1 0 0 0 value $(seq 20)
ours map update pinned $fs/n/raw key 1 2 3 4 5 6 value $value
ours map update pinned $fs/n/small key 1 0 0 0 value 0x2a 052 0 0
ours map update pinned $fs/n/lpm key 16 0 0 0 1 2 3 4 value 1 1 1 1
}
ours map update pinned $fs/n/jmp key 1 0 0 0 value pinned $fs/b/one
for map in $fs/m/v_data $fs/m/tpa $fs/m/thash $fs/n/*; do
	same map show pinned "$map"
	same map dump pinned "$map"
done
same -f map show pinned $fs/n/v_rodata
same map getnext pinned $fs/n/raw
agreed "map show, dump and getnext"
for words in "thash key 0 1 2 3 4 5 6 7" "thash key 9 9 9 9 9 9 9 9" "raw key 1 2 3 4 5 6" "raw key 9 9 9 9 9 9" \
	"ph key 1 0 0 0" "ph key 2 0 0 0" "jmp key 1 0 0 0" "jmp key 2 0 0 0" "tarr key hex 1 0 0 0" "tpa key 1 0 0 0" \
	"lpm key 32 0 0 0 1 2 9 9" "small key 1 0 0 0"; do
	# shellcheck disable=SC2086
	same map lookup pinned $fs/n/$words
done
same map getnext pinned $fs/n/small key 9 0 0 0
agreed "map lookup"

name=v$$_x
ours map create $fs/q type queue key 0 value 4 entries 4 name $name
for i in 1 2 3 4; do ours map push pinned $fs/q value $i 0 0 0; done
same map peek pinned $fs/q
bpftool map pop pinned $fs/q >"$tmp/a.out"
"$clsbpf" -j map dequeue pinned $fs/q >"$tmp/b.out"
check "map pop" sh -c "grep -q '^value: 01 00 00 00' '$tmp/a.out' &&
	grep -qx '{\"key\":\[\],\"value\":\[\"0x02\",\"0x00\",\"0x00\",\"0x00\"\]}' '$tmp/b.out'"
agreed "map push and peek"
ours map create $fs/h type hash key 4 value 4 entries 4 name $name flags 1
ours map create $fs/om type hash_of_maps key 4 value 4 entries 4 name om inner_map pinned $fs/h
ours map update pinned $fs/om key 1 0 0 0 value pinned $fs/h
same map dump pinned $fs/om
same map lookup pinned $fs/om key 1 0 0 0
ours map update pinned $fs/h key 1 2 3 4 value 4 3 2 1
ours map freeze pinned $fs/h
same map show pinned $fs/h
same map show name $name
ours map pin pinned $fs/h $fs/h2
same map show pinned $fs/h2
agreed "map create, freeze, pin; several of one name"

id=$(bpftool -j prog show pinned $fs/b/one | sed 's/.*"btf_id":\([0-9]*\).*/\1/')
for words in "id $id" "prog pinned $fs/b/one" "map pinned $fs/n/thash" "map pinned $fs/n/thash key" \
	"map pinned $fs/n/thash value" "map pinned $fs/n/thash kv" "map pinned $fs/n/thash all" "file $tmp/v.o"; do
	# shellcheck disable=SC2086
	same btf dump $words
	# shellcheck disable=SC2086
	same btf dump $words format raw
done
agreed "btf dump"
# Newer libbpf says of an enum of 8 bytes how it is so large; bpftool has one of its own.
for side in "bpftool a" "$clsbpf b"; do
	${side% *} btf dump prog pinned $fs/b/one format c | sed 's/ __attribute__((mode(word)))//' >"$tmp/${side##* }.out"
done
check_same "btf dump format c" "$tmp/a.out" "$tmp/b.out"

head -c 100 /dev/zero | tr '\0' x >"$tmp/in"
head -c 192 /dev/zero >"$tmp/ctx"
for words in "" "repeat 5" "data_out -" "ctx_in $tmp/ctx ctx_out -" "data_out - ctx_in $tmp/ctx ctx_out -" "ctx_out -" \
	"data_out - data_size_out 16"; do
	# shellcheck disable=SC2086
	same prog run pinned $fs/b/a_program_with_a_long_name data_in "$tmp/in" $words
	[ "$words" = "data_out - data_size_out 16" ] && rm "$tmp/differ"  # the sentence is ours
done
agreed "prog run"
ours prog run pinned $fs/b/two data_in "$tmp/in" data_out "$tmp/out"
check_same "prog run data_out FILE" "$tmp/in" "$tmp/out"

ours prog load "$tmp/v.o" $fs/w1 map name thash pinned $fs/n/thash map idx 1 pinned $fs/n/tarr
check "prog load takes maps that are there" python3 -c 'import json, subprocess, sys
show = lambda *w: json.loads(subprocess.run([sys.argv[1], "-j", *w], capture_output=True).stdout)
ids = show("prog", "show", "pinned", sys.argv[2] + "/w1")["map_ids"]
assert all(show("map", "show", "pinned", sys.argv[2] + m)["id"] in ids for m in ("/n/thash", "/n/tarr"))' "$clsbpf" $fs
ours prog load "$tmp/v.o" $fs/w2 type action
check "prog load type" sh -c "'$clsbpf' prog show pinned $fs/w2 | grep -q sched_act"
check_status "prog load onto a name that is taken" 2 "$clsbpf" prog load "$tmp/v.o" $fs/w1 pinmaps $fs/none
check "leaves nothing" test ! -e $fs/none
check_status "prog load with a map that does not fit" 2 "$clsbpf" prog load "$tmp/v.o" $fs/w3 map name thash pinned $fs/n/jmp
check "leaves nothing either" test ! -e $fs/w3
ours prog pin pinned $fs/w1 $fs/w4
same prog show pinned $fs/w4
agreed "prog load and pin"
check "prog tracelog ends with SIGINT" sh -c "timeout -s INT 0.5 '$clsbpf' -j prog tracelog >'$tmp/trace' 2>'$tmp/trace.err'
	[ -s '$tmp/trace.err' ] || python3 -c 'import json, sys; json.load(open(sys.argv[1]))' '$tmp/trace'"
mv "$tmp/v.o" "$tmp/moved.o"
umount $fs
check "a bpf file system is mounted where none is" "$clsbpf" map create $fs/x type array key 4 value 4 entries 1 name x
umount $fs
check_status "not with -n" 2 "$clsbpf" -n map create $fs/x type array key 4 value 4 entries 1 name x
mount -t bpf bpf $fs
"$clsbpf" prog loadall "$tmp/moved.o" $fs/b pinmaps $fs/n

# Words that are wrong: a sentence, status 1; what Linux refuses: 2. With -j it is in the document.
wrong() { # STATUS words...
	wrong_want=$1 wrong_got=0
	shift
	"$clsbpf" -j "$@" >>"$tmp/wrong.json" 2>/dev/null </dev/null || wrong_got=$?
	[ $wrong_got = "$wrong_want" ] || echo "$* ended with $wrong_got" >>"$tmp/wrong"
}
huge=$(head -c 100000 /dev/zero | tr '\0' 7)
for words in "map bla" "map lookup" "map show id" "map show id x" "map show id -1" "map show id 4294967296" "map show id $huge" \
	"map show name $huge" "map show bla x" "prog show tag 00" "prog show tag 00112233445566zz" "prog dump" "prog dump xlated" \
	"prog dump foo id 1" "prog load $tmp/v.c $fs/y" "prog load" "prog load $tmp/moved.o" "prog load $tmp/moved.o $fs/y type foo" \
	"prog load $tmp/moved.o $fs/y map idx 99 pinned $fs/n/raw" "prog load $tmp/moved.o $fs/y map name x pinned $fs/n/raw" \
	"prog run pinned $fs/b/one" "prog run pinned $fs/b/one data_in /nowhere" "prog run pinned $fs/b/one data_in $tmp/in repeat x" \
	"prog run pinned $fs/b/one data_in $tmp/in data_in $tmp/in" "btf dump" "btf dump id" "btf dump id 1 format x" "btf dump file $tmp/v.c" \
	"link show pinned $fs/b/one" "map show pinned $fs/b/one" "map update pinned $fs/n/raw key 1 2 3 value 1" \
	"map update pinned $fs/n/small key 1 2 3 256 value 1 2 3 4" "map update pinned $fs/n/small key hex 1 2 3 100 value 1 2 3 4" \
	"map update pinned $fs/n/small key 1 2 3 -1 value 1 2 3 4" "map update pinned $fs/n/small key 1 2 3 4 value 1 2 3 zz" \
	"map update pinned $fs/n/small key 1 2 3 4 key 1 2 3 4" "map update pinned $fs/n/small key 1 2 3 4" \
	"map update pinned $fs/n/small key 1 2 3 4 value 1 2 3 4 5" "map update pinned $fs/n/small key 1 2 3 4 value 1 2 3 4 any exist" \
	"map update pinned $fs/n/jmp key 1 0 0 0 value 1 0 0 0" "map update pinned $fs/n/jmp key 1 0 0 0 value pinned $fs/n/raw" \
	"map create $fs/y type hsh key 4 value 4 entries 1 name y" "map create $fs/y type hash key 4 value 4 entries 1" \
	"map create $fs/y type hash key 4 key 4 value 4 entries 1 name y" "map create $fs/y type hash key 4 value x entries 1 name y" \
	"map create $fs/y type hash key 4 value 4 entries 1 name abcdefghijklmnop" "map pin pinned $fs/n/raw" "prog show -x"; do
	# shellcheck disable=SC2086
	wrong 1 $words
done
for words in "map show id 0" "map show name nobody$$" "prog show tag 0011223344556677" "btf show id 0" "link detach id 0" \
	"map show pinned /nowhere" "map delete pinned $fs/n/raw key 9 9 9 9 9 9" "map lookup pinned $fs/n/raw key 9 9 9 9 9 9" \
	"map create $fs/y type hash key 4 value 4 entries 0 name y" "map create /nowhere/y type hash key 4 value 4 entries 1 name y" \
	"map update pinned $fs/n/jmp key 9 0 0 0 value pinned $fs/b/one" "map pin pinned $fs/n/raw $fs/b/one" \
	"prog run pinned $fs/b/one data_in $tmp/ctx ctx_in $tmp/in" "prog load $tmp/moved.o /nowhere/y"; do
	# shellcheck disable=SC2086
	wrong 2 $words
done
check "wrong words and refusals" sh -c "test ! -s '$tmp/wrong' || { cut -c1-200 '$tmp/wrong'; false; }"
check "a line of JSON says why" python3 -c 'import json, sys
for line in open(sys.argv[1]):
    d = json.loads(line)
    assert d is None or (d[-1] if isinstance(d, list) else d)["error"], line' "$tmp/wrong.json"
check "none of them pinned anything" test ! -e $fs/y
}

if [ "${VERBS_INSIDE:-}" = yes ] && command -v bpftool >/dev/null; then
	linux
else
	skip "beside bpftool on Linux" "not root, or no bpftool"
	mv "$tmp/v.o" "$tmp/moved.o"
fi

# The engine ends with the command: a command shows what it does itself.
check "engine: prog loadall" "$clsbpf" --backend engine prog loadall "$tmp/moved.o" $fs/a/b pinmaps $fs/m
check "engine: the same by the environment" env CLSBPF_BACKEND=engine "$clsbpf" prog load "$tmp/moved.o" $fs/a type action
check "engine: map create" "$clsbpf" --backend=engine map create $fs/x type hash key 4 value 4 entries 4 name x
check_status "engine: a map that is refused" 2 "$clsbpf" --backend engine map create $fs/x type hash key 0 value 4 entries 4 name x
check "engine: nothing is there" sh -c "test \"\$('$clsbpf' -jp --backend engine prog list)\" = '[]'"
check "engine: btf dump file" sh -c "'$clsbpf' --backend engine btf dump file '$tmp/moved.o' format c | grep -q 'struct inner in\[2\];'"
check_status "engine: behind a socket" 1 "$clsbpf" --backend engine:/nowhere prog show
for cut in 0 1 64 1000 3000; do
	head -c $cut "$tmp/moved.o" >"$tmp/cut.o"
	check_status "an object cut after $cut bytes" 1 "$clsbpf" --backend engine prog load "$tmp/cut.o" $fs/a
	check_status "and its BTF" 1 "$clsbpf" btf dump file "$tmp/cut.o"
done
tap_end
