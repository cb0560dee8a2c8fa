#!/bin/bash
# SPDX-License-Identifier: MIT
# git in a sandbox: everyday work unasked, what cannot work said at once, and the person's configuration
# without what runs something.
# shellcheck disable=SC2016  # the scripts are for shells inside
. "$(dirname "$0")/run_lib.sh"
make_run_home
umask 022
PROJECT="$HOME/pro ject/it's"
mkdir -p "$PROJECT" "$HOME/.config/git" "$HOME/evil"
cat >"$HOME/.gitconfig" <<END
[user]
	name = Ada "of" L\\\\ovelace
	email = a@example.org
	signingKey = CANARY
[alias]
	st = !touch CANARY
	push = status
[core]
	pager = touch CANARY
	editor = touch CANARY
	fsmonitor = touch CANARY
	sshCommand = touch CANARY
	hooksPath = $HOME/evil
	autocrlf = false
[commit]
	gpgSign = true
	template = $HOME/evil/CANARY
[credential]
	helper = "!touch CANARY; echo password=CANARY"
[github]
	token = CANARY
[http "https://example.org"]
	extraHeader = Authorization: CANARY
[url "https://CANARY@example.org/"]
	insteadOf = work:
[diff]
	external = touch CANARY
[include]
	path = more
[includeIf "gitdir:**/it's/"]
	path = ~/evil/for-this
END
printf '[filter "x"]\n\tclean = touch CANARY\n[diff "x"]\n\ttextconv = touch CANARY\n[color]\n\tui = never\n' >"$HOME/more"
printf '[user]\n\temail = work@example.org\n' >"$HOME/evil/for-this"
printf '.DS_Store\n' >"$HOME/.config/git/ignore"
printf '#!/bin/sh\ntouch CANARY\n' >"$HOME/evil/pre-commit" && chmod 755 "$HOME/evil/pre-commit"
own

inside_sh '
  git init -q -b main .; printf "#!/bin/sh\ntouch ran\n" >.git/hooks/pre-commit; chmod 755 .git/hooks/pre-commit
  touch .DS_Store a; echo "* filter=x diff=x" >.gitattributes; git add -A && git commit -q -m one && git log -1 --format="%an|%ae"
  git ls-files; ls -A; cat /etc/gitconfig; git config --list --show-scope; grep -c . ~/.gitconfig' >"$WORK/nasty" 2>&1
ok 'a commit is made in the name of the person, as for this project' contains "$WORK/nasty" 'Ada of L\ovelace|work@example.org'
ok 'nothing of a nasty configuration is inside' not grep -q 'CANARY' "$WORK/nasty"
ok 'nothing of it ran' test ! -e "$PROJECT/CANARY"
ok 'hooks do not run' test ! -e "$PROJECT/ran"
ok 'what the person never adds is not added' not grep -qx .DS_Store <(inside_sh 'git ls-files')
ok 'what is harmless of it holds, of its includes too' contains "$WORK/nasty" 'color.ui=never'
ok 'it cannot be changed from inside' not inside_sh 'echo >>/etc/gitconfig'
ok 'nor the list of what is never added' not inside_sh 'echo >>/etc/gitignore'
ok 'but the agent may have one of its own' equal Bob "$(inside_sh 'git config --global user.name Bob; git config user.name')"
ok 'the directory of the project alone is safe' equal "$PROJECT $PROJECT/*" \
  "$(inside_sh 'git config --system --get-all safe.directory' | xargs -d '\n')"

# Everyday work, with a server of the sandbox's own for https.
mkdir "$PROJECT/every"
cp "$(dirname "$0")/git_everyday.sh" "$PROJECT/"
cat >"$PROJECT/server.mjs" <<'END'
import { createServer } from 'node:https';
import { readFile } from 'node:fs/promises';
import { writeFileSync, readFileSync } from 'node:fs';
const server = createServer({ key: readFileSync('key.pem'), cert: readFileSync('cert.pem') }, async (request, response) => {
  try {
    response.end(await readFile('.' + new URL(request.url, 'https://x').pathname));
  } catch {
    response.writeHead(404).end();
  }
});
server.listen(0, '127.0.0.1', () => writeFileSync('port', String(server.address().port)));
END
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext 'subjectAltName=IP:127.0.0.1' \
  -keyout "$PROJECT/key.pem" -out "$PROJECT/cert.pem" 2>/dev/null
own
inside_sh '
  git init -q -b main src && cd src && echo x >x && git add x && git commit -q -m x && cd ..
  git clone -q --bare src secure.git && git -C secure.git update-server-info
  node server.mjs & server=$!
  for i in $(seq 200); do [ -s port ] && break; sleep 0.05; done
  printf "[http]\n\tsslCAInfo = %s/cert.pem\n" "$PWD" >~/.gitconfig
  cd every && HTTPS_REPOSITORY=https://127.0.0.1:$(cat ../port)/secure.git bash ../git_everyday.sh
  ls secure; kill $server' >"$WORK/everyday" 2>&1
ok 'everyday git works unasked' equal '79 commands x ' "$(tr '\n' ' ' <"$WORK/everyday")"

# What cannot work says so, by whichever name git is called.
refused() {
  inside_sh "exec 2>&1; $1" >"$WORK/said"
  [ $? -eq 128 ] && grep -q '^git: not in this sandbox: .*\..*' "$WORK/said" && [ "$(grep -c . "$WORK/said")" -eq 1 ]
}
ok 'git push says what to do instead' refused 'git push origin HEAD'
ok 'by its full name too' refused '/usr/bin/git push'
ok 'from a shell that sets PATH anew' refused "bash -lc 'git push'"
ok 'with no environment at all' refused "env -i git push"
ok 'through a link' refused 'ln -sf "$(command -v git)" git-push; ./git-push origin; exit $?'
ok 'a remote is not added' refused 'git remote add evil https://example.org/'
ok 'a key is not set' refused "git config core.fsmonitor 'touch ran'"
ok 'a variable is not taken' refused "GIT_SSH_COMMAND='touch ran' git fetch"
ok 'where pushing goes by the host, the real git is asked' not refused 'CLAUDEFS_GIT_PUSH=1 git push nowhere main'
ok 'its word is that of git' contains "$WORK/said" "fatal: 'nowhere' does not appear to be a git repository"
ok 'the real git stands behind it' contains <(inside_sh '/opt/claudefs/git --version') 'git version'
ok 'the guard cannot be changed from inside' not inside_sh 'echo >"$(command -v git)"'
ok 'nor be covered by another in its directory' not inside_sh 'cp /bin/true /opt/claudefs/bin/x'
ok 'a configuration that git cannot read is named, and the session goes on' equal 0 \
  "$(printf '[user\n' >"$HOME/.gitconfig"; code inside true)"
ok 'with its name' contains "$WORK/err" "$HOME/.gitconfig: git could not read it"
finish
