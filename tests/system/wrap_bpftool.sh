#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Debian's bpftool, as nobody under clsbpf wrap, and as root on Linux: the same commands work, and say the
# same keys with values of the same types.
. "$(dirname "$0")/tap.sh"
chmod 755 "$tmp"
cp "$clsbpf" "$build/examples/firewall.o" "$tmp"
mkdir -m 777 "$tmp/wrapped" "$tmp/linux"
# Only root has it on the path.
PATH=$PATH:/usr/sbin:/sbin

# What is done, in the folder of one side: a file of standard output each, and the exit statuses.
cat >"$tmp/commands.sh" <<'END'
p=/sys/fs/bpf pretty=
run() { # NAME bpftool's words
	name=$1
	shift
	for form in "" -j $pretty; do
		bpftool $form "$@" >"$name$form" 2>"$name$form.error"
		echo "$name$form: $?"
		cat "$name$form.error" >&2
	done
}
once() { # NAME bpftool's words
	name=$1
	shift
	bpftool "$@" >"$name" 2>"$name.error"
	echo "$name: $?"
	cat "$name.error" >&2
}
id() { # KIND PATH KEY
	bpftool -j "$1" show pinned "$2" | sed "s/.*\"$3\":\([0-9]*\).*/\1/"
}
head -c 64 /dev/zero >packet
once load prog load ../firewall.o $p/fw
once load_maps prog loadall ../firewall.o $p/all pinmaps $p/maps
pretty=-p
run prog_show prog show pinned $p/fw
pretty=
run prog_shows prog show id "$(id prog $p/fw id)"
run xlated prog dump xlated pinned $p/fw
run opcodes prog dump xlated pinned $p/fw opcodes
run prog_run prog run pinned $p/fw data_in packet repeat 3
once create map create $p/m type hash key 4 value 8 entries 16 name mm
once create_array map create $p/array type array key 4 value 4 entries 3 name "w$$"
once update map update pinned $p/m key 1 0 0 0 value 1 2 3 4 5 6 7 8
once update_typed map update pinned $p/maps/blocked4 key 8 0 0 0 10 0 0 0 value 1 0 0 0
once update_twice map update pinned $p/m key 1 0 0 0 value 1 2 3 4 5 6 7 8 noexist
run map_show map show pinned $p/m
run map_shows map show id "$(id map $p/maps/rules id)"
pretty=-p
run map_dump map dump pinned $p/m
pretty=
run map_dump_typed map dump pinned $p/maps/blocked4
run map_dump_percpu map dump pinned $p/maps/counters
run lookup map lookup pinned $p/m key 1 0 0 0
run lookup_typed map lookup pinned $p/maps/blocked4 key 8 0 0 0 10 0 0 0
run next map getnext pinned $p/m
run missing map lookup pinned $p/m key 9 0 0 0
once delete map delete pinned $p/m key 1 0 0 0
once pin map pin pinned $p/m $p/dir
once pin_again map pin pinned $p/m $p/m2
once pin_name map pin name "w$$" $p/array2
once prog_pin prog pin pinned $p/fw $p/fw2
once freeze map freeze pinned $p/array
id=$(id prog $p/fw btf_id)
run btf btf dump id "$id"
once btf_c btf dump id "$id" format c
run btf_show btf show id "$id"
run btf_prog btf dump prog pinned $p/fw
run btf_map btf dump map pinned $p/maps/rules kv
run nothing prog show pinned $p/nothing
find $p ! -name '*.*' | sort >names
rm -r $p/maps $p/all $p/m $p/m2
echo "rm: $?"
END

keys() { python3 - "$1" "$2" <<'END'
# Compare two documents by keys and types. What is left out is listed in docs/compat.md.
import json
import sys

EXEMPT = {"bytes_memlock", "pids", "owner_prog_type", "owner_jited",   # from fdinfo, or an iterator
          "bytes_jited", "orphaned"}                                   # no JIT yet


def shape(value):
    if isinstance(value, dict):
        return {k: shape(v) for k, v in sorted(value.items()) if k not in EXEMPT}
    if isinstance(value, list):
        shapes = []
        for item in map(shape, value):
            if item not in shapes:
                shapes.append(item)
        return shapes
    return type(value).__name__


linux, wrapped = (shape(json.load(open(name))) for name in sys.argv[1:3])
if linux != wrapped:
    sys.exit(f"Linux: {linux}\nwrapped: {wrapped}")
END
}

if ! command -v bpftool >/dev/null; then
	skip "bpftool" "it is not there"
elif ! may_use_kernel; then
	skip "bpftool" "needs root, to ask Linux"
else
	(cd "$tmp/wrapped" && setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all \
		../clsbpf wrap sh ../commands.sh >statuses 2>errors) &
	(cd "$tmp/linux" && unshare -n -m sh -c 'mount -t bpf bpf /sys/fs/bpf && exec sh ../commands.sh' \
		>statuses 2>errors)
	wait
	check_same "every command ends as on Linux" "$tmp/linux/statuses" "$tmp/wrapped/statuses"
	check_same "what it complains about" "$tmp/linux/errors" "$tmp/wrapped/errors"
	check_same "names of pins" "$tmp/linux/names" "$tmp/wrapped/names"
	for file in "$tmp"/linux/*-[jp]; do
		name=$(basename "$file")
		check "$name: keys and types" keys "$file" "$tmp/wrapped/$name"
	done
	for name in map_dump map_dump_typed lookup lookup_typed next btf_c btf btf_map; do
		check_same "$name: the same text" "$tmp/linux/$name" "$tmp/wrapped/$name"
	done
	# It finds helpers by loading a call of each, and by what the log says.
	tr '\n' ' ' <"$top/src/helper/helper.def" | sed 's/HELPER[A-Z_]*(/\n&/g' | grep -E ', +(ALL|TC|SKB)[ ,]' |
		sed -n 's/^HELPER([0-9]*, *\([a-z0-9_]*\),.*/bpf_\1/p' | sort >"$tmp/helpers"
	"$clsbpf" wrap bpftool feature probe full | sed -n '/program type sched_cls:/,/program type/s/^\t- //p' |
		sort >"$tmp/probed"
	check_same "feature probe finds the helpers that there are" "$tmp/helpers" "$tmp/probed"
fi
tap_end
