#!/bin/bash
# SPDX-License-Identifier: MIT
# The same script, plain and in the sandbox, leaves the same files, names with ids normalised: in the
# session all of them, on the host those that the rules let out.
. "${CLAUDEFS_SOURCE:?}/tests/lib/load.sh"
need_claude
make_home
seed_home
start_api

# Names without what differs from run to run: ids, times, and which of several backups it was.
normalised() {
  sed -E -e 's/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/UUID/g' -e 's/(backup|\.tmp)\.[0-9a-f.]+$/\1.N/' |
    LC_ALL=C sort -u
}
files_in() {
  (cd "$1" && find . -type f -printf '%P\n')
}

# Both with CLAUDE_CONFIG_DIR, as in the sandbox: .claude.json is inside.
mkdir "$WORK/plain"
cp "$HOME/.claude.json" "$WORK/plain/.claude.json"
(
  cd "$PROJECT" &&
    clean env CLAUDE_CONFIG_DIR="$WORK/plain" "$CLAUDE_PROGRAM" -p "[script:work dir=$PROJECT] go" \
      --allowedTools Bash,Write,TaskCreate </dev/null >/dev/null
)
files_in "$WORK/plain" | normalised >"$WORK/plain.files"
ok 'the plain run left a transcript' grep -q 'projects/.*/UUID\.jsonl' "$WORK/plain.files"

# shellcheck disable=SC2034  # read by claude_sandboxed
RUN_OPTIONS=(--commit never)
ok 'the run in the sandbox ends with 0' \
  claude_sandboxed -- -p "[script:work dir=$PROJECT] go" --allowedTools Bash,Write,TaskCreate
ok 'status tells of it' into "$WORK/status.json" review --json status
session_changes() {
  # shellcheck disable=SC2016  # JavaScript
  node -e '
    const status = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
    for (const change of status.changes) {
      if (change.kind === "mkdir" || change.kind === "rmdir") continue;
      if (!process.argv[2] || change.group === process.argv[2]) console.log(change.path);
    }' "$WORK/status.json" "$@"
}
session_changes | normalised >"$WORK/session.files"
ok 'the session holds the same files as the plain directory' diff -u "$WORK/plain.files" "$WORK/session.files"

# .claude.json goes home too, key by key, and lies beside the directory.
session_changes commit | normalised | grep -vx '\.claude\.json' >"$WORK/will.files"
files_in "$HOME/.claude" | normalised >"$WORK/before.files"
ok 'commit ends with 0' review commit
files_in "$HOME/.claude" | normalised | comm -13 "$WORK/before.files" - >"$WORK/committed.files"
ok 'commit brings exactly the files that status announced' diff -u "$WORK/will.files" "$WORK/committed.files"
encoded_project=$(encoded "$PROJECT")
printf '%s\n' "projects/$encoded_project/UUID.jsonl" "tasks/UUID/1.json" >"$WORK/expected.files"
ok 'transcript and task are among them, and configuration and backups are not' \
  equal "$(cat "$WORK/expected.files")" "$(grep -v '\.lock$' "$WORK/committed.files")"
finish
