#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The installed library: a program is built against it with what pkg-config says, and runs.
. "$(dirname "$0")/tap.sh"
root=$tmp/root
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
check "the example has fewer than 100 lines" test "$(wc -l <"$top/examples/embed/classify.c")" -lt 100
tap_end
