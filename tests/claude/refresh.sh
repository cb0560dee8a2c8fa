#!/bin/bash
# SPDX-License-Identifier: MIT
# The real Claude Code renews an expired login: in the sandbox (with --credentials-refresh, written back to the
# host), and on the host (before the session, by default). The host's login works in both cases afterwards.
. "${CLAUDEFS_SOURCE:?}/tests/lib/load.sh"
need_claude
make_home
seed_home
start_api
# No token in the environment: the file is all there is.
# shellcheck disable=SC2034  # for clean()
TEST_CREDENTIAL=UNUSED=1

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=claudefs test' -keyout "$WORK/key.pem" -out "$PROJECT/cert.pem" \
  -addext 'subjectAltName=DNS:platform.claude.com,DNS:console.anthropic.com,DNS:api.anthropic.com' 2>"$WORK/openssl.err" ||
  skip_test "openssl cannot make a certificate: $(tail -n 1 "$WORK/openssl.err")"
# start_site TOKEN: a new server, for which this refresh token works once.
start_site() {
  : >"$WORK/site.log"
  : >"$WORK/proxy"
  node "$CLAUDEFS_SOURCE/tests/lib/oauth_proxy.mjs" --key "$WORK/key.pem" --cert "$PROJECT/cert.pem" --token "$1" \
    --log "$WORK/site.log" --parent $$ >"$WORK/proxy" &
  stop_at_end $!
  for ((i = 0; i < 100; i++)); do [ -s "$WORK/proxy" ] && break; sleep 0.1; done
  proxied=("HTTPS_PROXY=http://127.0.0.1:$(cat "$WORK/proxy")" NO_PROXY=127.0.0.1 "NODE_EXTRA_CA_CERTS=$PROJECT/cert.pem")
}
login="$HOME/.claude/.credentials.json"
# stored_login N: an expired one, tokens with that number.
stored_login() {
  printf '{"mcpOAuth":{"kept":true},"claudeAiOauth":{"accessToken":"sk-ant-oat01-dummy-%s","refreshToken":"sk-ant-ort01-dummy-%s","expiresAt":1,"scopes":["user:inference","user:profile"],"subscriptionType":"max"}}' \
    "$1" "$1" >"$login"
  chmod 600 "$login"
}
stored() {
  sed -E 's/.*"accessToken":"([^"]*)","refreshToken":"([^"]*)".*/\1 \2/' "$login"
}
renewals() {
  grep -c '/v1/oauth/token ok' "$WORK/site.log"
}
on_host() {
  (cd "$PROJECT" && clean env "${proxied[@]}" timeout 60 "$CLAUDE_PROGRAM" -p hello </dev/null)
}
# ends_in SECONDS: of the stored login.
ends_in() {
  sed -i -E "s/\"expiresAt\":[0-9]+/\"expiresAt\":$((($(date +%s) + $1) * 1000))/" "$login"
}

# In the sandbox. What has less than five minutes left is renewed, by the launcher before a session and by Claude
# in it: so it has a little more at first, and less when Claude starts.
start_site sk-ant-ort01-dummy-1
stored_login 1
ends_in 315
# shellcheck disable=SC2016
clean env "${proxied[@]}" timeout 100 "$RUN_PROGRAM" --runtime native --network host --env NODE_EXTRA_CA_CERTS --commit never \
  --claude "$CLAUDE_PROGRAM" --credentials-refresh "$PROJECT" --exec \
  sh -c 'sleep 17; claude -p hello; cat "$CLAUDE_CONFIG_DIR/.credentials.json"' </dev/null >"$WORK/out" 2>"$WORK/err"
ok 'Claude renews its login in the sandbox' equal 1 "$(renewals)"
ok 'and has it there' contains "$WORK/out" sk-ant-oat01-dummy-2
ok 'the host has it too' equal 'sk-ant-oat01-dummy-2 sk-ant-ort01-dummy-2' "$(stored)"
ok 'which is said' contains "$WORK/err" 'the login that the session renewed was written back'
ok 'what else was stored is there' contains "$login" '"mcpOAuth":{"kept":true}'
ok 'it is in no session' equal '' "$(grep -rlE 'ant-o[ar]t01' "$HOME/.local/state")"
on_host >"$WORK/out"
ok 'the host works with it, without another renewal' equal '0 1' "$? $(renewals)"
ends_in -10
on_host >"$WORK/out"
ok 'and when that has ended, the host is not logged out' equal '0 2' "$? $(renewals)"
ok 'control: a refresh token works once' equal refused "$(stored_login 1; on_host >/dev/null 2>&1; grep -o refused "$WORK/site.log" | head -n 1)"

# By default the host renews before the session, and the refresh token stays there.
of_project() { transcripts "$HOME/.claude" | wc -l; }
before=$(of_project)
start_site sk-ant-ort01-dummy-1
stored_login 1
clean env "${proxied[@]}" timeout 100 "$RUN_PROGRAM" --runtime native --network host --env NODE_EXTRA_CA_CERTS --commit never \
  "$PROJECT" -p hello </dev/null >"$WORK/out" 2>"$WORK/err"
ok 'a session with an expired login runs' equal 0 $?
ok 'for the host has renewed it' equal 'sk-ant-oat01-dummy-2 sk-ant-ort01-dummy-2 1' "$(stored) $(renewals)"
ok 'and not in the project, whose settings it would run' equal "$before" "$(of_project)"
finish
