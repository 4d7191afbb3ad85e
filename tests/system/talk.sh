#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The talk's three modules, unmodified: every compiler compiles them, and they do what the slides say.
. "$(dirname "$0")/tap.sh"
talk=$top/examples/talk
capture=$top/examples/captures/demo.pcap

run() { "$clsbpf" run "$@" -r "$capture" -n 20; }

for cc in clang clang-14 clang-19; do
	command -v $cc >/dev/null || { skip "$cc" "$cc is not installed"; continue; }
	for g in "" -g; do
		dir=$tmp/$cc$g
		mkdir "$dir"
		for m in minimal sharing graft; do
			cp "$talk/$m.c" "$dir/"
			cp "$top/examples/include/clsbpf/bpf_api.h" "$dir/"
			flags=
			[ $m = graft ] && flags=-DJMP_MAP=0
			# The very command of the slides.
			check "$cc $g compiles $m.c" \
				sh -c "cd '$dir' && $cc -O2 $g $flags -target bpf -c $m.c -o $m.o"
		done

		run "$dir/minimal.o" --egress --cgroup-classid 6 --per-packet --json >"$dir/minimal.json" 2>&1
		check "$cc $g minimal: the priority is the classid" \
			test "$(grep -c '"priority": *6[,}]' "$dir/minimal.json")" = 20

		run "$dir/graft.o" --no-da >"$dir/graft.out" 2>"$dir/graft.err"
		check "$cc $g graft: the tail call is taken" \
			test "$(grep -c 'in cls_foo' "$dir/graft.err")" = 20
		check "$cc $g graft: the tail program's classid is the result" \
			grep -q 'classid 1:2a: 20 packets' "$dir/graft.out"
		check "$cc $g graft: no fallthrough" sh -c "! grep -q fallthrough '$dir/graft.err'"

		# The slot stays empty when the tail section is not there to fill it.
		sed '/^__section_tail/,/^}/d' "$dir/graft.c" >"$dir/empty.c"
		check "$cc $g the empty variant compiles" \
			sh -c "cd '$dir' && $cc -O2 $g -DJMP_MAP=0 -target bpf -c empty.c -o empty.o"
		run "$dir/empty.o" --no-da >"$dir/empty.out" 2>"$dir/empty.err"
		check "$cc $g graft with an empty slot: fallthrough" \
			test "$(grep -c fallthrough "$dir/empty.err")" = 20
	done
done
tap_end
