"""What the shop runs: its Django in gunicorn, a node, and a proxy that reads nginx's files."""

import contextlib
import http.client
import http.server
import re
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, Callable, Optional

START_SECONDS = STOP_SECONDS = 60
LOCATION = re.compile(r"location (\S+) \{((?:[^}\"]|\"[^\"]*\")*)\}")
PASS = re.compile(r"proxy_pass http://127\.0\.0\.1:(\d+)")
RETURN = re.compile(r"add_header Retry-After (\d+) always; return (\d+)")
# The headers of requests that the proxy passes on.
PASSED = ("Host", "Content-Type", "Authorization")


class Program:
    """A program that runs in a folder, with its log there."""

    def __init__(self, name: str, command: list[str], env: dict[str, str], folder: Path) -> None:
        self.name, self.command, self.env, self.folder = name, command, env, folder
        self.process: Optional[subprocess.Popen[bytes]] = None

    def start(self) -> None:
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.env,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def ended(self) -> Optional[str]:
        """What is wrong if it has ended, though nobody stopped it."""
        status = self.process.poll() if self.process else None
        return None if status is None else f"{self.name} has ended, with status {status}"

    def stop(self) -> None:
        process, self.process = self.process, None
        if process:
            end(process, STOP_SECONDS)


def end(process: "subprocess.Popen[bytes]", seconds: float) -> None:
    """Ends a process. One that takes longer than so many seconds is killed, which is an error."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise RuntimeError(f"{process.args!r} does not end within {seconds:.0f} s") from None


class Django(Program):
    """The shop's workers. A reload starts new ones and lets the old ones finish."""

    def __init__(self, python: str, port: int, env: dict[str, str], folder: Path) -> None:
        flags = f"--bind 127.0.0.1:{port} --workers 2 --no-control-socket --worker-tmp-dir {folder}"
        command = [python, "-m", "gunicorn", "wsgi:application", *flags.split()]
        super().__init__("gunicorn", command, env, folder)
        self.port, self.deployments = port, 0

    def start(self) -> None:
        self.count()
        super().start()
        self.wait()

    def reload(self) -> None:
        self.count()
        if self.process:
            self.process.send_signal(signal.SIGHUP)
        self.wait()

    def count(self) -> None:
        """Numbers the workers that start from now on."""
        self.deployments += 1
        (self.folder / "deployed").write_text(str(self.deployments))

    def wait(self) -> None:
        """Waits until only the workers answer that were started last."""
        deadline = time.monotonic() + START_SECONDS
        while not all(self.deployed() for _ in range(10)):
            if self.ended() or time.monotonic() > deadline:
                raise RuntimeError(
                    self.ended()
                    or f"gunicorn's new workers do not answer after {START_SECONDS} s"
                )
            time.sleep(0.05)

    def deployed(self) -> bool:
        """Whether it is one of these workers that answers now."""
        with contextlib.suppress(OSError):
            answer = ask(self.port, "GET", "/deployed/", {"Host": "shop.example"}, b"")[2]
            return answer == str(self.deployments).encode()
        return False


def ask(
    port: int, method: str, path: str, headers: dict[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    """Sends a request, and reads status, headers and body of the answer."""
    conn = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        conn.request(method, path, body, headers)
        answer = conn.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    except http.client.HTTPException as e:
        raise OSError(f"port {port}: {e!r}") from e
    finally:
        conn.close()


class Proxy:
    """Does what nginx would do with a file of locations. All else goes to Django."""

    def __init__(self, file: Path, django: int) -> None:
        self.file, self.django = file, django
        self.locations: dict[str, str] = {}
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                proxy.answer(self)

            do_POST = do_GET

            def log_message(self, *args: Any) -> None:
                pass

        self.port = serve(Handler)

    def reload(self) -> None:
        """Reads the file."""
        self.locations = dict(LOCATION.findall(self.file.read_text()))

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        status, headers, answer = self.pass_on(request, body)
        request.send_response(status)
        for name in ("Content-Type", "Retry-After"):
            if name in headers:
                request.send_header(name, headers[name])
        request.send_header("Content-Length", str(len(answer)))
        request.end_headers()
        request.wfile.write(answer)

    def pass_on(
        self, request: http.server.BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """The answer that the location of a request says, or that it has from behind the proxy."""
        locations = self.locations.items()
        location = next((how for path, how in locations if request.path.startswith(path)), "")
        said, to = RETURN.search(location), PASS.search(location)
        if said:
            return int(said[2]), {"Retry-After": said[1]}, b"{}"
        headers = {name: request.headers[name] for name in PASSED if name in request.headers}
        headers["X-Forwarded-For"] = request.client_address[0]
        try:
            return ask(
                int(to[1]) if to else self.django, request.command, request.path, headers, body
            )
        except OSError as e:
            return 502, {}, repr(e).encode()


class Control:
    """Does what systemctl and nginx are told. The body of a request is a command line."""

    def __init__(self, actions: dict[str, Callable[[], None]]) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                line = self.rfile.read(int(self.headers["Content-Length"])).decode()
                try:
                    actions[line]()
                    self.send_response(204)
                except (KeyError, RuntimeError, OSError) as e:
                    self.send_response(500, repr(e))
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.port = serve(Handler)


def serve(handler: type[http.server.BaseHTTPRequestHandler]) -> int:
    """Serves on a port, which it returns."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]
