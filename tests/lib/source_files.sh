# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Which files the lint tests look at, and how a test skips. Sourced; prints nothing by itself.

# source_files ROOT GLOB...: paths relative to ROOT of the sources that are tracked or about to be,
# and exist. Without git (a release archive, a planted tree) everything but build directories counts.
source_files() {
  sf_root=$1
  shift
  if [ -e "$sf_root/.git" ] && command -v git >/dev/null; then
    git -c safe.directory='*' -C "$sf_root" ls-files -co --exclude-standard -- "$@" |
      while IFS= read -r sf_name; do
        [ ! -f "$sf_root/$sf_name" ] || printf '%s\n' "$sf_name"
      done
  else
    (
      cd "$sf_root" || exit 1
      find . \( -name 'build*' -o -name .git -o -name node_modules \) -type d -prune -o -type f -print |
        sed 's|^\./||' | while IFS= read -r sf_name; do
        for sf_glob; do
          # shellcheck disable=SC2254  # the glob is meant as a pattern
          case $sf_name in $sf_glob)
            printf '%s\n' "$sf_name"
            break
            ;;
          esac
        done
      done
    )
  fi | LC_ALL=C sort
}

# product_files ROOT: the C sources of the programs themselves.
product_files() {
  source_files "$1" 'fs/*.[ch]' 'init/*.[ch]' 'launcher/*.[ch]' 'preload/*.[ch]'
}

# A missing tool is a skip for a developer and a failure where CLAUDEFS_TEST_NO_SKIP is set (CI).
skip_test() {
  echo "skipped: $*"
  [ -z "${CLAUDEFS_TEST_NO_SKIP:-}" ] || exit 1
  exit 77
}

need_tool() {
  command -v "$1" >/dev/null || skip_test "$1 is not installed (./bootstrap deps --test)"
}
