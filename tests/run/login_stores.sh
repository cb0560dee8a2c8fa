#!/bin/bash
# SPDX-License-Identifier: MIT
# Where the login comes from and goes back to: the file, a macOS keychain (a stand-in for its program, which
# cannot be had here, that writes down its arguments) and a real Secret Service.
. "$(dirname "$0")/run_lib.sh"
make_run_home

login="$HOME/.claude/.credentials.json"
SERVICE='Claude Code-credentials'
# login_text NAME MS [MORE]: tokens of that name.
login_text() {
  printf '{"mcpOAuth":{"kept":true},"claudeAiOauth":{"accessToken":"sk-ant-oat01-%s","refreshToken":"sk-ant-ort01-%s","expiresAt":%s,"scopes":["user:inference"],"subscriptionType":"max"%s}}' \
    "$1" "$1" "$2" "${3:-}"
}
soon=$(($(date +%s) * 1000 + 3600000))
later=$((soon + 7 * 3600000))
host_has() {
  login_text "$1" "$soon" >"$login"
  chmod 600 "$login"
  own
}
host_has first

# In the sandbox, as Claude Code saves: a temporary file, renamed. The text is the file "new" of the project.
# shellcheck disable=SC2016
save='cd ~/.claude && cp "$0/new" .credentials.json.tmp.1.ab && chmod 600 .credentials.json.tmp.1.ab &&
  mv -f .credentials.json.tmp.1.ab .credentials.json'
# saves TEXT OPTION...: a session that saves it.
saves() {
  printf '%s' "$1" >"$PROJECT/new"
  own
  shift
  run --commit auto "$@" "$PROJECT" --exec sh -c "$save" "$PROJECT" </dev/null >/dev/null
}
stored() {
  sed -E 's/.*"accessToken":"sk-ant-oat01-([a-z]*)","refreshToken":"sk-ant-ort01-([a-z]*)","expiresAt":([0-9]*).*/\1 \2 \3/' "$login"
}

# Without the refresh token inside nothing comes back.
saves "$(login_text other "$later")"
ok 'what a session saves stays in it' equal "first first $soon" "$(stored)"
ok 'and is on no disk' equal '' "$(grep -rl 'ant-o[ar]t01' "$HOME/.local/state")"
run --commit never "$PROJECT" --exec cat "$login" </dev/null >"$WORK/out"
ok 'the refresh token is not inside' lacks ant-ort01 "$WORK/out"

# With it.
run --credentials-refresh --commit never "$PROJECT" --exec cat "$login" </dev/null >"$WORK/out"
ok 'with --credentials-refresh it is' contains "$WORK/out" sk-ant-ort01-first
ok 'tokens of MCP servers are not' lacks mcpOAuth "$WORK/out"
saves "$(login_text second "$later")" --credentials-refresh
ok 'a renewed login is written back' equal "second second $later" "$(stored)"
ok 'and said' contains "$WORK/err" 'file: the login that the session renewed was written back'
ok 'and not shown' lacks 'ant-o[ar]t01' "$WORK/err"
ok 'the file is only the user'"'"'s' equal "600 $RUN_UID" "$(stat -c '%a %u' "$login")"
ok 'the rest of it is as it was' contains "$login" '"mcpOAuth":{"kept":true}'
ok 'no temporary file or lock is left' equal .credentials.json "$(cd "$HOME/.claude" && find . -name '.c*' -o -name '.oauth*' | sort | sed 's/^..//' | xargs)"
ok 'nothing of it is on another disk' equal '' "$(grep -rl 'ant-o[ar]t01' "$HOME/.local/state")"

# refused NAME REASON TEXT
refused() {
  host_has first
  saves "$3" --credentials-refresh
  ok "$1 is not written back" equal "first first $soon" "$(stored)"
  ok "$1 is told" contains "$WORK/err" "was not written back: $2"
}
refused 'what is no JSON' 'it is not JSON' 'evil'
refused 'another subscription' 'it is of another account or subscription' \
  "$(login_text second "$later" | sed 's/max/enterprise/')"
refused 'a wider scope' 'its scopes are wider' "$(login_text second "$later" | sed 's/"user:inference"/&,"org:admin"/')"
refused 'an old end' 'its end does not lie' "$(login_text second 5)"
refused 'another kind of token' 'a token is of another kind' "$(login_text second "$later" | sed 's/oat01/api03/')"
ok 'a refused login'"'"'s text is not shown' lacks 'api03|second' "$WORK/err"

