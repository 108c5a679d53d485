"""A real node for the tests of hosts.

Python 3.9 or later, standard library only.
"""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

HOSTS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HOSTS))
sys.path.insert(0, os.path.join(ROOT, "testdata", "ports"))

import ports  # noqa: E402

COMMAND = os.path.join(ROOT, "bin", "edgetoken")
CACHE = os.environ.get("EDGETOKEN_HOSTS_CACHE") or os.path.join(tempfile.gettempdir(), f"edgetoken-hosts-{os.getuid()}")

PASSWORD = "correct horse battery staple"
START_SECONDS = 60  # the first start compiles the module
STOP_SECONDS = 60


def end(process):
    """Ends a process. One that takes longer than STOP_SECONDS is killed, which is an error."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def wait_for(port, process):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with status {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"{process.args[0]} does not listen after {START_SECONDS} s")


class Node:
    """A node with three customers."""

    def __init__(self, folder, settings, generate_key=False):
        self.port = ports.free()
        cache = os.path.join(CACHE, "compiled")
        os.makedirs(cache, mode=0o700, exist_ok=True)
        data = os.path.join(folder, "data")
        os.mkdir(data, 0o700)
        self.config = os.path.join(folder, "edgetoken.yaml")
        with open(self.config, "w", encoding="utf-8") as f:
            json.dump(
                {  # JSON is YAML
                    "listen": f"127.0.0.1:{self.port}",
                    "data": data,
                    "cache_dir": cache,
                    "password": {"memory": 8, "iterations": 1, "parallelism": 1},
                    **settings,
                },
                f,
            )
        # The configuration says everything: nothing of the environment may change it.
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("EDGETOKEN_")}
        people = [{"email": f"{name}@example.com", "password": PASSWORD} for name in ("ana", "ben", "cleo")]
        self.run("customers", "add", "--json", "-", stdin=json.dumps(people))
        if generate_key:
            self.run("keys", "generate", "--activate")
        self.process = subprocess.Popen(
            [COMMAND, "serve", "--config", self.config],
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(self.port, self.process)
        self.wait_until_ready()

    def wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while self.ask("GET", "/readyz")[0] != 200:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the node is not ready after {START_SECONDS} s")
            time.sleep(0.02)

    def run(self, *args, stdin=""):
        done = subprocess.run(
            [COMMAND, *args, "--config", self.config],
            env=self.env,
            input=stdin.encode(),
            check=True,
            stdout=subprocess.PIPE,
            timeout=START_SECONDS,
        )
        return done.stdout.decode()

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        status, text = answer.status, answer.read()
        connection.close()
        return status, text

    def log_in(self, name):
        _, text = self.ask("POST", "/auth/token/", json.dumps({"email": f"{name}@example.com", "password": PASSWORD}))
        pair = json.loads(text)
        return pair["access"], pair["refresh"]

    def pause(self):
        """Stops every thread until SIGCONT."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOWAIT)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            end(self.process)
