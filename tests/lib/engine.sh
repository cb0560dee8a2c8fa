# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A Docker engine of this test's own: started by hand as root, with its own data, socket and pid file, without
# a bridge and without touching the machine's firewall; stopped by its pid. And a root for the image that
# needs no network. Sourced by bash after home.sh.
#
# Sets DOCKER_HOST (exported) and ENGINE_ROOT. With ENGINE_IS_OPEN set everybody may talk to it, as members of
# the group docker may.

# need_engine: skips the test where no engine can be started.
need_engine() {
  [ "$(id -u)" -eq 0 ] || skip_test 'not root: no Docker engine can be started'
  local program
  for program in dockerd containerd runc docker; do
    command -v "$program" >/dev/null || skip_test "no $program (Debian: docker.io)"
  done
  [ -c /dev/fuse ] || skip_test 'no /dev/fuse'
}

# start_engine: up when it answers. Not below $HOME: its directories would be walked by the tests.
start_engine() {
  ENGINE_ROOT=${ENGINE_ROOT:-$(mktemp -d /var/tmp/claudefs-engine-XXXXXX)}
  export DOCKER_HOST=unix://$ENGINE_ROOT/sock
  # A configuration of the person who runs the tests says nothing here.
  export DOCKER_CONFIG=$ENGINE_ROOT/config
  mkdir -p "$DOCKER_CONFIG"
  launch_engine
}

# launch_engine: also after stop_engine, on the same data.
launch_engine() {
  local i pid driver
  for driver in overlay2 vfs; do
    # One that has data already keeps its driver: with another one it would not find them.
    [ "$driver" = overlay2 ] || [ ! -d "$ENGINE_ROOT/data/overlay2" ] || break
    rm -f "$ENGINE_ROOT/pid"
    setsid env -i "PATH=$PATH" "HOME=$ENGINE_ROOT" dockerd --data-root "$ENGINE_ROOT/data" --exec-root "$ENGINE_ROOT/exec" \
      --pidfile "$ENGINE_ROOT/pid" --host "$DOCKER_HOST" --storage-driver "$driver" --bridge=none \
      --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false --userland-proxy=false \
      ${ENGINE_OPTIONS:+"${ENGINE_OPTIONS[@]}"} >>"$ENGINE_ROOT/log" 2>&1 </dev/null &
    pid=$!
    for ((i = 0; i < 300; i++)); do
      if docker version >/dev/null 2>&1; then
        [ -z "${ENGINE_IS_OPEN:-}" ] || chmod 666 "$ENGINE_ROOT/sock"
        return 0
      fi
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
  done
  tail -n 20 "$ENGINE_ROOT/log" | sed 's/^/# /'
  echo 'Bail out! the Docker engine did not start'
  exit 1
}

# stop_engine: and all containers with it, as an engine does. By its own pid file: a subshell may have started it.
stop_engine() {
  local pid i
  pid=$(cat "$ENGINE_ROOT/pid" 2>/dev/null) || return 0
  kill "$pid" 2>/dev/null
  for ((i = 0; i < 300; i++)); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  rm -f "$ENGINE_ROOT/pid"
}

# remove_engine: at the end of the test.
remove_engine() {
  [ -n "${ENGINE_ROOT:-}" ] || return 0
  docker ps -aq 2>/dev/null | xargs -r docker rm -f >/dev/null 2>&1
  stop_engine
  local mounted
  grep -F " $ENGINE_ROOT/" /proc/self/mounts | cut -d' ' -f2 | sort -r | while read -r mounted; do
    umount "$mounted" 2>/dev/null || umount -l "$mounted" 2>/dev/null
  done
  rm -rf --one-file-system -- "$ENGINE_ROOT"
}

# end_engine_test: in the place of end_test, for tests with an engine.
end_engine_test() {
  local code=$?
  trap - EXIT
  remove_engine
  (exit "$code")
  end_test
}

# add_program ROOT PATH...: the files, where they are, with the libraries that they load.
add_program() {
  local root=$1 file
  shift
  for file; do
    [ -e "$file" ] || continue
    {
      printf '%s\n' "$file"
      ldd "$file" 2>/dev/null | grep -oE '/[^ ]+' || :
    } | while read -r file; do
      [ -e "$root$file" ] || cp -L --parents "$file" "$root" 2>/dev/null
    done
  done
}