# The host logs in anew while the session runs.
host_has first
printf '%s' "$(login_text second "$later")" >"$PROJECT/new"
rm -f "$PROJECT/go" "$PROJECT/up"
own
# shellcheck disable=SC2016
run --credentials-refresh --commit never "$PROJECT" --exec sh -c ': >"$0/up"; for i in $(seq 200); do
  [ -e "$0/go" ] && break; sleep 0.1; done; '"$save" "$PROJECT" </dev/null >/dev/null &
session=$!
wait_until test -e "$PROJECT/up"
host_has third
: >"$PROJECT/go"
own
wait "$session"
ok 'a store that has another login keeps it' equal "third third $soon" "$(stored)"
ok 'and that is told' contains "$WORK/err" 'the store has another one by now'

# A killed claudefs-run loses nothing: what was saved is written back at once.
host_has first
printf '%s' "$(login_text second "$later")" >"$PROJECT/new"
own
run --credentials-refresh --commit never "$PROJECT" --exec sh -c "$save; sleep 4321" "$PROJECT" </dev/null >/dev/null &
session=$!
is_stored() { [ "$(stored)" = "$1" ]; }
ok 'it is written back while the session runs' wait_until is_stored "second second $later"
for pid in $(ours); do
  [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != claudefs-run ] || kill -9 "$pid" 2>/dev/null
done
wait "$session" 2>/dev/null
ok 'and nothing of ours outlives a kill' wait_until none_of_ours

# The keychain.
mkdir -p "$WORK/bin"
cat >"$WORK/bin/security" <<FAKE
#!/bin/bash
printf '%s\n' "\$*" >>"$WORK/security.argv"
keychain=$WORK/keychain
case "\$1" in
find-generic-password)
  [ "\$2" = -s ] && [ "\$3" = "$SERVICE" ] && [ -e "\$keychain" ] || exit 44
  if [ "\${4:-}" = -w ]; then cat "\$keychain"; echo; else
    printf 'keychain: "login.keychain-db"\nclass: "genp"\nattributes:\n    "acct"<blob>="somebody"\n    "svce"<blob>="%s"\n' "\$3"
  fi ;;
-i)
  IFS= read -r line
  form='^add-generic-password -U -a "somebody" -s "$SERVICE" -X ([0-9a-f]+)\$'
  [[ \$line =~ \$form ]] || exit 0
  printf '%b' "\$(sed 's/../\\\\x&/g' <<<"\${BASH_REMATCH[1]}")" >"\$keychain" ;;
*) exit 2 ;;
esac
FAKE
chmod 755 "$WORK/bin/security"
login_text first "$soon" >"$WORK/keychain"
rm -f "$login"
RUN_ENV=("PATH=$WORK/bin:/usr/bin:/bin")
own
keychain() {
  sed 's/"sk-ant-o[ar]t01-\([a-z]*\)"/\1/g' "$WORK/keychain"
}
run --credentials keychain --commit never "$PROJECT" --exec cat "$login" </dev/null >"$WORK/out"
ok 'a login comes from the keychain' contains "$WORK/out" sk-ant-oat01-first
saves "$(login_text second "$later")" --credentials keychain --credentials-refresh
ok 'and goes back there, to the same account' contains "$WORK/keychain" '"mcpOAuth":{"kept":true},"claudeAiOauth":{"accessToken":"sk-ant-oat01-second"'
ok 'and is said' contains "$WORK/err" 'keychain: the login that the session renewed was written back'
ok 'security never had a token as an argument' lacks 'ant-o|736b2d616e74' "$WORK/security.argv"
ok 'and was asked by its commands' grep -qx -e -i "$WORK/security.argv"
login_text first "$soon" ",\"long\":\"$(head -c 2000 /dev/zero | tr '\0' x)\"" >"$WORK/keychain"
own
saves "$(login_text second "$later")" --credentials keychain --credentials-refresh
ok 'one too long for its commands is told' contains "$WORK/err" 'takes such a long one only as an argument'
ok 'and never an argument' lacks 'ant-o|xxxx' "$WORK/security.argv"
rm "$WORK/keychain"
run --credentials keychain --commit never "$PROJECT" --exec true </dev/null
ok 'a keychain without one is told' contains "$WORK/err" 'keychain: no login there'
RUN_ENV=()
run --credentials keychain --commit never "$PROJECT" --exec true </dev/null
ok 'a machine without keychain is told' contains "$WORK/err" 'keychain: not available here'

