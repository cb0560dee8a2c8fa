# SPDX-License-Identifier: MIT
"""What a program that knows nothing of a proxy finds in a sandbox. A line per trial: its name and how it
came out; what hangs ends as a TimeoutError. Usage: plain_sockets.py CERT [TRIAL...]"""
import errno
import os
import resource
import socket
import ssl
import struct
import sys
import time

# Addresses of the test's servers, whose names are not on the list.
SIX, FOUR = '2606:2800:220:1::34', '93.184.216.35'


def tls(name, port=443, server_name=None, address=None):
    context = ssl.create_default_context(cafile=sys.argv[1])
    with socket.create_connection((address or name, port), 10) as plain:
        with context.wrap_socket(plain, server_hostname=server_name or name) as stream:
            stream.sendall(b'GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' % name.encode())
            return stream.makefile('rb').read().decode().strip().split('\n')[-1]


def raw(name, port, words):
    with socket.create_connection((name, port), 10) as stream:
        stream.sendall(words)
        answer = stream.makefile('rb').read().decode('latin1')
        if answer.startswith('\x15\x03'):
            return 'a TLS alert'
        return answer.split('\r\n')[0] + ' / ' + answer.strip().split('\n')[-1] if answer else 'ended'


def datagram(address, port, words=b'x'):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        plain.settimeout(5)
        plain.connect((address, port))
        plain.send(words)
        return plain.recv(4096)


def query(name, kind, header=b'\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00'):
    words = b''.join(bytes([len(label)]) + label.encode() for label in name.split('.')) + b'\0'
    return header + words + bytes([0, kind, 0, 1])


def ask(name, kind, server='127.0.0.1'):
    answer = datagram(server, 53, query(name, kind))
    return f'code {answer[3] & 15} answers {answer[7]}'


def listener():
    """The gate's own port, asked for directly."""
    return raw('127.0.0.1', 3129, b'GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\n')


def many(count):
    """So many connections at one time, each served."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    streams = [socket.create_connection(('allowed.example', 80), 60) for _ in range(count)]
    for stream in streams:
        stream.sendall(b'GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\n')
    return sum(b'hello from allowed.example' in stream.makefile('rb').read() for stream in streams)


def ping(address):
    """An echo request, where one may be sent at all."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as plain:
            plain.settimeout(1)
            plain.connect((address, 0))
            plain.send(b'\x08\0\xf7\xff\0\0\0\0')
            return 'answered' if plain.recv(100)[0] == 0 else 'refused'
    except OSError:
        return 'not answered'


def six(family_type, port):
    """No address of IPv6, or the whole of it switched off."""
    try:
        with socket.socket(socket.AF_INET6, family_type) as plain:
            plain.connect((SIX, port))
        return 'there'
    except OSError as error:
        return 'not there' if error.errno in (errno.ENETUNREACH, errno.EADDRNOTAVAIL) else str(error)


