"""What the tests of nginx and HAProxy share: the cases, and a service that says what it received.

Python 3.9 or later, standard library only.
"""

import base64
import contextlib
import hashlib
import hmac
import http.client
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

import realnode

KEY = "a-signing-key-of-the-proxy-tests-alone-0123456789"

# A node for proxies, that signs by HMAC so that the tests can forge.
FOR_PROXIES = {
    "check": {"headers": {"X-User-Id": "id", "X-User-Email": "email"}, "cookie": "access"},
    "simple_jwt": {"SIGNING_KEY": KEY},
}


class Tally:
    """Counts checks, and prints those that fail."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, good, shown=""):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAIL {name} {shown}")

    def equal(self, name, got, want):
        self.check(name, got == want, f"\n  got  {got!r}\n  want {want!r}")

    def close(self):
        print(f"{self.passed} passed, {self.failed} failed, 0 skipped")
        return 1 if self.failed else 0


def installed(program):
    """Says why a program of Debian's cannot be had, or None. Only root installs it."""
    if shutil.which(program):
        return None
    if os.getuid() or not shutil.which("apt-get"):
        return f"{program} is missing; install it (Debian: apt-get install {program})"
    # No service of that name may start: the tests start their own.
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive", RUNLEVEL="1")
    install = ["apt-get", "install", "-q", "-y", "--no-install-recommends", program]
    for command in (["apt-get", "update", "-q"], install):
        done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            return f"{program} cannot be installed: " + done.stdout.decode(errors="replace")[-500:].strip()
    return None


class Answer:
    """An answer: its status, headers (names in lower case, each with its values) and body."""

    def __init__(self, status, headers, body):
        self.status, self.body = status, body
        self.headers = {}
        for name, value in headers:
            self.headers.setdefault(name.lower(), []).append(value)

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body!r}"


def ask(port, path, headers=(), method="GET"):
    """Sends a request as it is spelt, and reads the answer."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", *headers]
    if not any(h.lower().startswith("connection:") for h in headers):
        lines.append("Connection: close")
    with socket.create_connection(("127.0.0.1", port), 20) as s:
        s.sendall("".join(line + "\r\n" for line in lines).encode("latin-1") + b"\r\n")
        answer = http.client.HTTPResponse(s, method=method)
        answer.begin()
        return Answer(answer.status, answer.getheaders(), answer.read())


class Service:
    """The service behind the proxy: answers with the path and headers that reached it, /answer/STATUS with a status."""

    def __init__(self):
        self.reached = 0
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                service.reached += 1
                body = json.dumps({"path": self.path, "headers": self.headers.items()}).encode()
                self.send_response(int(self.path[8:]) if self.path.startswith("/answer/") else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *args: None  # proxies cut their connections in the end
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sign(header, claims):
    """A token of the node's key. header and claims are objects, or texts that are signed as they are spelt."""
    texts = (part if isinstance(part, str) else json.dumps(part) for part in (header, claims))
    signed = ".".join(b64(text.encode()) for text in texts)
    return signed + "." + b64(hmac.new(KEY.encode(), signed.encode(), hashlib.sha256).digest())


def altered(token, header=None, **changes):
    """The token with other header members and claims, signed again. None takes a claim out."""
    parts = [json.loads(unb64(part)) for part in token.split(".")[:2]]
    parts[0].update(header or {})
    parts[1].update(changes)
    return sign(parts[0], {name: value for name, value in parts[1].items() if value is not None})


def forged(token):
    """The token with another signature."""
    signed, _, signature = token.rpartition(".")
    return signed + "." + ("B" if signature[0] == "A" else "A") + signature[1:]


