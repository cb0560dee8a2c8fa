#!/bin/bash
# SPDX-License-Identifier: MIT
# The environment inside is an allowlist.
. "$(dirname "$0")/run_lib.sh"
make_run_home

RUN_ENV=(LC_ALL=C TZ=UTC NO_COLOR=1 ANTHROPIC_API_KEY=dummy CLAUDE_CODE_X=1 DISABLE_TELEMETRY=1
  http_proxy=http://p HTTPS_PROXY=http://q SSH_AUTH_SOCK=/s LD_LIBRARY_PATH=/l GITHUB_TOKEN=t XDG_RUNTIME_DIR=/r
  WANTED=w)
run --commit never --network none --env WANTED --env "SPACE=a b" "$PROJECT" --exec env >"$WORK/env" </dev/null
for entry in LC_ALL=C TZ=UTC NO_COLOR=1 ANTHROPIC_API_KEY=dummy CLAUDE_CODE_X=1 DISABLE_TELEMETRY=1 \
  http_proxy=http://p HTTPS_PROXY=http://q WANTED=w 'SPACE=a b' "HOME=$HOME" "CLAUDE_CONFIG_DIR=$HOME/.claude" \
  IS_SANDBOX=1 DISABLE_AUTOUPDATER=1 SHELL=/bin/bash; do
  ok "$entry is passed or set" grep -qxF -e "$entry" "$WORK/env"
done
ok 'the SSH agent is not passed' lacks '^SSH_AUTH_SOCK=' "$WORK/env"
ok 'loader variables are not passed' lacks '^LD_' "$WORK/env"
ok 'other tokens are not passed' lacks '^GITHUB_TOKEN=' "$WORK/env"
ok 'sockets are not passed' lacks '^XDG_' "$WORK/env"
allowed='ANTHROPIC_API_KEY|CLAUDE_CODE_X|CLAUDE_CONFIG_DIR|DISABLE_[A-Z_]*|GIT_CONFIG_SYSTEM|HOME|HTTPS_PROXY|IS_SANDBOX|LANG'
allowed="$allowed|LC_ALL|LOGNAME|NO_COLOR|PATH|SHELL|SPACE|TERM|TZ|USER|WANTED|http_proxy"
ok 'nothing else is set' equal '' "$(grep -vE "^($allowed)=" "$WORK/env")"

cat >"$HOME/config.json" <<END
{ "commit": "never", "env": ["FROM_FILE=1"], "network": "none" }
END
own
run --commit never --env HTTP_PROXY=http://mine "$PROJECT" --exec env >"$WORK/gateway" </dev/null
ok 'the gateway is the proxy, whatever the caller has' equal \
  'HTTPS_PROXY HTTP_PROXY http_proxy https_proxy http://127.0.0.1:3128' \
  "$(sed -nE 's/^(https?_proxy)=.*/\1/pI' "$WORK/gateway" | sort | xargs) $(sed -nE 's/^https?_proxy=//pI' "$WORK/gateway" | sort -u)"

run --config "$HOME/config.json" "$PROJECT" --exec env >"$WORK/env" </dev/null
ok 'a variable of the configuration file is set' contains "$WORK/env" FROM_FILE=1
finish
