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


# The host's own claude, as far as it matters here: it renews the login, or does not, or hangs.
host_claude() {
  printf '#!/bin/sh\npwd >>"%s/claude-ran"\nprintf "%%s\\n" "$*" >>"%s/claude-ran"\n%s\n' "$WORK" "$WORK" "$1" >"$WORK/claude"
  chmod 755 "$WORK/claude"
  rm -f "$WORK/claude-ran"
  own
}
expired() {
  printf '{"claudeAiOauth":{"accessToken":"CANARY-old","refreshToken":"CANARY-refresh","expiresAt":1}}\n' >"$login"
  own
}
with_claude() {
  run --claude "$WORK/claude" --commit never "$@" </dev/null
}

expired
host_claude 'exit 1'
with_claude "$PROJECT" --exec ls -a "$HOME/.claude" >"$WORK/out"
ok 'an expired login is not handed on' lacks 'credentials' "$WORK/out"
ok 'and the person is told what to do' contains "$WORK/err" 'the login has expired and is not handed on: run claude once on the host'
ok 'after the host'"'"'s claude was asked, once, for one turn' equal '-p . --max-turns 1' "$(sed -n '2p;3p' "$WORK/claude-ran")"
ok 'in an empty directory, not in the project' equal "$HOME/.local/state/claudefs/renew" "$(head -n 1 "$WORK/claude-ran")"
ok 'claude itself is not started without' equal 125 "$(code with_claude "$PROJECT" -p x)"
ok 'and no session was made for that' contains "$WORK/err" 'the login has expired: run claude once on the host'

expired
# shellcheck disable=SC2016
host_claude 'printf "{\"claudeAiOauth\":{\"accessToken\":\"CANARY-new\",\"expiresAt\":9999999999999}}" >"$HOME/.claude/.credentials.json"'
with_claude "$PROJECT" --exec cat "$HOME/.claude/.credentials.json" >"$WORK/out"
ok 'a login that the host renewed goes in' contains "$WORK/out" CANARY-new
rm -f "$WORK/claude-ran"
with_claude "$PROJECT" --exec true
ok 'one that has not expired is not renewed' equal '' "$(cat "$WORK/claude-ran" 2>/dev/null)"
with_claude --fresh-creds "$PROJECT" --exec true
ok 'but with --fresh-creds it is' equal 2 "$(wc -l <"$WORK/claude-ran")"

# It ends while the session runs: 300 s are the margin, and 5 more are waited.
soon=$((($(date +%s) + 302) * 1000))
printf '{"claudeAiOauth":{"accessToken":"CANARY-soon","expiresAt":%s}}\n' "$soon" >"$login"
own
# shellcheck disable=SC2016
with_claude "$PROJECT" --exec sh -c 'cat ~/.claude/.credentials.json
  for i in $(seq 300); do grep -q CANARY-new ~/.claude/.credentials.json && break; sleep 0.1; done
  cat ~/.claude/.credentials.json' >"$WORK/out"
ok 'a login that ends during the session is renewed on the host, and shows' \
  equal 'CANARY-soon CANARY-new' "$(grep -o 'CANARY-[a-z]*' "$WORK/out" | xargs)"

printf 'broken\n' >"$login"
own
inside true
ok 'a broken one is told' contains "$WORK/err" 'no login can be read from it'
ln -sf "$WORK/claude" "$login.link" && mv "$login.link" "$login"
inside true
ok 'so is a link' contains "$WORK/err" 'no login can be read from it'
rm -f "$login"
inside true
ok 'none at all is not' equal '' "$(grep -i login "$WORK/err")"
run --credentials file --commit never "$PROJECT" --exec true </dev/null
ok 'unless it was asked for' contains "$WORK/err" 'file: no login there'
run --fresh-creds --commit never "$PROJECT" --exec true </dev/null
ok 'or is to be renewed' contains "$WORK/err" 'no login was found on this host: log in there'
finish
