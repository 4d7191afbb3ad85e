#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Mistakes as they are made in C: what the verifier says of each, and whether that helps.

usage: mistakes.py BUILD [NAME...]

Each file of mistakes/ is a program with one mistake and, with -DFIXED, its repair. The head of the file says
what is expected of `clsbpf check`:

    says:     a part of the first sentence
    because:  a part of an event; any number of these lines
    instead:  a part of what is suggested
    clang:    19 - compiled by clang-19 -mcpu=v4, otherwise by clang-14

and `// REFUSED` marks the line that must be pointed at. Both verdicts are Linux's as well, where it can be asked.
A suggestion that is code is put where it says: the program must then be accepted by both.
With --show, what is said of the named ones is printed instead."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mistakes")
INCLUDE = os.path.join(HERE, "..", "..", "..", "examples", "include")
FLAGS = ["-O2", "-g", "-target", "bpf", "-Wall", "-Wno-unused-const-variable", "-Wno-unused-function",
         "-Wno-unused-variable", "-fdebug-compilation-dir=."]


class Mistake:
    def __init__(self, name):
        self.name = name
        self.lines = open(os.path.join(HERE, name + ".c")).read().split("\n")
        head = "\n".join(self.lines).split("*/")[0]
        self.clang = "19" if re.search(r"^ \* clang: +19", head, re.M) else "14"
        self.says, self.because, self.instead = (re.findall(rf"^ \* {key}: +(.*)$", head, re.M)
                                                 for key in ("says", "because", "instead"))
        self.line = [n for n, text in enumerate(self.lines, 1) if "// REFUSED" in text]


class Bench:
    """Compiles and asks, in a folder of its own."""

    def __init__(self, build, folder):
        self.clsbpf, self.folder = os.path.join(build, "clsbpf"), folder
        shutil.copy(os.path.join(HERE, "mistake.h"), folder)

    def compile(self, mistake, lines, name, fixed):
        """The object file of a source, or raises CalledProcessError."""
        source = os.path.join(self.folder, name + ".c")
        with open(source, "w") as f:
            f.write("\n".join(lines))
        output = f"{name}-{'fixed' if fixed else 'broken'}.o"
        command = [f"clang-{mistake.clang}", *FLAGS, "-I", os.path.abspath(INCLUDE), "-c", name + ".c", "-o", output]
        command += ["-mcpu=v4"] if mistake.clang == "19" else []
        subprocess.run(command + (["-DFIXED"] if fixed else []), cwd=self.folder, check=True, capture_output=True,
                       text=True)
        return output

    def check(self, output, *options):
        """(exit status, JSON) of clsbpf check."""
        done = subprocess.run([self.clsbpf, "check", output, "--json", *options], cwd=self.folder, capture_output=True,
                              text=True)
        return done.returncode, json.loads(done.stdout) if done.returncode != 1 else done.stderr

    def show(self, output):
        done = subprocess.run([self.clsbpf, "check", output], cwd=self.folder, capture_output=True, text=True)
        return done.stderr + done.stdout


def refusal(answer):
    refused = [p for p in answer["programs"] if p["verdict"] == "refused"]
    return refused[0] if refused else {}


def judge_broken(mistake, bench, output):
    status, answer = bench.check(output)
    if status != 2:
        return [f"the broken program: exit status {status}: {answer}"], None
    report = refusal(answer).get("verifier")
    if not report:
        return [f"not the verifier's refusal: {refusal(answer)}"], None
    bad = []
    events = [b["text"] for b in report["because"]]
    where = report.get("source", {}).get("line")
    for text in mistake.says:
        if text not in report["sentence"]:
            bad.append(f"the sentence is: {report['sentence']}")
    for text in mistake.because:
        if not any(text in event for event in events):
            bad.append(f"no event says: {text} in {events}")
    for text in mistake.instead:
        if text not in report["instead"]["text"]:
            bad.append(f"the suggestion is: {report['instead']['text']}")
    if [where] != mistake.line:
        bad.append(f"line {where} instead of {mistake.line}")
    if not mistake.says or not mistake.instead:
        bad.append("the file does not say what is expected")
    return bad, report


def judge_suggestion(mistake, bench, report, linux):
    """Code is put in front of its line, in the broken program."""
    instead = report["instead"]
    if not instead["code"]:
        return []
    lines = list(mistake.lines)
    lines.insert(instead["before"] - 1, instead["text"])
    try:
        output = bench.compile(mistake, lines, mistake.name + "_applied", False)
    except subprocess.CalledProcessError as e:
        return [f"the suggestion does not compile: {instead['text']}\n{e.stderr}"]
    return judge_good(bench, output, "with the suggestion", linux)


def judge_good(bench, output, what, linux):
    bad = []
    for kernel, options in [("engine", [])] + ([("Linux", ["--backend", "kernel"])] if linux else []):
        status, answer = bench.check(output, *options)
        if status:
            bad.append(f"{what}: {kernel} refuses: {refusal(answer).get('message', answer)}")
    return bad


def judge(mistake, bench, linux):
    try:
        broken = bench.compile(mistake, mistake.lines, mistake.name, False)
        fixed = bench.compile(mistake, mistake.lines, mistake.name, True)
    except subprocess.CalledProcessError as e:
        return [e.stderr]
    bad, report = judge_broken(mistake, bench, broken)
    if report:
        bad += judge_suggestion(mistake, bench, report, linux)
    bad += judge_good(bench, fixed, "the repaired program", linux)
    if linux:
        status, theirs = bench.check(broken, "--backend", "kernel")
        ours = refusal(bench.check(broken)[1])
        if status != 2 or refusal(theirs).get("errno") != ours.get("errno"):
            bad.append(f"Linux: exit status {status}, errno {refusal(theirs).get('errno')}; "
                       f"engine: errno {ours.get('errno')}")
    return bad


def linux_is_there(bench, mistake):
    """Does it take the repaired form of a program? Returns the reason why it cannot be asked, or None."""
    if os.geteuid():
        return "not root"
    output = bench.compile(mistake, mistake.lines, "probe", True)
    status, _ = bench.check(output, "--backend", "kernel")
    return "Linux takes no programs from here" if status else None


def main():
    arguments = [a for a in sys.argv[1:] if a != "--show"]
    build = os.path.abspath(arguments[0])
    names = arguments[1:] or sorted(n[:-2] for n in os.listdir(HERE) if n.endswith(".c"))
    mistakes = [Mistake(n) for n in names]
    missing = {m.clang for m in mistakes if not shutil.which(f"clang-{m.clang}")}
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        bench = Bench(build, folder)
        if "--show" in sys.argv:
            for m in mistakes:
                print(bench.show(bench.compile(m, m.lines, m.name, False)))
            return 0
        print(f"1..{len(mistakes) + 1}")
        usable = [m for m in mistakes if m.clang not in missing]
        why = linux_is_there(bench, usable[0]) if usable else "no compiler"
        with ThreadPoolExecutor(2) as pool:
            results = pool.map(lambda m: [] if m.clang in missing else judge(m, bench, not why), mistakes)
            failed = 0
            for n, (m, bad) in enumerate(zip(mistakes, results), 1):
                skip = f" # SKIP clang-{m.clang} is not installed" if m.clang in missing else ""
                print(f"{'not ok' if bad else 'ok'} {n} - {m.name}{skip}", flush=True)
                failed += bool(bad)
                for text in bad:
                    print("\n".join(f"# {line}" for line in text.split("\n")))
        print(f"ok {len(mistakes) + 1} - both verdicts on Linux" + (f" # SKIP {why}" if why else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
