#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/MIGRATION.md against the table of options in launcher/options.c, both ways: every flag of the rsync-based
script has its row, and its row says what the code does; every option of claudefs-run has one."""
import pathlib
import re
import sys

# Of the script's help and page.
FLAGS = {"--help", "--rebuild", "--fresh-creds", "--isolate-claude-data", "--no-sync-back", "--with-gvisor",
         "--no-gvisor", "--allow-git-push", "--disallow-broad-gh-token", "--reload-firewall"}
INTERNAL = {"--credentials-sources"}  # for claudefs doctor
ROW = re.compile(r'\{\s*"(--[a-z-]+)",[^{}]*?,\s*([A-Za-z_]+),\s*(?:true|false)\s*\}')
LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"')


def options_of(source: str) -> dict[str, bool]:
    """Each option's name, and whether it does something: it has a handler that is no refusal."""
    table = source[source.index("} option_table[] = {"):]
    # Without arguments and helps, which may hold anything.
    table = LITERAL.sub(lambda m: m[0] if re.fullmatch(r'"--[a-z-]+"', m[0]) else '""', table[:table.index("\n};")])
    return {name: handler != "NULL" and not handler.startswith("refuse_") for name, handler in ROW.findall(table)}


def section(page: str, title: str) -> str:
    return page.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def compare(options: dict[str, bool], page: str) -> list[str]:
    faults = []
    old = dict(re.findall(r"^\| (?:`-.`, )?`(--[a-z-]+)` \| ([^|]+) \|", section(page, "Flags"), re.MULTILINE))
    new = set(re.findall(r"^\| `(--[a-z-]+)` \| \S", section(page, "New options"), re.MULTILINE))
    faults += [f"{name}: no row in 'Flags'" for name in sorted(FLAGS - old.keys())]
    faults += [f"{name}: was no flag of the script" for name in sorted(old.keys() - FLAGS)]
    for name, answer in sorted(old.items()):
        if name not in options:
            faults.append(f"{name}: claudefs-run would pass it to claude")
        elif answer not in ("the same", "refused") or (answer == "the same") != options[name]:
            faults.append(f"{name}: the row says '{answer}', the code {'does it' if options[name] else 'refuses it'}")
    faults += [f"{name}: no row in 'New options'" for name in sorted(options.keys() - FLAGS - INTERNAL - new)]
    faults += [f"{name}: no such option" for name in sorted(new - options.keys())]
    return faults


def prove_that_it_can_fail(options: dict[str, bool], page: str) -> None:
    assert compare(options | {"--planted": True}, page) == ["--planted: no row in 'New options'"]
    assert compare(options | {"--rebuild": False}, page) == ["--rebuild: the row says 'the same', the code refuses it"]
    assert compare({k: v for k, v in options.items() if k != "--help"}, page)
    assert compare(options, page.replace("| `--rebuild` |", "| `--rebuilt` |"))
    assert options_of('} option_table[] = {\n{ "--a", "X", "b, c", set_a, true },\n{ "--b", NULL, NULL, NULL, false },\n'
                      '{ "--c", NULL, NULL, refuse_c, false },\n};') == {"--a": True, "--b": False, "--c": False}


def main() -> int:
    root = pathlib.Path(__file__).resolve().parents[2]
    options = options_of((root / "launcher/options.c").read_text(encoding="utf-8"))
    page = (root / "docs/MIGRATION.md").read_text(encoding="utf-8")
    if len(options) < 30:
        print(f"only {len(options)} options were found in the code")
        return 1
    faults = compare(options, page)
    for fault in faults:
        print(f"docs/MIGRATION.md: {fault}")
    if not faults:
        prove_that_it_can_fail(options, page)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
