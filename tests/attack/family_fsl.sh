# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2317
# FSL: links, renames and moves that end over a protected name, and a host that changes under the commit.

# A well-formed file moved over each protected name, by rename and by mv's copy.
attack_FSL_001() {
  for name in settings.json CLAUDE.md .claude.json keybindings.json hooks/h.sh; do
    put plans/new
    try mv -fT plans/new "$name"
    put plans/new
    try "$CALL" noreplace plans/new "$name"
  done
}
expect_FSL_001() {
  has_line "$WORK/status.out" 'settings\.json' && has_line "$INSIDE" '^0 mv -fT plans/new settings.json'
}

# Protected names that the host does not have.
attack_FSL_003() {
  for name in settings.local.json AGENTS.md CLAUDE.local.md .config.json managed-settings.json statusline.sh \
    rules/b.md output-styles/o.md workflows/w.md shell-snapshots/s.sh session-env/x/setup-hook-1.sh; do
    mkdir -p "$(dirname "$name")"
    put "$name"
    put plans/new
    try mv -fT plans/new "$name"
  done
}
expect_FSL_003() {
  for name in settings.local.json AGENTS.md CLAUDE.local.md .config.json managed-settings.json output-styles workflows; do
    host_lacks "$name" || return
  done
}

# Exchange of names, of directories with each other and with the root.
attack_FSL_005() {
  mkdir -p plans/d/hooks
  put plans/d/settings.json
  put plans/evil.json
  for pair in 'plans/d .' 'plans/d plugins' 'plans/d hooks' 'plans/evil.json settings.json' 'plans/evil.json plans/p.md'; do
    # shellcheck disable=SC2086
    "$CALL" exchange $pair
  done
  "$CALL" exchange "$M/plans" "$M"
}
expect_FSL_005() {
  has_no_line "$INSIDE" '^exchange ok'
}

# Whiteouts would be device nodes.
attack_FSL_006() {
  "$CALL" whiteout history.jsonl plans/h
  "$CALL" whiteout settings.json plans/s
  "$CALL" whiteout plans/p.md plans/q.md
  find . -type c
}
expect_FSL_006() {
  has_no_line "$INSIDE" 'ok$' && has_no_line "$INSIDE" '^\./'
}

# A second name for a protected file, then a write through it.
attack_FSL_008() {
  for target in plans/alias "projects/$P/memory/a.md"; do
    for name in settings.json CLAUDE.md hooks/h.sh; do
      "$CALL" hard-link "$name" "$target"
      try ln -f "$name" "$target"
      put "$target"
      try "$CALL" hard-link "$target" "$name"
    done
  done
}
expect_FSL_008() {
  has_no_line "$INSIDE" '^link.* ok' && has_no_line "$INSIDE" '^0 ln '
}

# A nameless file linked to a protected name.
attack_FSL_010() {
  "$CALL" link-tmpfile . settings.json settings.local.json AGENTS.md hooks/x.sh
  "$CALL" link-tmpfile plans "$M/CLAUDE.local.md" plugins/x.json
}
expect_FSL_010() {
  host_lacks settings.local.json && host_lacks hooks/x.sh
}

fsl_attacks() {
  attack FSL-001 mount
  attack FSL-003 run
  attack FSL-005 mount
  attack FSL-006 mount
  attack FSL-008 mount
  attack FSL-010 mount
}

# With the rules opened wide the same attack must be found; so must a secret.
before_FSL_C01() { open_wide; }
attack_FSL_C01() { attack_FSL_001; }

fsl_control() {
  must_be_unsafe FSL-C01 mount '\.claude/settings\.json: changed'
  must_be_unsafe FSL-C01 mount 'secret could be read'
}