class Tokens:
    """A customer's good token, and bad ones by name."""

    def __init__(self, node):
        self.good, refresh = node.log_in("ana")
        revoked, ended = node.log_in("ben")
        node.run("token", "revoke", "-", stdin=ended)
        inactive, _ = node.log_in("cleo")
        node.run("customers", "disable", "cleo@example.com")
        self.claims = json.loads(unb64(self.good.split(".")[1]))
        self.bad = {
            "forged": forged(self.good),
            "expired": altered(self.good, exp=self.claims["iat"] - 1),
            "refresh": refresh,
            "revoked": revoked,
            "of a disabled customer": inactive,
            "of nobody": altered(self.good, user_id="999"),
            "without exp": altered(self.good, exp=None),
            "without jti": altered(self.good, jti=None),
            "without a type": altered(self.good, token_type=None),
            "without a customer": altered(self.good, user_id=None),
            "alg none": altered(self.good, {"alg": "none"}),
            "no JWT": "x",
            "in two parts": "a b",
        }


def bearer(token):
    return "Authorization: Bearer " + token


# Spellings that CGI, WSGI and PHP read as X-User-Id or X-User-Email.
SPELLINGS = (
    "X-User-Id",
    "x-user-id",
    "X-USER-ID",
    "X_User_Id",
    "X-User_Id",
    "x_user-id",
    "X-User-Email",
    "X_USER_EMAIL",
)

AMBIGUOUS = (
    "/public/../private",
    "/public/%2e%2e/private",
    "/public/..%2fprivate",
    "/public%2fx",
    "/public/%5c..%5cprivate",
    "/public//private",
    "//private",
    "/public/..\\private",
    "/public/;/../private",
    "/public/;x=1",
    "/public/%00",
    "/public/%",
    "/public/%zz",
    "/public/%2",
    "/public/.",
    "/public/./x",
    "/public/..",
    "/public/%2E%2E/private",
    "/public/..?x",
    "/public/%3b",
    "/public/%252e",
    "/public/%09",
    "/public/%7f",
    "/public/x#/../private",
    "http://127.0.0.1/public/../private",
)
PLAIN = ("/", "/a%20b", "/100%25", "/caf%C3%A9", "/a..b/c", "/a?next=//x/../y;%2f", "/public/a.b", "/.well-known/x")


def received(answer):
    """The customer's headers that reached the service, in any spelling."""
    found = {}
    for name, value in json.loads(answer.body)["headers"]:
        plain = name.lower().replace("_", "-")
        if plain.startswith("x-user-") and value:
            found.setdefault(plain, []).append(value)
    return found


UNAVAILABLE = b'{"detail":"Service temporarily unavailable, try again later."}'

ANA = {"x-user-id": ["1"], "x-user-email": ["ana@example.com"]}


