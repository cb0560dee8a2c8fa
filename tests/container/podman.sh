#!/bin/bash
# SPDX-License-Identifier: MIT
# The same two containers with podman, as root: what passes through, what confines the agent, what is left behind.
# With a storage of the test's own. Slow (podman starts itself anew for every word), so with --long only.
# shellcheck disable=SC2016  # the scripts are for shells inside
[ -n "${CLAUDEFS_TEST_LONG:-}" ] || { echo '1..0 # SKIP podman takes a minute: with --long'; exit; }
. "$(dirname "$0")/container_lib.sh"
[ "$(id -u)" -eq 0 ] || skip_test 'not root: the keeper needs its privileges'
need_tool podman
RUNTIME=podman
TEST_ROOT_IMAGE=localhost/claudefs-test-root
make_run_home
ENGINE_ROOT=$(mktemp -d /var/tmp/claudefs-podman-XXXXXX)
printf '[storage]\ndriver = "overlay"\ngraphroot = "%s/data"\nrunroot = "%s/run"\n' "$ENGINE_ROOT" "$ENGINE_ROOT" >"$ENGINE_ROOT/storage.conf"
printf '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\ntmp_dir = "%s/tmp"\n' "$ENGINE_ROOT" >"$ENGINE_ROOT/containers.conf"
# Podman raises limits by itself, which root of a container or a small virtual machine may not.
mkdir "$WORK/bin"
cat >"$WORK/bin/podman" <<END
#!/bin/sh
export CONTAINERS_STORAGE_CONF=$ENGINE_ROOT/storage.conf CONTAINERS_CONF=$ENGINE_ROOT/containers.conf
case \$1 in
build | create | run) word=\$1 && shift && exec $(command -v podman) "\$word" --ulimit nproc=4096:4096 --ulimit nofile=1024:1024 "\$@" ;;
*) exec $(command -v podman) "\$@" ;;
esac
END
chmod 755 "$WORK/bin/podman"
podman() { "$WORK/bin/podman" "$@"; }
# For what the tests of both engines share; what hands it to xargs is not called here.
# shellcheck disable=SC2032
docker() { podman "$@"; }
stop_podman() {
  local code=$?
  trap - EXIT
  podman rm --all --force --depend >/dev/null 2>&1
  grep -F " $ENGINE_ROOT/" /proc/self/mounts | cut -d' ' -f2 | sort -r | while read -r mounted; do umount "$mounted"; done
  rm -rf --one-file-system -- "$ENGINE_ROOT"
  (exit "$code")
  end_test
}
trap stop_podman EXIT
RUN_ENV+=("PATH=$WORK/bin:/usr/local/bin:/usr/bin:/bin")
import_root "$TEST_ROOT_IMAGE" 2>/dev/null
mkdir -p "$HOME/.claude"
echo 'be kind' >"$HOME/.claude/CLAUDE.md"
PROJECT="$HOME/pro ject, дом é"
mkdir -p "$PROJECT" && echo there >"$PROJECT/file"

ok 'the first session builds the image' equal 7 "$(inside_sh 'exit 7'; echo $?)"
ok 'and says so' contains "$WORK/err" 'building it; this is done once'
inside_sh 'id -u; pwd; cat file; cat ~/.claude/CLAUDE.md; grep -E "^(Seccomp:|NoNewPrivs|Cap)" /proc/self/status; ls /sys/class/net
  touch /usr/x 2>/dev/null || echo root is read-only; cp /usr/bin/true /tmp/t; /tmp/t 2>/dev/null || echo tmp is noexec
  cp /usr/bin/true ~/t && ~/t && echo home is exec; echo kept >~/.claude/kept.txt; stat -c "%u %a" ~' >"$WORK/out"
ok 'user, project and state are there' equal "0 $PROJECT there be kind" "$(head -n 4 "$WORK/out" | xargs)"
ok 'the agent has no capability' equal 5 "$(grep -c '^Cap[A-Za-z]*:.0000000000000000$' "$WORK/out")"
ok 'it has the filter' contains "$WORK/out" 'Seccomp:	2'
ok 'and can gain nothing' contains "$WORK/out" 'NoNewPrivs:	1'
for sentence in 'root is read-only' 'tmp is noexec' 'home is exec' '0 700'; do
  ok "$sentence" contains "$WORK/out" "$sentence"
done
ok 'what is written to the state is in the journal' equal kept "$(review_session show kept.txt)"
ok 'the journal verifies' review_session verify
ok 'the manifest notes the end' contains "$(newest_session)/manifest.json" '"ended": "exit 0"'
ok 'no container is left' equal '' "$(podman ps -aq)"
cat >"$PROJECT/ask" <<'END'
exec 3<>/dev/tcp/127.0.0.1/3128 && printf 'CONNECT denied.example:443 HTTP/1.1\r\n\r\n' >&3 && head -n 1 <&3 | tr -d '\r'
END
ok 'the gateway answers inside' equal 'HTTP/1.1 403 Forbidden' "$(run --commit never "$PROJECT" --exec bash ask </dev/null)"
ok 'and about names, for programs that know no proxy' grep -qE '^198\.19\.[0-9.]+ +api\.anthropic\.com' \
  <<<"$(run --commit never "$PROJECT" --exec getent hosts api.anthropic.com </dev/null)"
as_user git init -q --bare -b main "$WORK/bare.git"
as_user git init -q -b main "$PROJECT"
as_user git -C "$PROJECT" remote add origin "$WORK/bare.git"
run --allow-git-push --commit never --network none "$PROJECT" --exec sh -c 'git add file &&
  git -c user.name=A -c user.email=a@example.org commit -qm one && git push origin main' </dev/null >/dev/null 2>&1
ok 'git push goes by the host' equal one "$(as_user git -C "$WORK/bare.git" log --format=%s main)"

agent='touch ready; while [ ! -e go ]; do sleep 0.05; done'
start_agent "$agent"
keeper=$(podman inspect -f '{{.State.Pid}}' "$(container keeper)")
ok 'the keeper has only CAP_SETUID and CAP_SETGID' equal 00000000000000c0 "$(awk '/^CapEff/ { print $2 }' "/proc/$keeper/status")"
podman exec "$(container agent)" cat /proc/self/status >"$WORK/status"
ok 'podman exec meets the filter' contains "$WORK/status" 'Seccomp:	2'
kill -KILL "$keeper"
end_agent
ok 'a killed keeper takes the agent with it' equal 125 "$RESULT"
ok 'and the end is named' grep -q '"ended": "agent exit 137, keeper exit 137"' "$(newest_session)/manifest.json"
start_agent "$agent"
kill -KILL "$(pgrep -f "claudefs-run --runtime podman .*$TEST_ROOT/" | head -n 1)"
nothing_runs() { [ -z "$(podman ps -q)" ]; }
ok 'a killed claudefs-run ends its session' wait_until nothing_runs
end_agent
inside true
ok 'and what it left is removed by the next one' equal '' "$(podman ps -aq)"
finish
