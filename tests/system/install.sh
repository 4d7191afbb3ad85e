#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The installed library: a program is built against it with what pkg-config says, and runs.
. "$(dirname "$0")/tap.sh"
root=$tmp/root
if nm "$clsbpf" | grep -q '__asan_init\|__tsan_init\|__gcov_init'; then
	skip "the installed library" "it is instrumented: programs linked with it would need the same flags"
	tap_end
fi
check "make install" env DESTDIR="$root" meson install -C "$build" --no-rebuild --quiet
pc=$(find "$root" -name clsbpf.pc | head -n 1)
check "clsbpf.pc is installed" test -n "$pc"
export PKG_CONFIG_PATH="$(dirname "$pc")" PKG_CONFIG_SYSROOT_DIR="$root"
lib=$(dirname "$(dirname "$pc")")
# shellcheck disable=SC2046
check "examples/embed builds against it" sh -c \
	"cc '$top/examples/embed/classify.c' \$(pkg-config --cflags --libs clsbpf) -lpcap -o '$tmp/classify'"
check "it runs" env LD_LIBRARY_PATH="$lib" "$tmp/classify" "$build/examples/minimal.o" \
	"$top/examples/captures/demo.pcap"
check "it counts every packet" sh -c \
	"LD_LIBRARY_PATH='$lib' '$tmp/classify' '$build/examples/minimal.o' '$top/examples/captures/demo.pcap' |
	 grep -q '^$(tcpdump -nr "$top/examples/captures/demo.pcap" 2>/dev/null | wc -l) passed, 0 dropped'"
check "only the public names are exported" sh -c \
	"nm -D --defined-only '$lib'/libclsbpf.so | awk '{print \$3}' | grep -v '^clsbpf_\|^CLSBPF_' | grep . && exit 1; exit 0"
check "the library's soname" sh -c "readelf -d '$lib'/libclsbpf.so | grep -q 'soname.*libclsbpf.so.0\]'"
check "names have versions" sh -c \
	"nm -D --with-symbol-versions --defined-only '$lib'/libclsbpf.so | grep -q ' clsbpf_bpf@@CLSBPF_0.1'"
check "the static library alone will do" sh -c \
	"cc -I'$(dirname "$(find "$root" -name clsbpf.h)")' '$top/examples/embed/classify.c' '$lib'/libclsbpf.a \
	 -lelf -lmnl -lmd -lz -lpthread -lpcap -o '$tmp/static' && '$tmp/static' '$build/examples/minimal.o' \
	 '$top/examples/captures/demo.pcap'"
check "the program runs" "$(find "$root" -path '*/bin/clsbpf')" --version
cc=clang
command -v clang >/dev/null || cc=clang-14
check "a module of the talk compiles with the installed bpf_api.h" sh -c \
	"cp '$top/examples/talk/minimal.c' '$tmp/minimal.c' && cd '$tmp' &&
	 $cc -O2 -target bpf -isystem '$(dirname "$(find "$root" -name clsbpf.h)")' -c minimal.c -o minimal.o"
if command -v scdoc >/dev/null; then
	for page in clsbpf.1 clsbpf-run.1 clsbpf-diff.1 clsbpf-disasm.1 clsbpf-inspect.1 clsbpf-tc.8; do
		check "the page $page" test -s "$(find "$root" -name "$page")"
	done
else
	skip "manual pages" "scdoc is not installed"
fi
completion=$(find "$root" -path '*/completions/clsbpf')
if command -v bash >/dev/null; then
	check "the completion knows the verbs and their options" bash -c "PATH='$build':\$PATH; . '$completion'
		COMP_WORDS=(clsbpf di); COMP_CWORD=1; _clsbpf; [[ \${COMPREPLY[*]} == 'diff disasm' ]] &&
		COMP_WORDS=(clsbpf run --dump); COMP_CWORD=2; _clsbpf; [[ \${COMPREPLY[*]} == --dump-maps ]] &&
		COMP_WORDS=(clsbpf filter show ing); COMP_CWORD=3; _clsbpf; [[ \${COMPREPLY[0]} == ingress ]]"
else
	skip "completion" "bash is not installed"
fi
check "the example has fewer than 100 lines" test "$(wc -l <"$top/examples/embed/classify.c")" -lt 100
tap_end