def check_recipe(tally, port, node, service):
    """Tries a proxy on a port that protects all of a service but /public/. In the end the node is away."""
    tokens = Tokens(node)

    def refused(name, headers, status=401):
        before = service.reached
        answer = ask(port, "/private", headers)
        tally.equal(f"{name}: status", answer.status, status)
        tally.equal(f"{name}: reached the service", service.reached, before)
        tally.equal(f"{name}: type", answer.headers.get("content-type"), ["application/json"])
        return answer

    def as_the_node(name, headers):
        """Compares with what a view of the node answers."""
        got, want = refused(name, headers), ask(node.port, "/customers/me/", headers)
        tally.equal(f"{name}: body", got.body, want.body)
        for header in ("www-authenticate", "x-auth-error"):
            tally.equal(f"{name}: {header}", got.headers.get(header), want.headers.get(header))
        tally.equal(f"{name}: cache-control", got.headers.get("cache-control"), ["no-store"])

    answer = ask(port, "/private?x=1", [bearer(tokens.good)])
    tally.equal("a good token: status", answer.status, 200)
    tally.equal("a good token: headers", received(answer), ANA)
    tally.equal("a good token: path", json.loads(answer.body)["path"], "/private?x=1")
    answer = ask(port, "/private", [bearer(tokens.good), "Content-Length: 0"], "POST")
    tally.equal("a good token, POST", (answer.status, received(answer)), (200, ANA))

    for status in (401, 403, 500, 503):  # what the service itself answers stays
        answer = ask(port, f"/answer/{status}", [bearer(tokens.good)])
        tally.equal(f"the service answers {status}", (answer.status, received(answer)), (status, ANA))

    as_the_node("no token", [])
    as_the_node("another scheme", ["Authorization: Basic YTpi"])
    for name, token in tokens.bad.items():
        as_the_node("token " + name, [bearer(token)])
    before = service.reached
    answer = ask(port, "/private", [bearer(tokens.good), bearer(tokens.bad["forged"])])
    tally.check("two tokens", answer.status in (400, 401) and service.reached == before, repr(answer))

    for spelling in SPELLINGS:
        mine = [f"{spelling}: 999", f"{spelling}: 998"]
        tally.equal(f"client's {spelling}", received(ask(port, "/private", [bearer(tokens.good), *mine])), ANA)
        answer = ask(port, "/public/x", mine)
        tally.equal(f"client's {spelling}, public path", (answer.status, received(answer)), (200, {}))
    for upgrade in ([], ["Upgrade: chat"]):
        answer = ask(port, "/private", [bearer(tokens.good), "Connection: close, upgrade, X-User-Id", *upgrade])
        named = [v for n, v in json.loads(answer.body)["headers"] if n.lower() == "connection" and "user" in v.lower()]
        tally.equal(f"X-User-Id named in Connection, {upgrade}", (received(answer), named), (ANA, []))

    for path in AMBIGUOUS:
        for headers in ([], [bearer(tokens.good)]):
            before = service.reached
            answer = ask(port, path, headers)
            tally.check(f"path {path}", answer.status in (400, 403) and service.reached == before, repr(answer))
    for path in PLAIN:
        answer = ask(port, path, [bearer(tokens.good)])
        tally.equal(f"path {path}", (answer.status, json.loads(answer.body)["path"]), (200, path))
    for path in ("/publicx", "/PUBLIC/", "/%70ublicx/"):
        tally.equal(f"path {path}", ask(port, path).status, 401)

    cookie = "Cookie: a=b; access=" + tokens.good
    answer = ask(port, "/private", [cookie])
    tally.equal("cookie", (answer.status, received(answer)), (200, ANA))
    answer = ask(port, "/private", [cookie, f"Origin: http://127.0.0.1:{port}"])
    tally.equal("cookie, own page", (answer.status, received(answer)), (200, ANA))
    refused("cookie, page of another site", [cookie, "Origin: https://evil.example"], 403)
    refused("bad cookie", ["Cookie: access=" + tokens.bad["forged"]])
    refused("bad token, good cookie", [bearer(tokens.bad["forged"]), cookie])

    for name, stop in (("the node hangs", node.pause), ("the node is away", node.stop)):
        stop()
        before = service.reached
        answer = ask(port, "/private", [bearer(tokens.good)])
        tally.equal(name, (answer.status, answer.body, service.reached), (503, UNAVAILABLE, before))
        tally.equal(name + ": retry-after", answer.headers.get("retry-after"), ["1"])
        tally.equal(name + ", public path", ask(port, "/public/x").status, 200)
        if name == "the node hangs":
            node.process.send_signal(signal.SIGCONT)
    return tokens


@contextlib.contextmanager
def folder():
    """A folder that goes in the end."""
    with tempfile.TemporaryDirectory(prefix="edgetoken-hosts-") as path:
        yield path


@contextlib.contextmanager
def running(port, args, **options):
    """A proxy that listens on a port: gives its process."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(args, stdout=log, stderr=log, **options)
        try:
            realnode.wait_for(port, process)
            yield process
        except Exception:
            log.seek(0)
            print(log.read().decode(errors="replace")[-2000:])
            raise
        finally:
            realnode.end(process)


def measure(figures, port, node, proxies):
    """Measures requests through a proxy that asks the node, and such that need no token."""
    authorization = {"Authorization": "Bearer " + node.log_in("ana")[0]}
    figures.requests("none", port, "/public/x", {}, proxies)
    figures.requests("node", port, "/private", authorization, [*proxies, node.process])


def version(*command):
    """The first line that a program says of its version."""
    said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True).stdout.decode()
    return said.splitlines()[0]
