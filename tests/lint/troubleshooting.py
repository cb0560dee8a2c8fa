#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/TROUBLESHOOTING.md has a row for each line that tells a person of something wrong, and none for a line that
is there no more.

A message is the format of a message_error(), a message_warning(), or of a push_problem_set(), which says why a push is
refused or waits, or what bootstrap dies of; each conversion is written as an ellipsis. (message_info() is left out: it tells what goes on.) The
table's first cell is the message between backquotes, with '|' as '\\|'."""
import pathlib
import re
import sys

ELLIPSIS = "\u2026"
# A string literal, or a macro between literals: inttypes.h's, or one of our own.
TOKEN = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([A-Z][A-Za-z0-9_]*)(?=[\s",)]))')
EXPANSION = re.compile(r"\$(?:\([^)]*\)|\{[^}]*\}|\w+|[*@#?$!-])")
PROBLEM = re.compile(r"[^,]*,[^,]*,")
# Who speaks to people, by itself or by what it returns. Tests and fuzzers do not.
DIRECTORIES = ("launcher", "fs/cli", "fs/git", "fs/mount", "init")
CONVERSION = re.compile(r"%[-+ #0-9.*]*(?:hh|h|ll|l|z|j)?[a-zA-Z]")


def to_message(source: str) -> str:
    """The message of the format at the beginning of a call's arguments. One without a literal is a reason that is
    chosen elsewhere: its line is an ellipsis."""
    joined = ""
    at = 0
    while token := TOKEN.match(source, at):
        macro = "u" if (token[2] or "").startswith("PRI") else ELLIPSIS
        joined += token[1] if token[1] is not None else macro
        at = token.end()
    joined = CONVERSION.sub(ELLIPSIS, joined.replace("%%", "\0")).replace("\0", "%")
    return joined.replace('\\"', '"').replace("\\\\", "\\") or ELLIPSIS


def messages_of(source: str) -> set[str]:
    found = set()
    for call in re.finditer(r"\b(?:message_(?:error|warning)|push_problem_set)\(", source):
        arguments = source[call.end():]
        if call[0] == "push_problem_set(":
            # Behind the problem and its code. A declaration or definition has no string there.
            arguments = PROBLEM.sub("", arguments, count=1)
            if not arguments.lstrip().startswith('"'):
                continue
        found.add(to_message(arguments))
    return found


def deaths_of(script: str) -> set[str]:
    return {EXPANSION.sub(ELLIPSIS, text) for text in re.findall(r'\bdie "((?:[^"\\]|\\.)*)"', script)}


def rows_of(page: str) -> set[str]:
    rows = re.findall(r"^\| `((?:[^`\\]|\\.)+)` \| \S.*\|$", page, re.MULTILINE)
    return {row.replace("\\|", "|") for row in rows}


def compare(messages: set[str], rows: set[str]) -> list[str]:
    faults = [f"no row: | `{m.replace('|', chr(92) + '|')}` | what it means, and what to do |" for m in sorted(messages - rows)]
    return faults + [f"no such message any more: {r}" for r in sorted(rows - messages)]


def prove_that_it_can_fail() -> None:
    source = 'x(); message_error("a %s: \\"%.*s\\" %" PRIu64 " 100%%",\n y); message_error(text); message_error("b "\n\t"c");'
    source += ' message_warning("d"); push_problem_set(&p, -E, "e %s", x); int push_problem_set(struct p *p, int r,\n const char *f)'
    want = {f'a {ELLIPSIS}: "{ELLIPSIS}" {ELLIPSIS} 100%', ELLIPSIS, "b c", "d", f"e {ELLIPSIS}"}
    assert messages_of(source) == want, messages_of(source)
    page = "| `b c` | do this |\n| `old \\| x` | do that |\n| `no mend` | |\n"
    assert rows_of(page) == {"b c", "old | x"}, rows_of(page)
    assert len(compare(messages_of(source), rows_of(page))) == 5
    assert compare({"b c"}, {"b c"}) == []
    assert deaths_of('x || die "no $1: ${a:-b} $(c d)"; say "$*"; die "$*"') == {f"no {ELLIPSIS}: {ELLIPSIS} {ELLIPSIS}", ELLIPSIS}


def main() -> int:
    prove_that_it_can_fail()
    root = pathlib.Path(__file__).resolve().parents[2]
    messages = set()
    for directory in DIRECTORIES:
        for path in sorted((root / directory).rglob("*.c")):
            messages |= messages_of(path.read_text(encoding="utf-8"))
    messages |= deaths_of((root / "bootstrap").read_text(encoding="utf-8"))
    if len(messages) < 100:
        print(f"only {len(messages)} messages were found in the code")
        return 1
    faults = compare(messages, rows_of((root / "docs/TROUBLESHOOTING.md").read_text(encoding="utf-8")))
    for fault in faults:
        print(f"docs/TROUBLESHOOTING.md: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
