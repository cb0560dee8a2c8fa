#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A hostile client of git's push protocol: what no git would send.

usage: raw_push.py REMOTE NEW REF [PACK_FILE]     (NEW: an object id, 40 zeros to delete)
       raw_push.py --bytes TEXT                   (Python escapes, sent as they are)
Prints what comes back, control characters as they are.
"""
import socket
import sys


def packet(data):
    return b"%04x" % (len(data) + 4) + data


def exactly(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            return None
        data += part
    return data


def packets(connection, until_flush):
    """Yields packets until a flush (or the end)."""
    while True:
        head = exactly(connection, 4)
        if not head:
            return
        length = int(head, 16)
        if length == 0:
            if until_flush:
                return
            continue
        data = exactly(connection, length - 4)
        if data is None:
            return
        yield data


connection = socket.create_connection(("127.0.0.1", 9418), timeout=60)
if sys.argv[1] == "--bytes":
    connection.sendall(sys.argv[2].encode().decode("unicode_escape").encode("latin-1"))
    connection.shutdown(socket.SHUT_WR)
else:
    remote, new, ref = sys.argv[1:4]
    connection.sendall(packet(b"git-receive-pack /" + remote.encode() + b"\0host=127.0.0.1\0"))
    for line in packets(connection, True):
        if line.startswith(b"ERR"):
            print(line.decode())
            sys.exit(1)
    command = b"0" * 40 + b" " + new.encode() + b" " + ref.encode("utf-8", "surrogateescape")
    connection.sendall(packet(command + b"\0report-status side-band-64k") + b"0000")
    if len(sys.argv) > 4:
        with open(sys.argv[4], "rb") as pack:
            connection.sendall(pack.read())
        connection.shutdown(socket.SHUT_WR)
for line in packets(connection, False):
    sys.stdout.write(line[1:].decode("utf-8", "replace") + "\n")