# make_root TAR: the second root of the image: this machine's own programs and their libraries. Takes seconds, and
# no network.
make_root() {
  # The machine's own programs, not those of a person's version manager.
  local root=$ENGINE_ROOT/root program PATH=/usr/bin:/bin:/usr/sbin:/sbin
  mkdir -p "$root"/{bin,dev,etc,lib,lib64,opt,proc,run,sbin,sys,tmp,usr/bin,usr/sbin,usr/lib,var/tmp}
  chmod 1777 "$root/tmp" "$root/var/tmp"
  # Debian's layout: /bin and the like lead into /usr.
  for program in bin sbin lib lib64; do
    rmdir "$root/$program"
    mkdir -p "$root/usr/$program"
    ln -s "usr/$program" "$root/$program"
  done
  for program in awk basename bash cat chmod chown cp curl cut date dd df dirname echo env false find getent git grep head id kill \
    ln ls mkdir mknod mktemp mv node nproc openssl ps python3 readlink rev rm rmdir sed seq setsid sh sleep sort stat stty tail tee test \
    timeout touch tr true tty uname wc xargs mount umount nsenter unshare chroot su; do
    # -P: the file, where the shell has a builtin of that name too (echo, kill, true).
    program=$(type -P "$program") || continue
    add_program "$root" "$(readlink -f "$program")"
    # Under its own name too: sh, awk and python3 are links.
    [ -e "$root/usr/bin/$(basename "$program")" ] ||
      ln -s "$(readlink -f "$program")" "$root/usr/bin/$(basename "$program")"
  done
  for program in sh true env cat; do
    [ -e "$root/usr/bin/$program" ] || [ ! -e "/bin/$program" ] || add_program "$root" "/bin/$program"
  done
  # What is loaded by name only.
  for program in /lib/*-linux-gnu/{libc.so.6,libm.so.6,libpthread.so.0,libdl.so.2,librt.so.1,libgcc_s.so.1} \
    /lib/*-linux-gnu/{libstdc++.so.6,libnss_files.so.2} /usr/lib/git-core/git-remote-https; do
    add_program "$root" "$program"
  done
  [ ! -d /usr/lib/git-core ] || cp -a --parents /usr/lib/git-core /usr/share/git-core "$root" 2>/dev/null
  local python
  python=$(python3 -c 'import sysconfig; print(sysconfig.get_paths()["stdlib"])')
  [ ! -d "$python" ] || cp -a --parents "$python" "$root" 2>/dev/null
  rm -rf "$root$python"/{test,__pycache__,ensurepip,idlelib,lib2to3,pydoc_data,distutils} "$root$python"/config-* "$root$python"/dist-packages
  for program in "$root$python"/lib-dynload/*.so; do add_program "$root" "${program#"$root"}"; done
  printf 'root:x:0:0::/:/bin/bash\n' >"$root/etc/passwd"
  printf 'root:x:0:\n' >"$root/etc/group"
  [ ! -d /usr/share/terminfo ] || cp -a --parents /usr/share/terminfo/s /usr/share/terminfo/x /usr/share/terminfo/d "$root" 2>/dev/null
  [ ! -d /lib/terminfo ] || cp -aL --parents /lib/terminfo "$root" 2>/dev/null
  tar -C "$root" -c . >"$1" || return 1
  rm -rf "$root"
}

# import_root NAME: that root as an image of the engine. It is made once for all tests of a build directory, and
# again when packages or this file have changed.
import_root() {
  local tar=$CLAUDEFS_BUILD/tests/container-root.tar key lock
  key=$(stat -c %y /var/lib/dpkg/status "$CLAUDEFS_SOURCE/tests/lib/engine.sh" 2>/dev/null | cksum)
  exec {lock}>"$tar.lock"
  flock "$lock"
  if [ ! -s "$tar" ] || [ "$(cat "$tar.key" 2>/dev/null)" != "$key" ]; then
    rm -f "$tar.key"
    make_root "$tar" && printf '%s\n' "$key" >"$tar.key"
  fi
  exec {lock}>&-
  docker import - "$1" <"$tar" >/dev/null
}

# import_debian NAME: what users have as debian:bookworm-slim, by debootstrap from wherever this machine's own apt
# has its packages, with apt's own configuration of that. Takes a minute or two.
import_debian() {
  local root=$ENGINE_ROOT/debian mirror
  # shellcheck disable=SC2016  # apt's own variables
  mirror=$(apt-get indextargets --format '$(CODENAME) $(SITE)' 'Identifier: Packages' | awk '$1 == "bookworm" { print $2; exit }')
  debootstrap --variant=minbase bookworm "$root" "$mirror" >"$ENGINE_ROOT/debootstrap.log" 2>&1 || {
    tail -n 5 "$ENGINE_ROOT/debootstrap.log" | sed 's/^/# /'
    return 1
  }
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/etc/apt/sources.list*
  cp -a /etc/apt/sources.list* "$root/etc/apt/"
  grep -l '^Acquire::' /etc/apt/apt.conf.d/* | xargs -r cp -t "$root/etc/apt/apt.conf.d"
  tar -C "$root" -c . | docker import - "$1" >/dev/null
  rm -rf --one-file-system -- "$root"
}
