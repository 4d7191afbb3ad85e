#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Programs that ask about structures of the running kernel, under other layouts: core_types.py BTF SEED COUNT

Reads the kernel's BTF, picks COUNT structures, and writes C with a part of the members of each, in
another order, and every question of CO-RE about each of them. What the answers are is not said here:
two loaders must agree about them."""
import random
import struct
import sys

INT, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT = range(1, 12)
TYPE_TAG = 18
EXTRA = {INT: 4, ARRAY: 12, 14: 4, 17: 4}
EACH = {STRUCT: 12, UNION: 12, ENUM: 8, 13: 8, 15: 12, 19: 12}


class Btf:
    def __init__(self, data):
        _, _, _, header, type_off, type_len, str_off, _ = struct.unpack_from("<HBBIIIII", data)
        self.data, self.strings = data, header + str_off
        self.types = [(0, 0, 0, 0, 0)]
        at, end = header + type_off, header + type_off + type_len
        while at < end:
            name, info, size = struct.unpack_from("<III", data, at)
            kind, vlen = info >> 24 & 31, info & 0xffff
            self.types.append((name, kind, info, size, at + 12))
            at += 12 + EXTRA.get(kind, 0) + EACH.get(kind, 0) * vlen

    def name(self, off):
        at = self.strings + off
        return self.data[at:self.data.index(b"\0", at)].decode()

    def skip(self, number):
        while self.types[number][1] in (TYPEDEF, VOLATILE, CONST, RESTRICT, TYPE_TAG):
            number = self.types[number][3]
        return number

    def members(self, number):
        """Named members of a structure, with those of anonymous ones in it: (name, type, bits)."""
        _, _, info, _, at = self.types[number]
        for i in range(info & 0xffff):
            name, kind, offset = struct.unpack_from("<III", self.data, at + 12 * i)
            if name:
                yield self.name(name), self.skip(kind), offset >> 24 if info >> 31 else 0
            elif self.types[self.skip(kind)][1] in (STRUCT, UNION):
                yield from self.members(self.skip(kind))


def declare(btf, number, name, bits, rng):
    """A member of a like type in C, or None where C would need more types than are worth it."""
    _, kind, _, size, at = btf.types[number]
    if kind == INT:
        encoding = btf.data[at + 3]
        sizes = [size] if bits or rng.random() < 0.7 else [1, 2, 4, 8]
        size = rng.choice(sizes)
        if size not in (1, 2, 4, 8) or encoding & 4:
            return None
        text = f"__{'s' if encoding & 1 else 'u'}{8 * size} {name}"
        return f"{text} : {bits};" if bits else f"{text};"
    if kind == PTR and not bits:
        return f"void *{name};"
    if kind == ARRAY and not bits:
        element, _, count = struct.unpack_from("<III", btf.data, at)
        inner = declare(btf, btf.skip(element), name, 0, rng)
        if inner and "[" not in inner and count:
            return inner[:-1] + f"[{max(1, count - rng.randrange(2))}];"
    return None


KEYWORDS = {"private", "class", "auto", "int", "default", "register", "typeof", "asm", "bool"}


def questions(name, member, line):
    at = f"(({name} *)any)->{member}"
    if "[" in line:
        at += "[0]"
    yield f"exists({at})"
    yield f"offset_of({at})"
    yield f"size_of({at})"
    if "[" not in line and "*" not in line:
        yield f"is_signed({at})"
        yield f"lshift({at})"
        yield f"rshift({at})"


def one(btf, number, index, rng):
    """The structure and the function that asks about it, or None."""
    own = btf.name(btf.types[number][0])
    seen, lines, asked = set(), [], []
    members = [m for m in btf.members(number) if m[0] not in KEYWORDS]
    rng.shuffle(members)
    for member, kind, bits in members[:rng.randrange(1, 9)]:
        line = declare(btf, kind, member, bits, rng)
        if line and member not in seen:
            seen.add(member)
            lines.append("\t" + line)
            asked += questions(f"struct {own}___t{index}", member, line)
    if not lines:
        return None
    if rng.random() < 0.2:
        lines.append("\tint not_in_the_kernel;")
        asked.append(f"exists(((struct {own}___t{index} *)any)->not_in_the_kernel)")
    asked += [f"type_size(struct {own}___t{index})", f"type_exists(struct {own}___t{index})",
              f"type_matches(struct {own}___t{index})"]
    body = "\n".join(f"\tsum = sum * 31 + {question};" for question in asked)
    return (f"struct {own}___t{index} {{\n" + "\n".join(lines) + "\n} CORE;\n"
            f'SEC("tc")\nint ask_{index}(void *any)\n{{\n\t__u64 sum = 0;\n\n{body}\n'
            "\treturn (int)(sum ^ sum >> 32);\n}\n")


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as file:
        btf = Btf(file.read())
    rng = random.Random(int(sys.argv[2]))
    structs = [i for i, t in enumerate(btf.types) if t[1] == STRUCT and t[0] and t[2] & 0xffff > 2]
    print('#include "core_ask.h"')
    left = int(sys.argv[3])
    while left:
        text = one(btf, rng.choice(structs), left, rng)
        if text:
            print(text)
            left -= 1
    print('char _license[] SEC("license") = "Dual BSD/GPL";')


if __name__ == "__main__":
    main()
