#!/bin/bash
# SPDX-License-Identifier: MIT
# The host's login inside: an access token from memory, and no trace of any token elsewhere.
. "$(dirname "$0")/run_lib.sh"
make_run_home

login="$HOME/.claude/.credentials.json"
printf '{"claudeAiOauth":{"accessToken":"CANARY-access","refreshToken":"CANARY-refresh","expiresAt":%s}}\n' \
  9999999999999 >"$login"
own
before=$(sha256sum "$login"; stat -c '%a %i %y' "$login")

# The pattern is split, so that the script's own command line does not have it.
# shellcheck disable=SC2016
run --commit auto "$PROJECT" --exec sh -c 'cat ~/.claude/.credentials.json
  name=CANA; cat /proc/*/environ /proc/*/cmdline | tr "\0" "\n" | grep "${name}RY-" | sed "s/^/leak: /"
  echo overwritten >~/.claude/.credentials.json; cp ~/.claude/.credentials.json ~/.claude/copy 2>/dev/null
  rm -f ~/.claude/copy' >"$WORK/out" 2>/dev/null </dev/null
ok 'the access token is there' contains "$WORK/out" '{"claudeAiOauth":{"accessToken":"CANARY-access","expiresAt":9999999999999}}'
ok 'the refresh token is not' lacks 'CANARY-refresh' "$WORK/out"
ok 'nor is a token in an environment or argument' lacks '^leak:' "$WORK/out"
ok 'no token is in the state directory' equal '' "$(grep -rlF CANARY- "$HOME/.local/state")"
ok 'the host has its login as it was' equal "$before" "$(sha256sum "$login"; stat -c '%a %i %y' "$login")"

inside cat "$HOME/.claude/.credentials.json" >"$WORK/out"
ok 'the next session has it again' contains "$WORK/out" CANARY-access
run --credentials none --commit never "$PROJECT" --exec ls -a "$HOME/.claude" >"$WORK/out" </dev/null
ok 'without credentials there is no such file' lacks 'credentials' "$WORK/out"
RUN_ENV=(CLAUDE_CODE_OAUTH_TOKEN=dummy)
inside ls -a "$HOME/.claude" >"$WORK/out"
ok 'nor with a token in the environment' lacks 'credentials' "$WORK/out"
RUN_ENV=()

printf '{"claudeAiOauth":{"accessToken":"CANARY-old","expiresAt":1}}\n' >"$login"
own
inside ls -a "$HOME/.claude" >"$WORK/out"
ok 'an expired login is not handed on' lacks 'credentials' "$WORK/out"
ok 'and the person is told what to do' contains "$WORK/err" 'the login has expired; run claude once on the host'
printf 'broken\n' >"$login"
own
inside true
ok 'a broken one is told' contains "$WORK/err" 'no login can be read from it'
finish
