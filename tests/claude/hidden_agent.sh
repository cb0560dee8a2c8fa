#!/bin/sh
# SPDX-License-Identifier: MIT
# A curious agent, run inside the sandbox: it writes down all it can learn of the state directory.
# Usage: hidden_agent.sh PROJECT: reads PROJECT/names (one state path per line), writes PROJECT/seen
# (everything that shows) and PROJECT/answers (how operations on each name end, by line number).
project=$1
state=${CLAUDE_CONFIG_DIR:-$HOME/.claude}
cd "$state" || exit 1

# Times differ from run to run; all else that shows must not depend on what is hidden.
{
  find . -printf '%p %y %m %n %s %l\n' | LC_ALL=C sort
  find . -type f | LC_ALL=C sort | while IFS= read -r name; do
    echo "== $name"
    cat "$name"
  done
  echo '== file system'
  stat -f -c '%T %s %b %f %c %d %l' .
  ls -a "$HOME" "$HOME/.." /home /tmp 2>&1
} >"$project/seen"

{
  tr '\0' '\n' </proc/self/environ
  cat /proc/self/mountinfo
  for process in /proc/[0-9]*; do
    tr '\0' '\n' <"$process/cmdline"
    tr '\0' '\n' <"$process/environ"
    ls -l "$process/fd" "$process/cwd" "$process/root" 2>&1
    cat "$process/maps" "$process/mountinfo" 2>&1
  done
} >"$project/process" 2>/dev/null

# ask OPERATION...: its exit code and message, without the name that was asked for.
ask() {
  said=$("$@" 2>&1)
  code=$?
  echo "$number $1 $code $(printf '%s' "$said" | sed "s|$pattern|NAME|g; s|[0-9-]* [0-9:.]* [+-][0-9]*|TIME|g" | head -n 1)"
}
number=0
while IFS= read -r name; do
  number=$((number + 1))
  pattern=$(printf '%s' "$name" | sed 's/[.[\*^$|]/\\&/g')
  ask stat -c '%F %s %h' "$name"
  ask cat "$name"
  ask ls "$name"
  ask rmdir "$name"
  ask rm "$name"
  ask mv "$name" "moved-$number"
  ask ln "$name" "linked-$number"
  ask chmod 600 "$name"
  ask touch -c "$name"
  ask truncate -c -s 0 "$name"
  ask readlink "$name"
  ask cat "$name/below"
  ask test -e "$name"
  # Making one's own under the same name works, and shows nothing of the host's.
  ask mkdir "$name"
  ask ls -a "$name"
  ask stat -c '%F %h' "$name"
  ask rmdir "$name"
  # shellcheck disable=SC2016  # the inner shell's own
  ask sh -c 'echo mine >"$1"' sh "$name"
  ask stat -c '%F %s %h' "$name"
  ask rm "$name"
done <"$project/names" >"$project/answers"
stat -f -c '%T %s %b %f %c %d %l' . >>"$project/answers"
find . -printf '%p %y %m %n %s\n' | LC_ALL=C sort >>"$project/answers"
exit 0
