"""A node for tests that need its command as well as its API."""

import http.client
import json
import os
import subprocess
import sys
import time
from typing import Any, Dict, Optional, Tuple

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "ports"))

import ports  # noqa: E402

SECONDS = 60  # the most that a command takes, a start and a stop
COMMAND = os.path.join(os.path.dirname(os.path.dirname(HERE)), "bin", "edgetoken")
# A node takes no variables that it does not know.
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith("EDGETOKEN_")
}


class Node:
    """A node in a folder. Its commands run whether it serves or not."""

    def __init__(self, folder: str, version: str, settings: Dict[str, Any]) -> None:
        os.makedirs(folder, exist_ok=True)
        self.port = ports.free()
        self.config = os.path.join(folder, "edgetoken.yaml")
        self.log = os.path.join(folder, "log")
        config = {
            "compat": version,
            "engine": "native",
            "listen": "127.0.0.1:%d" % self.port,
            "data": os.path.join(folder, "data"),
            "simple_jwt": settings,
        }
        with open(self.config, "w", encoding="utf-8") as f:
            json.dump(config, f)
        self.server: "Optional[subprocess.Popen[bytes]]" = None

    def run(self, *args: str, stdin: str = "", status: int = 0) -> Tuple[str, str]:
        """Standard output and standard error of a command."""
        done = subprocess.run(
            [COMMAND, *args, "--config", self.config],
            input=stdin,
            capture_output=True,
            text=True,
            env=ENVIRONMENT,
            timeout=SECONDS,
        )
        if done.returncode != status:
            raise RuntimeError(
                "%s: exit status %d: %s%s"
                % (" ".join(args), done.returncode, done.stdout, done.stderr)
            )
        return done.stdout, done.stderr

    def start(self) -> None:
        with open(self.log, "wb") as log:
            command = [COMMAND, "serve", "--config", self.config]
            self.server = subprocess.Popen(command, stderr=log, env=ENVIRONMENT)
        deadline = time.monotonic() + SECONDS
        while self.server.poll() is None and time.monotonic() < deadline:
            try:
                if self.post("/auth/token/verify/", {"token": "x"})[0]:
                    return
            except OSError:
                time.sleep(0.05)
        self.stop()
        with open(self.log, encoding="utf-8", errors="replace") as f:
            raise RuntimeError("the node does not answer: " + f.read()[-2000:].strip())

    def stop(self) -> None:
        server, self.server = self.server, None
        if not server:
            return
        server.terminate()
        try:
            server.wait(SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            raise

    def post(self, path: str, body: Dict[str, str]) -> Tuple[int, Any]:
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            conn.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            answer = conn.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            conn.close()
