"""A local platform as a hosted one looks from here: at an address that is not loopback, over http and https.

front.py PLATFORM KEY OWN_KEY ADDRESS CERTIFICATE CERTIFICATE_KEY

Passes on what comes with KEY to the platform, with OWN_KEY in its place, and prints the two ports once it listens.
"""

import http.client
import http.server
import ssl
import sys
import threading
import urllib.parse

platform, key, own_key, address, certificate, certificate_key = sys.argv[1:]
upstream = urllib.parse.urlsplit(platform).netloc


class Front(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def pass_on(self):
        if not self.path.startswith("/"):
            return self.send_error(400, "not a request to this server")
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name: self.headers[name] for name in ("content-type", "accept") if name in self.headers}
        if self.headers.get("authorization") == f"Token {key}":
            headers["authorization"] = f"Token {own_key}"
        connection = http.client.HTTPConnection(upstream, timeout=60)
        connection.request(self.command, self.path, body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        self.send_response(answer.status)
        for name in ("content-type", "x-request-id"):
            if answer.headers[name]:
                self.send_header(name, answer.headers[name])
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # A client that hangs up in a handshake is what some checks are about.


class TlsServer(Server):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate_key)

    def finish_request(self, request, client_address):
        # In the thread of the connection: a slow handshake holds up nobody.
        with self.context.wrap_socket(request, server_side=True) as encrypted:
            super().finish_request(encrypted, client_address)


servers = [Server((address, 0), Front), TlsServer((address, 0), Front)]
for server in servers:
    threading.Thread(target=server.serve_forever).start()
print(*(server.server_port for server in servers), flush=True)
