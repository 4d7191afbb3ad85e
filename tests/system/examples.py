#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The example classifiers: packets in; verdict, metadata and packets out. usage: examples.py BUILD

A case is one packet, what `run --per-packet --json` must say of it, and the bytes that must come out
in the pcapng file (None: the packet must not come out)."""
import json
import os
import struct
import subprocess
import sys
import tempfile

BUILD = os.path.abspath(sys.argv[1])
MAC = bytes.fromhex("020000000002 020000000001".replace(" ", ""))


def ip4(proto, payload, src="10.0.0.1", dst="10.0.0.2", frag=0):
    addr = [bytes(map(int, a.split("."))) for a in (src, dst)]
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, frag, 64, proto, 0) + addr[0] + addr[1] + payload


def ip6(proto, payload):
    return struct.pack(">IHBB", 6 << 28, len(payload), proto, 64) + bytes(15) + b"\1" + bytes(15) + b"\2" + payload


def ports(src, dst, rest=b"\0" * 16):
    return struct.pack(">HH", src, dst) + rest


def udp(src, dst, size=8):
    return struct.pack(">HHHH", src, dst, size, 0) + bytes(max(0, size - 8))


def frame(proto, payload, vlan=None):
    tag = struct.pack(">HH", 0x8100, vlan) if vlan is not None else b""
    return MAC + tag + struct.pack(">H", proto) + payload


IP, IP6, ARP = 0x0800, 0x86DD, 0x0806
same = object()
FIREWALL = [
    # name, packet, expected members, bytes out
    ("no rule", frame(IP, ip4(6, ports(1, 2))), {"verdict": "ok"}, same),
    ("a blocked prefix", frame(IP, ip4(6, ports(1, 80), src="10.0.0.200")), {"verdict": "shot"}, None),
    ("one below the prefix", frame(IP, ip4(6, ports(1, 80), src="10.0.0.127")), {"verdict": "ok"}, same),
    ("a blocked network", frame(IP, ip4(17, udp(1, 53), src="192.0.2.9")), {"verdict": "shot"}, None),
    ("a rule that drops: UDP 5201", frame(IP, ip4(17, udp(9, 5201))), {"verdict": "shot"}, None),
    ("a rule that counts: TCP 5201", frame(IP, ip4(6, ports(9, 5201))), {"verdict": "ok"}, same),
    ("the same over IPv6", frame(IP6, ip6(17, udp(9, 5201))), {"verdict": "shot"}, None),
    ("the same in a VLAN", frame(IP, ip4(17, udp(9, 5201)), vlan=5), {"verdict": "shot"}, None),
    ("a tag stays", frame(IP, ip4(17, udp(9, 5202)), vlan=5), {"verdict": "ok"}, same),
    ("TCP 81 is dropped", frame(IP, ip4(6, ports(9, 81))), {"verdict": "shot"}, None),
    ("a later fragment has no ports", frame(IP, ip4(17, udp(9, 5201), frag=3)), {"verdict": "ok"}, same),
    ("a cut IP header", frame(IP, ip4(17, b"")[:10]), {"verdict": "shot"}, None),
    ("ARP passes", frame(ARP, bytes(28)), {"verdict": "ok"}, same),
]
FIREWALL_MAPS = ["blocked4=examples/firewall-blocked4.json", "rules=examples/firewall-rules.json"]
# rule -> packets
COUNTERS = {0: 4, 1: 2, 2: 1, 3: 3, 4: 1, 5: 1, 7: 1}


def web(vlan):
    return frame(IP, ip4(6, ports(80, 4000)), vlan=vlan)


DISPATCHER = [
    ("web gets VLAN 100", web(None), {"verdict": "ok"}, web(100)),
    ("another tag becomes VLAN 100", web(7), {"verdict": "ok"}, web(100)),
    ("other TCP loses its tag", frame(IP, ip4(6, ports(22, 4000)), vlan=7), {"verdict": "ok"},
     frame(IP, ip4(6, ports(22, 4000)))),
    ("DNS gets priority 6 and class 1:10", frame(IP, ip4(17, udp(53, 4000, 40))),
     {"verdict": "ok", "priority": 6, "classid": "1:10"}, same),
    ("a long datagram stays in the filter's class", frame(IP6, ip6(17, udp(9, 4000, 400))),
     {"verdict": "ok", "classid": "1:1"}, same),
    ("an echo request gets its mark", frame(IP, ip4(1, b"\x08" + bytes(7))), {"verdict": "ok", "mark": 0xEC40}, same),
    ("an echo reply does not", frame(IP, ip4(1, bytes(8))), {"verdict": "ok"}, same),
    ("an ICMPv6 echo request", frame(IP6, ip6(58, b"\x80" + bytes(7))), {"verdict": "ok", "mark": 0xEC40}, same),
    ("ARP gets priority 7", frame(ARP, bytes(28)), {"verdict": "ok", "priority": 7}, same),
    ("a cut transport header", frame(IP, ip4(17, b"\0")), {"verdict": "shot"}, None),
    ("an unknown protocol passes", frame(0x88CC, bytes(46)), {"verdict": "ok"}, same),
]


class Tap:
    count, failed = 0, False

    def case(self, good, name, why=""):
        self.count += 1
        self.failed |= not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}")
        if not good:
            for line in str(why).splitlines()[:20]:
                print(f"# {line}")


def pcapng_packets(path):
    """(bytes, verdict) of each enhanced packet block; the verdict is its epb_verdict option."""
    data, at, out = open(path, "rb").read(), 0, []
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        if kind == 6:
            captured = struct.unpack_from("<I", data, at + 20)[0]
            option, verdict = at + 28 + (captured + 3 & ~3), None
            while option < at + size - 4:
                code, length = struct.unpack_from("<HH", data, option)
                if code == 7 and data[option + 4] == 1:
                    verdict = struct.unpack_from("<q", data, option + 5)[0]
                option += 4 + (length + 3 & ~3)
            out.append((data[at + 28:at + 28 + captured], verdict))
        at += size
    return out


def run(tap, example, cases, extra, tmp):
    pcap, out = os.path.join(tmp, example + ".pcap"), os.path.join(tmp, example + ".pcapng")
    with open(pcap, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for i, (_, packet, _, _) in enumerate(cases):
            f.write(struct.pack("<IIII", i, 0, len(packet), len(packet)) + packet)
    done = subprocess.run([f"{BUILD}/clsbpf", "run", f"{BUILD}/examples/{example}.o", "-r", pcap, "-w", out,
                           "--per-packet", "--json", "--dump-maps"] + extra, capture_output=True, text=True)
    tap.case(done.returncode == 0, f"{example} runs", done.stderr)
    if done.returncode:
        return {}
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    written = pcapng_packets(out)
    for (name, packet, members, bytes_out), said in zip(cases, lines):
        unsaid = {k: said.get(k, 0) for k in ("mark", "priority")}
        good = all(said.get(k) == v for k, v in members.items()) and \
            all(members.get(k, 0) == v for k, v in unsaid.items())
        tap.case(good, f"{example}: {name}", said)
        if bytes_out is None:
            continue
        expected = packet if bytes_out is same else bytes_out
        got, verdict = written.pop(0) if written else (b"", None)
        tap.case(got == expected and verdict == 0, f"{example}: {name}: the packet that comes out",
                 f"{got.hex()}, verdict {verdict}, expected\n{expected.hex()}")
    tap.case(not written, f"{example}: nothing else comes out", written)
    return lines[-1]


def number(value):
    """A map dump's bytes, or a number, as an integer."""
    return value if isinstance(value, int) else sum(int(b, 0) << 8 * i for i, b in enumerate(value))


def main():
    tap = Tap()
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
    with tempfile.TemporaryDirectory() as tmp:
        summary = run(tap, "firewall", FIREWALL, [w for m in FIREWALL_MAPS for w in ("--map", m)], tmp)
        entries = summary.get("maps", {}).get("counters", [])
        counted = {number(e["key"]): number(e["values"][0]["value"][:8]) for e in entries}
        tap.case({k: v for k, v in counted.items() if v} == COUNTERS, "firewall: a counter for each rule", counted)
        run(tap, "dispatcher", DISPATCHER, ["--classid", "1:1"], tmp)
    print(f"1..{tap.count}")
    return tap.failed


if __name__ == "__main__":
    sys.exit(main())
