# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# `claudefs doctor`: one line per finding, with the mend.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"

call doctor
for name in kernel /dev/fuse 'user namespaces' fusermount3 'state directory' rules 'host state' claude claudefs-run 'runtime docker' 'runtime podman'; do
  ok "it looks at: $name" shows "^(ok|warn|fail) +$name "
done
ok 'it leaves nothing behind' equal proj "$(ls -A "$HOME")"
ok 'a home without ~/.claude is fine' shows '^ok +host state .*made by the first commit'
for name in keychain 'secret service' file; do
  ok "it looks for a login: $name" shows "^(ok|warn) +login: $name "
done
PATH=/nowhere call doctor
ok 'without claudefs-run it cannot, and says so' shows '^warn +login: file +claudefs-run, which knows, is not on PATH'
ok 'a missing claude is told with its mend' shows "^warn +claude +not on PATH: 'npm install"
ok 'a missing engine is told, and is no fault' shows '^ok +runtime docker +not on PATH: only needed for'
# An engine's client without an engine, without a right to it, rootless, and one that never answers.
mkdir "$HOME/bin"
client() {
  printf '#!/bin/sh\n%s\n' "$1" >"$HOME/bin/docker"
  chmod 755 "$HOME/bin/docker"
  PATH=$HOME/bin:/usr/bin:/bin call doctor
}
client 'echo "Cannot connect to the Docker daemon at unix:///x." >&2; exit 1'
ok 'an engine that is not running is told with its mend' shows '^warn +runtime docker +Cannot connect.*start the docker service'
client 'echo "permission denied while trying to connect" >&2; exit 1'
ok 'so is one that lets nobody in' shows '^warn +runtime docker +.*become a member of the group docker'
client 'echo "engine 20.10 [name=seccomp name=rootless]"'
ok 'so is a rootless one' shows '^warn +runtime docker +.*cannot attach the view'
# shellcheck disable=SC2016  # for the client
client 'case $1 in info) echo "engine 20.10 [name=seccomp]" ;; *) exit 1 ;; esac'
ok 'one that has no image yet is fine' shows '^ok +runtime docker +engine 20.10 .*no image yet'
client 'exec sleep 60'
ok 'one that does not answer is told in seconds' shows '^warn +runtime docker +.*does not answer'
rm -r "${HOME:?}/bin"
mkdir -p "$HOME/.config/claudefs/rules.d"
echo '{' >"$HOME/.config/claudefs/rules.d/a.json"
call doctor
ok 'a broken rule file is told by file and line' shows '^fail +rules +.*a\.json:[0-9]+: .*mend it'
ok 'with the exit code of broken rules' test "$CODE" -eq 8 -o "$CODE" -eq 12
call --json doctor
ok 'JSON is strict' "$CHECK" json <"$OUT"
ok 'and has level and mend' shows '"level": "fail"'
XDG_STATE_HOME=/proc/nowhere call doctor
ok 'a state directory that cannot be is told, or is still to be made' shows 'state directory +/proc/nowhere'
if [ -x "$CLAUDEFS_BUILD/launcher/claudefs-run" ]; then
  # With the host's state as claudefs-run sees it.
  mkdir -p "$HOME/.claude"
  export PATH="$CLAUDEFS_BUILD/launcher:$PATH"
  call doctor
  ok 'no login in the file is told, with the mend' shows "^ok +login: file +has no login: log in with 'claude'"
  ok 'that there is none at all is a warning' shows "^warn +login +none: log in with 'claude'"
  printf '{"claudeAiOauth":{"accessToken":"CANARY-token"}}' >"$HOME/.claude/.credentials.json"
  chmod 600 "$HOME/.claude/.credentials.json"
  call doctor
  ok 'one there is' shows '^ok +login: file +has a login$'
  ok 'and not shown' lacks CANARY "$OUT"
  ok 'and it is the one' shows '^ok +login +that of the file$'
  mkdir -p "$HOME/.local/share/claudefs/claude/bin"
  printf '#!/bin/sh\n' >"$HOME/.local/share/claudefs/claude/bin/claude"
  chmod 755 "$HOME/.local/share/claudefs/claude/bin/claude"
  chmod 644 "$HOME/.claude/.credentials.json"
  call doctor
  ok 'one that others may read is a warning' shows "^warn +login: file +locked: .*chmod 600"
  ok 'a claude that bootstrap installed is found' \
    shows "^ok +claude +($HOME/.local/share/claudefs/claude/bin/claude|.*/claude)$"
  ok 'the keychain is of another system' shows '^ok +login: keychain +unavailable: only on macOS'
fi
finish
