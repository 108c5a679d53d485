"""What the shop runs: gunicorn with its Django, a node, and a proxy that takes its routes from files of nginx."""
import contextlib
import http.client
import http.server
import os
import re
import signal
import socket
import subprocess
import threading
import time
from typing import Dict, List, Optional, Tuple

START_SECONDS = 60
LOCATION = re.compile(r"location (\S+) \{((?:[^}\"]|\"[^\"]*\")*)\}")
PASS = re.compile(r"proxy_pass http://127\.0\.0\.1:(\d+)")
RETURN = re.compile(r"add_header Retry-After (\d+) always; return (\d+)")


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait(what: str, done, process: Optional[subprocess.Popen] = None) -> None:
    """Waits until done() is true."""
    deadline = time.monotonic() + START_SECONDS
    while not done():
        if process and process.poll() is not None:
            raise RuntimeError("%s ended with status %d" % (what, process.returncode))
        if time.monotonic() > deadline:
            raise RuntimeError("%s: waited for %d s in vain" % (what, START_SECONDS))
        time.sleep(0.05)


class Program:
    """A program that runs in the background, and its log."""

    def __init__(self, name: str, command: List[str], env: Dict[str, str], folder: str) -> None:
        self.name, self.command, self.env, self.folder = name, command, env, folder
        self.process: Optional[subprocess.Popen] = None

    def start(self) -> None:
        with open(os.path.join(self.folder, self.name + ".log"), "ab") as log:
            self.process = subprocess.Popen(self.command, env=self.env, cwd=self.folder, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None


class Django(Program):
    """The shop's workers. A reload starts new ones and lets the old ones finish."""

    def __init__(self, python: str, port: int, env: Dict[str, str], folder: str) -> None:
        super().__init__("gunicorn", [python, "-m", "gunicorn", "wsgi:application", "--bind", "127.0.0.1:%d" % port,
                                      "--workers", "2", "--no-control-socket", "--worker-tmp-dir", folder], env, folder)
        self.port, self.deployments = port, 0

    def start(self) -> None:
        self.count()
        super().start()
        wait("gunicorn", self.deployed, self.process)

    def reload(self) -> None:
        self.count()
        self.process.send_signal(signal.SIGHUP)
        wait("gunicorn", lambda: all(self.deployed() for _ in range(10)), self.process)

    def count(self) -> None:
        """Gives the workers that start now their number."""
        self.deployments += 1
        with open(os.path.join(self.folder, "deployed"), "w", encoding="ascii") as f:
            f.write(str(self.deployments))

    def deployed(self) -> bool:
        """Whether a worker answers that started last."""
        with contextlib.suppress(OSError):
            answer = ask(self.port, "GET", "/deployed/", {"Host": "shop.example"}, b"")[2]
            return answer == str(self.deployments).encode()
        return False


def ask(port: int, method: str, path: str, headers: Dict[str, str], body: bytes) -> Tuple[int, Dict[str, str], bytes]:
    """Sends a request, and reads the answer."""
    conn = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        conn.request(method, path, body, headers)
        answer = conn.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    except http.client.HTTPException as e:
        raise OSError("port %d: %r" % (port, e)) from e
    finally:
        conn.close()


class Proxy:
    """A proxy that does what nginx would do with a file of locations; what has none goes to Django."""

    def __init__(self, routes: str, django: int) -> None:
        self.file, self.django = routes, django
        self.routes: Dict[str, str] = {}
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                proxy.answer(self)

            do_POST = do_GET

            def log_message(self, *args) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reload(self) -> None:
        """Takes the routes from the file."""
        with open(self.file, encoding="utf-8") as f:
            self.routes = dict(LOCATION.findall(f.read()))

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        how = next((how for path, how in self.routes.items() if request.path.startswith(path)), "")
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        said, to = RETURN.search(how), PASS.search(how)
        if said:
            status, headers, answer = int(said.group(2)), {"Retry-After": said.group(1)}, b"{}"
        else:
            sent = {n: v for n, v in request.headers.items() if n.lower() != "connection"}
            sent["X-Forwarded-For"] = request.client_address[0]
            try:
                port = int(to.group(1)) if to else self.django
                status, headers, answer = ask(port, request.command, request.path, sent, body)
            except OSError as e:
                status, headers, answer = 502, {}, repr(e).encode()
        request.send_response(status)
        for name in ("Content-Type", "Retry-After", "WWW-Authenticate", "X-Auth-Error"):
            if name in headers:
                request.send_header(name, headers[name])
        request.send_header("Content-Length", str(len(answer)))
        request.end_headers()
        request.wfile.write(answer)


class Control:
    """Has the commands that the run-book gives the system do something here: a request's body is a command's line."""

    def __init__(self, actions) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                line = self.rfile.read(int(self.headers["Content-Length"])).decode()
                try:
                    actions[line]()
                    self.send_response(204)
                except (KeyError, RuntimeError, OSError) as e:
                    self.send_response(500, repr(e))
                self.end_headers()

            def log_message(self, *args) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
