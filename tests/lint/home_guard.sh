#!/bin/bash
# SPDX-License-Identifier: MIT
# The test library refuses to run anything in a HOME that is not the test's own.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/home.sh"

unset_home() {
  unset HOME
}
home_of_another_test() {
  make_home
  echo 1 >"$TEST_ROOT/owner"
}
home_that_became_a_link() {
  make_home
  mv "$HOME" "$HOME.real"
  ln -s "$HOME.real" "$HOME"
}
home_of_another_name() {
  make_home
  HOME=$TEST_ROOT
}

for prepare in : unset_home home_of_another_test home_that_became_a_link home_of_another_name; do
  (
    $prepare
    guard_home
  ) >/dev/null 2>&1
  code=$?
  [ "$code" -eq 99 ] || {
    echo "not refused ($code): $prepare"
    exit 1
  }
done

(
  make_home
  guard_home
) || {
  echo 'its own home was refused'
  exit 1
}