def netlink(protocol, kind, payload):
    """The kernel's answer to one message."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as plain:
        plain.settimeout(2)
        # NLM_F_REQUEST, NLM_F_ACK
        plain.send(struct.pack('=IHHII', 16 + len(payload), kind, 5, 1, 0) + payload)
        return errno.errorcode.get(-struct.unpack_from('=i', plain.recv(4096), 16)[0], 'done')


def held():
    """A connection that is open while the list changes, and one that is made afterwards, to the address from before."""
    address = socket.gethostbyname('allowed.example')
    context = ssl.create_default_context(cafile=sys.argv[1])
    with context.wrap_socket(socket.create_connection((address, 443)), server_hostname='allowed.example') as stream:
        open('held', 'w').close()
        for _ in range(400):
            if os.path.exists('reloaded'):
                break
            time.sleep(0.05)
        stream.sendall(b'GET / HTTP/1.1\r\nHost: allowed.example\r\nConnection: close\r\n\r\n')
        old = stream.makefile('rb').read().decode().strip().split('\n')[-1]
    try:
        new = tls('allowed.example', address=address)
    except OSError as error:
        new = errno.errorcode.get(error.errno, str(error))
    return f'open: {old}, new: {new}'


def half_open():
    """Nothing is said after the connection is there."""
    start = time.monotonic()
    with socket.create_connection(('allowed.example', 443)) as stream:
        stream.settimeout(30)
        stream.recv(1)
    return 'ended in time' if time.monotonic() - start < 20 else 'kept'


def flood(count):
    """Names that are not to be had; the last answer is like the first."""
    for number in range(count):
        answer = datagram('127.0.0.1', 53, query(f'secret-{number}.denied.example', 1))
    return f'code {answer[3] & 15}'


def wild(count):
    """More names of a wildcard than the gate remembers."""
    codes = [datagram('127.0.0.1', 53, query(f'n{number}.allowed.example', 1))[3] & 15 for number in range(count)]
    return f'{codes.count(0)} answered, {codes.count(2)} put off'


TRIALS = {
    'name': lambda: tls('allowed.example'),
    'same-address': lambda: len({socket.gethostbyname('allowed.example') for _ in range(20)}),
    'two-addresses': lambda: len({socket.gethostbyname(n + 'allowed.example') for n in ('', 'other.')}),
    'mixed-case': lambda: socket.gethostbyname('ALLOWED.Example') == socket.gethostbyname('allowed.example'),
    'families': lambda: sorted({i[0].name for i in socket.getaddrinfo('allowed.example', 443)}),
    'no-such-name': lambda: socket.gethostbyname('denied.example'),
    'one-label': lambda: socket.gethostbyname('intranet'),
    'loopback': lambda: socket.gethostbyname('localhost'),
    'question-a': lambda: ask('allowed.example', 1),
    'question-aaaa': lambda: ask('allowed.example', 28),
    'question-txt': lambda: ask('allowed.example', 16),
    'question-txt-denied': lambda: ask('secret.denied.example', 16),
    'question-ptr': lambda: ask('1.0.19.198.in-addr.arpa', 12),
    'question-elsewhere': lambda: ask('allowed.example', 1, '8.8.8.8'),
    'plain': lambda: raw('allowed.example', 80, b'GET /x HTTP/1.1\r\nHost: allowed.example\r\n\r\n'),
    'plain-other-host': lambda: raw('allowed.example', 80, b'GET / HTTP/1.1\r\nHost: denied.example\r\n\r\n'),
    'plain-absolute': lambda: raw('allowed.example', 80, b'GET http://denied.example/ HTTP/1.1\r\nHost: allowed.example\r\n\r\n'),
    'plain-post': lambda: raw('allowed.example', 80, b'POST / HTTP/1.1\r\nHost: allowed.example\r\nContent-Length: 6\r\n\r\nsecret'),
    'plain-second': lambda: raw('allowed.example', 80, b'GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\nGET /second HTTP/1.1\r\nHost: denied.example\r\n\r\n'),
    'other-server-name': lambda: tls('allowed.example', server_name='shared.example'),
    'no-tls': lambda: raw('allowed.example', 443, b'SSH-2.0-x\r\n'),
    'private': lambda: tls('private.example'),
    'metadata': lambda: raw('metadata.example', 80, b'GET / HTTP/1.1\r\nHost: metadata.example\r\n\r\n'),
    'port-22': lambda: raw('allowed.example', 22, b''),
    'port-8443': lambda: tls('allowed.example', 8443),
    'address': lambda: tls('denied.example', address=FOUR),
    'address-of-nobody': lambda: raw('198.19.77.77', 443, b'x'),
    'metadata-address': lambda: raw('169.254.169.254', 80, b'GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\n'),
    'six': lambda: six(socket.SOCK_STREAM, 443),
    'gate-itself': listener,
    'quic': lambda: datagram(socket.gethostbyname('allowed.example'), 443),
    'quic-address': lambda: datagram(FOUR, 443),
    'six-datagram': lambda: six(socket.SOCK_DGRAM, 443),
    'multicast': lambda: datagram('224.0.0.251', 5353),
    'ping': lambda: ping('93.184.216.35'),
    # A batch of nf_tables begins; RTM_DELADDR of 198.18.0.1; RTM_DELROUTE of 192.0.0.0/3, local.
    'change-rules': lambda: netlink(12, 16, struct.pack('=BBH', 0, 0, 10 << 8)),
    'change-addresses': lambda: netlink(0, 21, struct.pack('=BBBBIHH', 2, 32, 0, 0, 1, 8, 2) + b'\xc6\x12\0\x01'),
    'change-routes': lambda: netlink(0, 25, struct.pack('=BBBBBBBBIHH', 2, 3, 0, 0, 255, 3, 254, 2, 0, 8, 1) + b'\xc0\0\0\0'),
    'flood': lambda: flood(500),
    'many': lambda: many(200),
}

# Only when they are named: somebody else has a part in them, or they take long.
ONLY_NAMED = {
    'held': held,
    'flood-long': lambda: flood(100000),
    'half-open-long': half_open,
    'many-long': lambda: many(1000),
    'wild-long': lambda: wild(5000),
}

for trial in sys.argv[2:] or TRIALS:
    try:
        result = {**TRIALS, **ONLY_NAMED}[trial]()
    except OSError as error:
        result = errno.errorcode.get(error.errno, f'{type(error).__name__}: {error.strerror or error}')
        if isinstance(error, (ssl.SSLError, socket.gaierror)):
            result = f'{type(error).__name__}: {error.strerror or error}'
    print(f'{trial}: {result}', flush=True)
