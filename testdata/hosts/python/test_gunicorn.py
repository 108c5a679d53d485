"""A real Django in gunicorn, loaded before the fork: every worker verifies."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.join(HERE, "..", "..", "..", "wasm", "python", "tests")
sys.path.insert(0, TESTS)

from keys import hs256  # noqa: E402

WORKERS = 3


def ask(port, token):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/process", headers={"Authorization": "Bearer " + token})
    answer = connection.getresponse()
    status, body = answer.status, json.loads(answer.read())
    connection.close()
    return status, body


def test_preload():
    with socket.socket() as listener:  # gunicorn takes it over
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        port = listener.getsockname()[1]
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                "--preload",
                "--workers",
                str(WORKERS),
                "--threads",
                "4",
                "--bind",
                f"fd://{listener.fileno()}",
                "project:application",
            ],
            cwd=TESTS,
            pass_fds=[listener.fileno()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
    try:
        now, key = int(time.time()), hs256()
        good, bad = key.token(iat=now, exp=now + 3000), key.token(iat=now, exp=now - 1)
        processes, deadline = set(), time.monotonic() + 60
        with ThreadPoolExecutor(8) as pool:
            while len(processes) < WORKERS and time.monotonic() < deadline:
                for status, body in pool.map(lambda token: ask(port, token), [good, bad] * 16):
                    if status == 200:
                        assert body["id"] == "7"
                        processes.add(body["process"])
                    else:
                        assert (status, body["messages"][0]["message"]) == (401, "Token is expired")
        assert len(processes) == WORKERS and server.pid not in processes
    finally:
        server.terminate()
        assert server.wait(30) == 0, server.stderr.read().decode()[-2000:]
        server.stderr.close()
