#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# CO-RE against libbpf: core.sh CORE_COMPARE SEED OBJECTS COMPILER...
#
# Programs about structures of the running kernel are generated, compiled by each compiler and loaded
# by libbpf and by our loader; their instructions must be the same. SEED and OBJECTS say which and how many.
set -u
compare=$(realpath "$1")
seed=$2
objects=$3
shift 3
here=$(dirname "$(realpath "$0")")

skip() {
	echo "1..1"
	echo "ok 1 - CO-RE by libbpf and by ours # SKIP $1"
	exit 0
}

[ "$(id -u)" = 0 ] || skip "loading into Linux needs root"
[ -r /sys/kernel/btf/vmlinux ] || skip "this kernel has no BTF"
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
echo "1..$#"
echo "# seed $seed"
number=0
for clang; do
	number=$((number + 1))
	clang_name=$(basename "$clang")
	flags="-O2 -g -target bpf -I$here"
	for i in $(seq "$objects"); do
		"$here/core_types.py" /sys/kernel/btf/vmlinux $((seed + i)) 20 >"$folder/$i.c" &&
			"$clang" $flags -c "$folder/$i.c" -o "$folder/$clang_name-$i.o" || exit 1
	done
	"$clang" $flags -c "$here/objects/core.c" -o "$folder/$clang_name-a.o" &&
		"$clang" $flags -DMISSING -c "$here/objects/core.c" -o "$folder/$clang_name-b.o" || exit 1
	if unshare -n -m "$compare" "$folder/$clang_name-"*.o; then
		echo "ok $number - $clang_name"
	else
		echo "not ok $number - $clang_name"
	fi
done