# The Secret Service.
run --credentials secret-service --commit never "$PROJECT" --exec true </dev/null
ok 'a machine without session bus is told, at once' contains "$WORK/err" 'secret-service: not available here'
if [ ! -x "$PROGRAMS/launcher/claudefs-secret-service" ]; then
  echo '# built without libsecret'
  finish
  exit
fi
# A bus on which nobody answers.
cat >"$WORK/deaf.mjs" <<'DEAF'
import { createServer } from 'node:net';
createServer(() => {}).listen(process.argv[2], () => console.log('up'));
DEAF
node "$WORK/deaf.mjs" "$WORK/bus" >"$WORK/deaf.out" &
stop_at_end $!
wait_until test -s "$WORK/deaf.out"
chmod 777 "$WORK/bus"
RUN_ENV=("DBUS_SESSION_BUS_ADDRESS=unix:path=$WORK/bus")
own
run --credentials secret-service --commit never "$PROJECT" --exec true </dev/null
ok 'a bus that does not answer is given up' contains "$WORK/err" 'secret-service: locked'
RUN_ENV=()

# The bus wants to know its user's name, which one made up on the fly has not; the other run of this test has.
if ! getent passwd "$RUN_UID" >/dev/null; then
  echo '# this user has no name: no session bus'
  finish
  exit
fi
cat >"$WORK/with_service.sh" <<SCRIPT
set -u
# It goes into the background when it serves, and ends with the bus.
printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null
# Before it has its name on the bus, whoever asks would have the bus start another one, which stays locked.
for i in \$(seq 200); do
  dbus-send --session --print-reply --dest=org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus.NameHasOwner \
    string:org.freedesktop.secrets | grep -q 'boolean true' && break
  sleep 0.1
done
for i in \$(seq 20); do
  secret-tool store --label=x service "$SERVICE" account somebody <"$WORK/item" && break
  sleep 0.5
done
. "$WORK/steps.sh"
SCRIPT
login_text first "$soon" >"$WORK/item"
# with_service SCRIPT: in a session bus with an unlocked keyring that has the item; RUN is claudefs-run.
with_service() {
  printf 'RUN=%q PROJECT=%q W=%q login=%q\n%s\n' "$PROGRAMS/launcher/claudefs-run" "$PROJECT" "$WORK" "$login" "$1" >"$WORK/steps.sh"
  own
  as_user timeout 60 dbus-run-session -- bash "$WORK/with_service.sh" </dev/null >"$WORK/service.log" 2>&1
}
printf '%s' "$(login_text second "$later")" >"$PROJECT/new"
# shellcheck disable=SC2016
printf '%s\n' "$save" >"$PROJECT/save.sh"
# shellcheck disable=SC2016
with_service '
"$RUN" --commit never "$PROJECT" --exec cat "$login" >"$W/out" 2>"$W/err"
"$RUN" --credentials-refresh --commit never "$PROJECT" --exec sh -c "$(cat "$PROJECT/save.sh")" "$PROJECT" >/dev/null 2>"$W/err2"
secret-tool search --all service "Claude Code-credentials" >"$W/after" 2>&1
dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets org.freedesktop.Secret.Service.Lock \
  array:objpath:/org/freedesktop/secrets/collection/login >"$W/locked" 2>&1
"$RUN" --credentials-sources >"$W/sources"
"$RUN" --credentials secret-service --commit never "$PROJECT" --exec true >/dev/null 2>"$W/err3"
'
contains "$WORK/after" 'account = somebody' >/dev/null 2>&1 || sed 's/^/# the service: /' "$WORK/service.log"
ok 'a login comes from the Secret Service' contains "$WORK/out" sk-ant-oat01-first
ok 'and goes back to the same item' contains "$WORK/after" '"mcpOAuth":{"kept":true},"claudeAiOauth":{"accessToken":"sk-ant-oat01-second"'
ok 'with its account' contains "$WORK/after" 'account = somebody'
ok 'of which there is one' equal 1 "$(grep -c '^\[' "$WORK/after")"
ok 'and is said' contains "$WORK/err2" 'secret-service: the login that the session renewed was written back'
ok 'a locked one is told, and nobody is asked' contains "$WORK/err3" 'secret-service: locked; the session starts without a login'
ok 'and listed' contains "$WORK/sources" 'secret-service	locked'

finish
