# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What plain_sockets.py must have said, the same in each runtime. Sourced after world.sh and sandbox.sh, or what is in
# their places.

make_plain_project() {
  cp "$CERT" "$PROJECT/cert.pem"
  cp "$CLAUDEFS_SOURCE/tests/gateway/plain_sockets.py" "$PROJECT"
  printf '%s\n' allowed.example '*.allowed.example' private.example 'metadata.example private' six.example >"$LIST"
}

# came SENTENCE TRIAL RESULT: what $WORK/out says of it.
came() {
  ok "$1" equal "$2: $3" "$(grep -a "^$2: " "$WORK/out")"
}
# told NEEDLE
told() {
  grep -qF -e "$1" <<<"$(log_of_session)" || { echo "the log does not say: $1"; return 1; }
}

check_plain() {
  came 'an allowed name is reached by a plain socket' name 'hello from allowed.example'
  came 'and by curl, without a proxy variable' curl 'hello from allowed.example'
  came "and by node's fetch" node 'hello from allowed.example'
  came 'a name keeps its address' same-address 1
  came 'another name has another one' two-addresses 2
  came 'however it is spelt' mixed-case True
  came 'there is no IPv6 address to try in vain' families "['AF_INET']"
  came 'a name that is not on the list does not exist' no-such-name 'gaierror: Name or service not known'
  ok 'which is told' told 'denied.example","port":0,"reason":"not on the list of allowed hosts; its address was asked for'
  came 'nor does one of the own network' one-label 'gaierror: Name or service not known'
  came 'localhost does' loopback 127.0.0.1
  came 'a question for an address is answered' question-a 'code 0 answers 1'
  came 'one for an IPv6 address is empty' question-aaaa 'code 0 answers 0'
  came 'one for a text too' question-txt 'code 0 answers 0'
  came 'one about a name that is not on the list has no answer' question-txt-denied 'code 3 answers 0'
  came 'nor has one for the name of an address' question-ptr 'code 3 answers 0'
  came 'another name server refuses at once' question-elsewhere ECONNREFUSED
  came 'a plain request is passed on' plain 'HTTP/1.1 200 OK / hello from allowed.example'
  came 'not one to another host' plain-other-host 'HTTP/1.1 400 Bad Request / claudefs: allowed.example:80: not a plain request to this host'
  came 'nor one with another host in its target' plain-absolute 'HTTP/1.1 400 Bad Request / claudefs: allowed.example:80: not a plain request to this host'
  came 'nor one that sends something' plain-post 'HTTP/1.1 405 Method Not Allowed / claudefs: allowed.example:80: without TLS only GET and HEAD pass; use https'
  came 'a second request behind it is not read' plain-second 'HTTP/1.1 200 OK / hello from allowed.example'
  ok 'nor passed on' not reached second
  came 'TLS for another name is refused' other-server-name 'SSLError: [SSL: TLSV1_UNRECOGNIZED_NAME] tlsv1 unrecognized name (_ssl.c:992)'
  ok 'which is told' told 'TLS names another server'
  came 'something else than TLS is refused' no-tls 'a TLS alert'
  came 'a name with a private address is refused' private ECONNRESET
  ok 'which is told' told 'private.example","port":443,"reason":"the name leads to a private'
  came "the cloud's metadata are refused" metadata 'HTTP/1.1 403 Forbidden / claudefs: metadata.example:80: the name leads to a private, local or reserved address'
  came 'their address is refused at once' metadata-address ECONNREFUSED
  came 'port 22 is refused at once' port-22 ECONNREFUSED
  ok 'and told, by its name' told 'allowed.example","port":22,"reason":"only port 443'
  came 'other ports are' port-8443 ECONNREFUSED
  came 'an address is refused at once' address ECONNREFUSED
  ok 'and told' told '93.184.216.35","port":443,"reason":"an address'
  came 'an address that no name has leads nowhere' address-of-nobody ECONNRESET
  came 'the port of the gate itself leads nowhere' gate-itself ECONNRESET
  ok 'which is told, and no loop' told '127.0.0.1","port":3129,"reason":"an address'
  came 'IPv6 is not there' six 'not there'
  came 'nor by datagrams' six-datagram 'not there'
  came 'QUIC is refused at once, so that TCP is tried' quic ECONNREFUSED
  came 'also to an address' quic-address ECONNREFUSED
  came 'nobody is reached by multicast' multicast ENETUNREACH
  came 'no echo comes back' ping 'not answered'
  came 'nobody inside changes the rules that lead here' change-rules EPERM
  came 'nor the addresses' change-addresses EPERM
  came 'nor the routes' change-routes EPERM
  came 'five hundred questions are answered as the first is' flood 'code 3'
  came 'two hundred connections are served at one time' many 200
  ok 'nothing hung' not grep -a 'imed\? \?out' "$WORK/out"
  ok 'nothing arrived but what was asked for' not grep -avE 'request [^ ]* allowed.example /x?$|connection (::ffff:)?93.184.216.34:(443|80)$' "$WORK/reached"
}
