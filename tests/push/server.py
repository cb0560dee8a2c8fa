#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""git http-backend on loopback, with basic authentication: a real git server for the tests of push.

usage: server.py ROOT USER PASSWORD PORT_FILE LOG
Repositories lie below ROOT. The port goes to PORT_FILE when it serves; LOG gets a line per request:
METHOD PATH and "auth", "none" or "wrong". While LOG.hold is there, what is fetched waits, and LOG.held says so. /offsite/... redirects to the rest of the path on another host name.
"""
import base64
import http.server
import os
import subprocess
import sys
import time

root, user, password, port_file, log = sys.argv[1:6]
WANTED = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            parts = []
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                parts.append(self.rfile.read(size))
                self.rfile.readline()
                if size == 0:
                    return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, code, headers, body):
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def serve(self):
        data = self.body()
        given = self.headers.get("Authorization")
        kind = "auth" if given == WANTED else "wrong" if given else "none"
        with open(log, "a", encoding="utf-8") as out:
            out.write(f"{self.command} {self.path} {kind}\n")
        if self.path.startswith("/offsite/"):
            port = server.server_address[1]
            self.answer(302, [("Location", f"http://localhost:{port}" + self.path[len("/offsite"):])], b"")
            return
        if kind != "auth":
            self.answer(401, [("WWW-Authenticate", 'Basic realm="test"')], b"")
            return
        if self.path.endswith("/git-upload-pack") and os.path.exists(log + ".hold"):
            with open(log + ".held", "w", encoding="utf-8"):
                pass
            deadline = time.monotonic() + 60
            while os.path.exists(log + ".hold") and time.monotonic() < deadline:
                time.sleep(0.02)
        path, _, query = self.path.partition("?")
        environment = {
            "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": root, "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(data)),
            **{k: v for k, v in os.environ.items() if k.startswith("GIT_CONFIG_")},
            "REMOTE_USER": user, "REMOTE_ADDR": "127.0.0.1", "GIT_CONFIG_NOSYSTEM": "1", "HOME": "/nonexistent",
        }
        if self.headers.get("Content-Encoding"):
            environment["HTTP_CONTENT_ENCODING"] = self.headers["Content-Encoding"]
        result = subprocess.run(["git", "http-backend"], input=data, env=environment,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        head, _, body = result.stdout.partition(b"\r\n\r\n")
        code = 200
        headers = []
        for line in head.decode("latin-1").split("\r\n"):
            name, _, value = line.partition(": ")
            if name == "Status":
                code = int(value.split()[0])
            elif name:
                headers.append((name, value))
        self.answer(code, headers, body)

    do_GET = serve
    do_POST = serve


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(port_file + ".new", "w", encoding="utf-8") as f:
    f.write(str(server.server_address[1]))
os.rename(port_file + ".new", port_file)
server.serve_forever()
