#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every option of claudefs-run, everywhere where it must be: options.table beside this file says where, or why not;
here it is compared with the code (options.c, settings.c, project_file.c) and the manual, in both directions. What the
help and the completions offer comes from the code's table when they run (tests/cli/completion.sh)."""
import pathlib
import re
import sys

ROW = re.compile(r'\{\s*"--([a-z-]+)",\s*("(?:[^"\\]|\\.)*"|NULL),\s*((?:"(?:[^"\\]|\\.)*"\s*)+|NULL),\s*'
                 r'([A-Za-z_]+),\s*(true|false)\s*\}')
NO_SETTING = {"never"}  # a key of the project's alone


def between(text: str, start: str, end: str) -> str:
    return text.split(start, 1)[1].split(end, 1)[0]


def read_table(text: str) -> dict[str, list[str]]:
    rows = [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if line and line[0] != "#"]
    return {row[0]: row[1:] for row in rows}


def read_code(options: str, settings: str, project: str) -> dict[str, dict]:
    found = ROW.findall(between(options, "} option_table[] = {", "\n};"))
    keys = set(re.findall(r'^\t\{ "([a-z-]+)", SETTING_', settings, re.MULTILINE))
    tight = set(re.findall(r'^\t\{ "([a-z-]+)", .*tighten_[a-z]+ \},$', project, re.MULTILINE))
    code = {name: {"help": text != "NULL", "argument": argument.strip('"'), "config": may == "true"}
            for name, argument, text, _, may in found}
    for name, row in code.items():
        row["plan"], row["project"] = name in keys, name in tight
    for name in sorted((keys | tight) - code.keys() - NO_SETTING):
        code[name] = {"help": True, "argument": "", "config": False, "plan": name in keys, "project": name in tight}
    return code


def read_manual(page: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Options with their arguments; keys of CONFIGURATION with what you and a project may say."""
    options = {}
    section = between(page, "\n# OPTIONS\n", "\n# ")
    for line in section.splitlines():
        if line.startswith("*-"):
            options |= {name: argument for name, argument in re.findall(r"\*--([a-z-]+)\*([^;,*]*)", line)}
    section = between(page, "\n# CONFIGURATION\n", "\n# ")
    keys = {key: [you, project] for key, you, project in
            re.findall(r"^\|  \*([a-z-]+)\*\n:  (.*)\n:  (.*)$", section, re.MULTILINE)}
    return options, keys


def compare(table: dict[str, list[str]], code: dict[str, dict], manual: tuple) -> list[str]:
    options, keys = manual
    faults = [f"{name}: no row in options.table" for name in sorted(code.keys() - table.keys())]
    faults += [f"{name}: in options.table, and no option" for name in sorted(table.keys() - code.keys())]
    faults += [f"{name}: in the manual, and no option" for name in sorted(options.keys() - code.keys())]
    faults += [f"{name}: a key in the manual, and no option" for name in sorted(keys.keys() - code.keys() - NO_SETTING)]
    for name in sorted(code.keys() & table.keys()):
        row, (config, project, plan, why) = code[name], table[name]
        wanted = {"config": config == "yes", "project": project != "-", "plan": plan == "yes"}
        faults += [f"{name}: the table says {wanted[at]} for {at}, the code {row[at]}" for at in wanted if wanted[at] != row[at]]
        if "-" in (config, project, plan) and not why:
            faults.append(f"{name}: not everywhere, and no reason")
        if row["help"] and name not in options:
            faults.append(f"{name}: in the help, and not in the manual")
        if name in options and bool(options[name].strip(" _[]=")) != (row["argument"] != "NULL"):
            faults.append(f"{name}: takes an argument in one of manual and help only")
        if row["config"] != (name in keys and keys[name][0] != "-"):
            faults.append(f"{name}: config.json may have it in one of code and manual only")
        if row["project"] != (name in keys and keys[name][1] != "-"):
            faults.append(f"{name}: .claudefs.json may have it in one of code and manual only")
    return faults


def prove_that_it_can_fail(table: dict, code: dict, manual: tuple) -> None:
    options, keys = manual
    assert compare(table, code | {"planted": code["memory"]}, manual) == ["planted: no row in options.table"]
    assert compare({k: v for k, v in table.items() if k != "memory"}, code, manual) == ["memory: no row in options.table"]
    for at in ("config", "plan", "project"):
        assert any(at in fault for fault in compare(table, code | {"memory": code["memory"] | {at: False}}, manual))
    assert compare(table | {"claude": ["yes", "-", "yes", ""]}, code, manual) == ["claude: not everywhere, and no reason"]
    assert compare(table, code, ({k: v for k, v in options.items() if k != "shell"}, keys)) == [
        "shell: in the help, and not in the manual"]
    assert compare(table, code, (options | {"planted": ""}, keys)) == ["planted: in the manual, and no option"]
    assert compare(table, code, (options | {"memory": ""}, keys)) == [
        "memory: takes an argument in one of manual and help only"]
    assert compare(table, code, (options, keys | {"memory": ["-", "-"]}))


def main() -> int:
    here = pathlib.Path(__file__).resolve().parent
    source = here.parents[1]

    def read(path: pathlib.Path) -> str:
        return path.read_text(encoding="utf-8")

    table = read_table(read(here / "options.table"))
    code = read_code(*(read(source / "launcher" / name) for name in ("options.c", "settings.c", "project_file.c")))
    manual = read_manual(read(source / "docs/man/claudefs-run.1.scd"))
    if len(code) < 30 or len(manual[0]) < 30 or len(manual[1]) < 15:
        print(f"only {len(code)} options, {len(manual[0])} in the manual, {len(manual[1])} keys were found")
        return 1
    faults = compare(table, code, manual)
    for fault in faults:
        print(fault)
    if not faults:
        prove_that_it_can_fail(table, code, manual)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
