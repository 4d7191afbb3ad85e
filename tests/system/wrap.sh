#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# clsbpf wrap: a client of bpf(2) sees under it what it sees on Linux; words, exit status and signals of
# the command are its own. As who runs the test, and once more as nobody.
. "$(dirname "$0")/tap.sh"
calls=$build/tests/wrap/calls
chmod 755 "$tmp"
cp "$clsbpf" "$calls" "$tmp"   # a build may lie where nobody may not look
mkdir -m 777 "$tmp/place"

nobody() { # command...
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "$@"
	else
		"$@"
	fi
}
wrap() { "$tmp/clsbpf" wrap "$@"; }

if ! nobody "$tmp/clsbpf" wrap true >"$tmp/out" 2>&1; then
	skip "wrap" "no seccomp notifications here: $(head -1 "$tmp/out")"
	tap_end
fi

CLSBPF_RUNDIR=$tmp/run "$tmp/clsbpf" serve >"$tmp/serve" 2>&1 &
daemon=$!
while ! grep -q listening "$tmp/serve" && kill -0 $daemon 2>/dev/null; do sleep 0.02; done

# The same client on both kernels.
both() { # NAME COMMAND
	nobody "$tmp/clsbpf" wrap sh -c "exec $2" >"$tmp/wrapped" 2>&1 </dev/null
	if may_use_kernel; then
		unshare -n -m sh -c "mount -t bpf bpf /sys/fs/bpf && exec $2" >"$tmp/linux" 2>&1 </dev/null
		check_same "$1: as nobody as on Linux" "$tmp/linux" "$tmp/wrapped"
		wrap sh -c "exec $2" >"$tmp/root" 2>&1 </dev/null
		check_same "$1: as root as on Linux" "$tmp/linux" "$tmp/root"
		wrap --backend "$tmp/run/socket" sh -c "exec $2" >"$tmp/daemon" 2>&1 </dev/null
		check_same "$1: with a daemon as on Linux" "$tmp/linux" "$tmp/daemon"
		rm -rf "$tmp"/run/bpf/*
	else
		skip "$1" "needs root, to ask Linux"
	fi
}
for case in links last_close mmap exec closed vfork threads signals hostile no_room polls pins ways tree; do
	both $case "'$tmp/calls' $case"
done
for client in skeleton go_client; do
	if [ -x "$build/tests/wrap/$client" ]; then
		cp "$build/tests/wrap/$client" "$tmp"
		both $client "'$tmp/$client'"
	else
		skip "$client" "it was not built: libbpf-dev, bpftool, golang-go"
	fi
done
check "instances of epoll that are closed cost nothing" sh -c "
	ulimit -n 200; '$tmp/clsbpf' wrap '$tmp/calls' polls | grep -q 500"
kill $daemon
wait $daemon
tap $? "the daemon ends"
printf 'update: done\nanother map: ENOENT\n' >"$tmp/killed"
nobody "$tmp/clsbpf" wrap "$tmp/calls" killed alone >"$tmp/out" 2>&1
check_same "clients that are killed leave nothing" "$tmp/killed" "$tmp/out"
abis='x32: ENOSYS
i386: ENOSYS'
if [ "$(uname -m)" != x86_64 ]; then
	skip "other ABIs" "this processor has one"
elif nobody "$tmp/calls" abi 80 >/dev/null 2>&1; then
	echo "$abis" >"$tmp/abis"
	nobody "$tmp/clsbpf" wrap "$tmp/calls" abi 80 >"$tmp/out" 2>&1
	check_same "other ABIs have no bpf(2)" "$tmp/abis" "$tmp/out"
else
	echo "$abis" | head -1 >"$tmp/abis"
	nobody "$tmp/clsbpf" wrap "$tmp/calls" abi >"$tmp/out" 2>&1
	check_same "x32 has no bpf(2)" "$tmp/abis" "$tmp/out"
	skip "i386 has no bpf(2)" "Linux runs no i386 code here"
fi
nobody "$tmp/clsbpf" wrap "$tmp/calls" pins "$tmp/place" >"$tmp/out" 2>&1
check "mount of bpf elsewhere" grep -q "^mount: done" "$tmp/out"
check "nothing of it is left" rmdir "$tmp/place"
check "nothing in /sys/fs/bpf" sh -c '[ -z "$(find /sys/fs/bpf -name .clsbpf 2>/dev/null)" ]'

# Rights.
nobody "$tmp/clsbpf" wrap --unprivileged "$tmp/calls" vfork >"$tmp/out" 2>&1
check "--unprivileged: no map, no lookup" grep -q "lookup: EBADF" "$tmp/out"
rights() { # NAME ANSWERS WORDS...: the switch, then what calls rights prints; opening to write is refused
	name=$1
	printf "switch: $2\nopen to write: EACCES\nhash: $3\nLRU hash: $4\nfilter: $5\nlong filter: $6\nclassifier: $7\n" >"$tmp/wanted"
	shift 7
	nobody "$tmp/clsbpf" wrap "$@" "$tmp/calls" rights >"$tmp/out" 2>&1
	check_same "$name" "$tmp/wanted" "$tmp/out"
}
if grep -qs . /proc/sys/kernel/unprivileged_bpf_disabled; then
	rights "everybody's switch" 2 done done done done done
	rights "unprivileged: nothing" 2 EPERM EPERM EPERM EPERM EPERM --unprivileged
	rights "unprivileged, switch 1: nothing" 1 EPERM EPERM EPERM EPERM EPERM \
		--unprivileged --unprivileged-bpf 1
	rights "unprivileged, switch 0: filters" 0 done EPERM done E2BIG EPERM --unprivileged --unprivileged-bpf=0
	rights "switch 1, with CAP_BPF" 1 done done done done done --unprivileged-bpf 1
	CLSBPF_RUNDIR=$tmp/run2 "$tmp/clsbpf" serve --unprivileged-bpf 0 >"$tmp/serve2" 2>&1 &
	open=$!
	while ! grep -q listening "$tmp/serve2" && kill -0 $open 2>/dev/null; do sleep 0.02; done
	wrap --backend "$tmp/run2/socket" --unprivileged "$tmp/calls" rights | grep -v write >"$tmp/out"
	printf 'switch: 0\nhash: done\nLRU hash: EPERM\nfilter: done\nlong filter: E2BIG\nclassifier: EPERM\n' >"$tmp/wanted"
	check_same "a daemon's switch" "$tmp/wanted" "$tmp/out"
	kill $open
	wait $open
	if [ "$(id -u)" = 0 ]; then
		check "root cannot write to it" sh -c "'$tmp/clsbpf' wrap '$tmp/calls' rights | grep -q 'write: EROFS'"
		check "the host's is what it was" sh -c "[ \"\$(stat -c %A /proc/sys/kernel/unprivileged_bpf_disabled)\" = -rw-r--r-- ]"
	else
		skip "root cannot write to it" "needs root"
	fi
else
	skip "kernel.unprivileged_bpf_disabled" "Linux has no such switch here"
fi
check_status "a switch that is none" 1 wrap --unprivileged-bpf 3 true
check_status "a daemon has its own" 1 wrap --backend "$tmp/run/socket" --unprivileged-bpf 0 true
check_status "a daemon's switch that is none" 1 "$tmp/clsbpf" serve --unprivileged-bpf 3
if [ "$(id -u)" = 0 ]; then
	wrap setpriv --reuid=65534 --inh-caps=-all --bounding-set=-all,+setpcap,+bpf,+net_admin --ambient-caps=-all \
		"$tmp/calls" rights >"$tmp/out" 2>&1
	check "a client that gave up its capabilities" grep -q "classifier: EPERM" "$tmp/out"
	wrap setpriv --bounding-set=-net_admin,-sys_admin "$tmp/calls" rights >"$tmp/out" 2>&1
	check "without CAP_NET_ADMIN: no classifier" grep -q "classifier: EPERM" "$tmp/out"
	check "without CAP_NET_ADMIN: a filter" grep -q "long filter: done" "$tmp/out"
	wrap setpriv --reuid=65534 --inh-caps=-all --bounding-set=-all "$tmp/calls" vfork >"$tmp/out" 2>&1
	check "a client that gave up CAP_BPF has none" grep -q "lookup: EBADF" "$tmp/out"
	wrap unshare -U -r "$tmp/calls" vfork >"$tmp/out" 2>&1
	check "capabilities in a namespace of its own are none" grep -q "lookup: EBADF" "$tmp/out"
	mkdir -m 700 "$tmp/secret"
	check "a client is not told what is where it may not look" sh -c "'$tmp/clsbpf' wrap \
		setpriv --reuid=65534 --clear-groups '$tmp/calls' get '$tmp/secret/nothing' | grep -q EACCES"
	check "a client with processes and /proc of its own" "$tmp/clsbpf" wrap unshare -p -f sh -c "
		mount -t proc proc /proc && '$tmp/calls' vfork | grep -q 'lookup: done'"
else
	skip "rights of clients" "needs root"
fi

# The command is itself.
check_status "exit status" 7 wrap sh -c 'exit 7'
check_status "a command that is not there" 127 wrap "$tmp/nothing"
check_status "a command that cannot be run" 126 wrap "$tmp"
check_status "no command" 1 wrap
check_status "an unknown option" 1 wrap --nothing true
check_status "options behind -- are the command's" 127 wrap -- --unprivileged
check "its options are its own" sh -c "[ \"\$('$tmp/clsbpf' wrap echo --unprivileged -v)\" = '--unprivileged -v' ]"
check "standard input and output" sh -c "[ \"\$(echo x | '$tmp/clsbpf' wrap cat)\" = x ]"
for signal in TERM KILL SEGV; do
	python3 -c 'import signal, subprocess, sys
status = subprocess.run(sys.argv[2:]).returncode
sys.exit(status != -getattr(signal, "SIG" + sys.argv[1]))' \
		$signal "$tmp/clsbpf" wrap sh -c "kill -$signal \$\$" 2>/dev/null
	tap $? "killed by SIG$signal as its command"
done
for signal in TERM USR1 HUP; do
	"$tmp/clsbpf" wrap sh -c "trap 'echo got $signal; exit 3' $signal; echo ready >'$tmp/ready'
		while :; do sleep 0.05; done" >"$tmp/out" &
	while [ ! -s "$tmp/ready" ]; do sleep 0.02; done
	rm "$tmp/ready"
	kill -$signal $!
	wait $!
	[ $? = 3 ] && grep -q "got $signal" "$tmp/out"
	tap $? "SIG$signal reaches the command"
done
python3 -c 'import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])' "$tmp/clsbpf" wrap sh -c 'exit 6'
[ $? = 6 ]
tap $? "started by somebody who ignores SIGCHLD"
check "a child that lives on is served, and waited for" sh -c "
	'$tmp/clsbpf' wrap sh -c '(sleep 0.3; \"$tmp/calls\" vfork >\"$tmp/late\") & exit 5'; [ \$? = 5 ] && grep -q done '$tmp/late'"
timeout 20 python3 -c 'import os, pty, sys
child, terminal = pty.fork()
if not child:
    os.execv(sys.argv[1], sys.argv[1:])
text = b""
while b"." not in text:
    text += os.read(terminal, 100)
while os.waitpid(child, os.WNOHANG)[0] == 0:
    os.write(terminal, b"\003")
    os.sched_yield()
os.kill(int(text.split(b".")[0]), 9)' "$tmp/clsbpf" wrap setsid -f sh -c 'echo $$.; exec sleep 30'
tap $? "^C of a terminal ends it when only orphans are left"
check "SIGPIPE is the command's" sh -c "'$tmp/clsbpf' wrap sh -c 'kill -PIPE \$\$; exit 4'; [ \$? != 4 ]"
check "limits are the command's" sh -c "
	ulimit -S -n 64; [ \"\$('$tmp/clsbpf' wrap sh -c 'ulimit -S -n')\" = 64 ]"
"$tmp/clsbpf" wrap --verbose "$tmp/calls" hostile >"$tmp/out" 2>&1
check "--verbose says why" grep -q "^clsbpf wrap: bpf(1000): bpf: command 1000 is not known: Invalid" "$tmp/out"
check "wrap under wrap says why not" sh -c "'$tmp/clsbpf' wrap '$tmp/clsbpf' wrap true 2>&1 | grep -q 'wrap under wrap'"
check_status "an engine in a daemon that is not there" 2 wrap --backend "$tmp/socket" true

tap_end
