#!/bin/bash
# SPDX-License-Identifier: MIT
# What is inside a sandbox, and what is not.
. "$(dirname "$0")/run_lib.sh"
make_run_home
umask 022
mkdir -p "$HOME/.ssh" "$HOME/private" "$HOME/.config/git"
echo secret >"$HOME/.ssh/id" && echo secret >"$HOME/private/f" && echo secret >"$HOME/.bashrc"
printf '[user]\n\tname = Ada\n\temail = a@example.org\n[alias]\n\tx = !evil\n' >"$HOME/.gitconfig"
PROJECT="$HOME/pro ject/дом é"
mkdir -p "$PROJECT" && echo there >"$PROJECT/file"
own

ok 'the project lies at its own path, with spaces and other letters' equal "$PROJECT" "$(inside_sh pwd)"
ok 'and its files are there' equal there "$(inside_sh 'cat file')"
ok '/workspace leads to it' equal there "$(inside_sh 'cat /workspace/file')"
inside_sh 'echo new >made; mkdir d'
ok 'a file made inside is on the host, owned by the caller' equal "$RUN_UID new" \
  "$(stat -c %u "$PROJECT/made") $(cat "$PROJECT/made")"
ok 'so is a directory' equal "$RUN_UID" "$(stat -c %u "$PROJECT/d")"
ok 'the user is the caller' equal "$RUN_UID" "$(inside_sh 'id -u')"

ok 'nothing else of the home is visible' equal '.cache .claude .npm pro ject ' \
  "$(inside_sh 'ls -A ~ | sort | tr "\n" " "')"
ok 'the sanitised git configuration names the person' contains <(inside_sh 'cat /etc/gitconfig') Ada
ok 'and runs nothing of theirs' not contains <(inside_sh 'cat /etc/gitconfig') evil
ok 'git in the project works' equal Ada "$(inside_sh 'git init -q . && git config user.name')"
ok 'the state directory is the view' equal fuse.claudefs \
  "$(inside_sh 'findmnt -no FSTYPE ~/.claude')"
ok 'the home can be written, and is not the host'"'"'s' equal 0 "$(code inside_sh 'echo x >~/.claude.lock')"
ok 'the host got none of it' test ! -e "$HOME/.claude.lock"

# writable PATH: succeeds if a file can be made there.
# shellcheck disable=SC2016
writable='f=$1/.probe.$$; touch "$f" 2>/dev/null && rm "$f"'
for dir in / /usr /usr/bin /etc /opt/claudefs /opt/claudefs/bin /dev /proc/sys/kernel /home /var; do
  ok "$dir cannot be written" not inside sh -c "$writable" sh "$dir"
done
for dir in /tmp /var/tmp /dev/shm /run "$HOME" "$HOME/.npm" "$PROJECT"; do
  ok "$dir can be written" inside sh -c "$writable" sh "$dir"
done
# shellcheck disable=SC2016
executes='cp /bin/true "$1/t" && "$1/t"'
for dir in /tmp /var/tmp /dev/shm /run; do
  ok "$dir is noexec" not inside sh -c "$executes" sh "$dir"
done
for dir in "$HOME/.npm" "$PROJECT"; do
  ok "$dir may execute" inside sh -c "$executes" sh "$dir"
done
ok 'only the project is a file system of the host that can be written' equal "$PROJECT" \
  "$(inside_sh 'findmnt -rno TARGET,FSTYPE,FSROOT,OPTIONS | grep -vE " (tmpfs /|(proc|devpts|fuse.claudefs) [^ ]*) " |
    grep -E " rw," | sed "s/ .*//" | xargs -0 printf %b')"
ok 'no mount allows set-id' equal '' "$(inside_sh 'findmnt -rno TARGET,OPTIONS | grep -v nosuid')"
ok 'the shadow file is not there' not inside_sh 'test -e /etc/shadow'
ok 'private keys of the machine are not there' not inside_sh 'test -e /etc/ssl/private'

inside_sh 'grep -E "^(Cap|NoNewPrivs|Seccomp):?" /proc/self/status; grep Cap /proc/1/status' >"$WORK/status"
ok 'every capability set is empty' equal 10 "$(grep -c '^Cap[A-Za-z]*:.0000000000000000$' "$WORK/status")"
ok 'no new privileges' contains "$WORK/status" 'NoNewPrivs:	1'
ok 'the filter is on' contains "$WORK/status" 'Seccomp:	2'
ok 'no user namespace can be made' not inside unshare -U true
ok 'nor by another name' equal 0 "$(inside_sh 'cat /proc/sys/user/max_user_namespaces')"
ok 'and the setting cannot be changed' not inside_sh 'echo 9 >/proc/sys/user/max_user_namespaces'
ok 'core dumps are off' equal 0 "$(inside_sh 'ulimit -Hc')"

ok 'only 0, 1 and 2 are open' equal '0 1 2 3 ' "$(inside_sh 'ls /proc/self/fd | tr "\n" " "' 7</dev/null 8</dev/null)"
ok 'those of init are closed' not inside_sh 'readlink /proc/1/fd/0'
# shellcheck disable=SC2016
inside_sh 'for d in /proc/[0-9]*; do tr "\0" " " <$d/cmdline 2>/dev/null; echo; done' >"$WORK/processes"
ok '/proc shows init' contains "$WORK/processes" claudefs-init
ok '/proc shows no process of the host' equal 0 "$(grep -cE 'claudefs-(run|mount)|isolation' "$WORK/processes")"
ok 'the environment of init is closed' not inside_sh 'cat /proc/1/environ'
ok 'its memory is closed' not inside_sh 'exec 3<>/proc/1/mem'

ok 'the only network device is the loopback' equal lo "$(inside_sh 'ls /proc/sys/net/ipv4/conf | grep -vE "^(all|default)$"')"
ok 'and it is up' inside_sh 'grep -q 0100007F /proc/net/fib_trie || grep -q 127.0.0.1 /proc/net/fib_trie'
ok 'there is no route' equal '' "$(inside_sh 'tail -n +2 /proc/net/route')"
ok 'a name of the list has an address of its own in here' grep -qE '^198\.19\.' <<<"$(run --commit never "$PROJECT" --exec getent hosts api.anthropic.com </dev/null)"
ok 'with --network host the devices are the host'"'"'s' equal \
  "$(find /proc/sys/net/ipv4/conf -mindepth 1 -maxdepth 1 | wc -l)" \
  "$(run --network host --commit never "$PROJECT" --exec sh -c 'ls /proc/sys/net/ipv4/conf | wc -l' </dev/null)"
ok 'a terminal of the host is no controlling one' not inside_sh 'exec 3</dev/tty'
finish
