#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the processes of a claudefs-push have in memory.

usage: memory_has.py ARGUMENT STRING
For each process of that name with that argument a line "filtered yes|no" or "free yes|no": whether it has a system call
filter, and whether the string is in its memory. Sorted.
"""
import os
import re
import sys

argument, string = sys.argv[1].encode(), sys.argv[2].encode()


def has(pid):
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            begin, end, mode = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
            if mode[0] != "r" or "[v" in line:
                continue
            size = int(end, 16) - int(begin, 16)
            # A sanitizer's shadow; nobody has a heap of that size.
            if size > 1 << 30:
                continue
            memory.seek(int(begin, 16))
            try:
                if string in memory.read(size):
                    return True
            except OSError:
                continue
    return False


found = []
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as line:
            words = line.read().split(b"\0")
        if not words[0].endswith(b"/claudefs-push") or argument not in words:
            continue
        with open(f"/proc/{pid}/status", encoding="utf-8") as status:
            kind = "filtered" if "\nSeccomp:\t2\n" in status.read() else "free"
        found.append(f"{kind} {'yes' if has(pid) else 'no'}")
    except OSError:
        continue
print("\n".join(sorted(found)))
