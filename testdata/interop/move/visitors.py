"""Visitors, customers in the shop who log in, use it, refresh and log out in a loop, and the record
of what they met."""

import base64
import json
import random
import threading
import time
from collections import Counter
from typing import Any, Callable, NamedTuple, Optional

from servers import ask

PASSWORD = "correct horse 1"  # fill.py's
JSON = {"Host": "shop.example", "Content-Type": "application/json"}
PAUSED = ("/auth/token/", "/customers/account/")
STOP_SECONDS = 120
LOG_IN, REFRESH = "/auth/token/", "/auth/token/refresh/"
VERIFY, LOG_OUT = "/auth/token/verify/", "/auth/token/blacklist/"
USE = "/customers/me/"
REGISTER, SET_PASSWORD = "/customers/account/register/", "/customers/account/password/"


class Stop(Exception):
    """The visit ends: the rehearsal is over, or a token expired before its turn came."""


class Answer(NamedTuple):
    status: int
    body: Any


# What visitors do, each with its answer, besides verify.
ALWAYS = (
    f"{LOG_IN} 200",
    f"{LOG_IN} 401",
    f"{USE} 200",
    f"{REFRESH} 200",
    f"{REFRESH} 401",
    f"{LOG_OUT} 200",
    f"{REGISTER} 201",
    f"{SET_PASSWORD} 204",
    "503 in a pause",
)


class Record:
    """What visitors met. While pausing is set they may meet 503 with Retry-After: the section of
    the run-book that is carried out says so."""

    def __init__(self) -> None:
        self.section, self.pausing = "before", False
        self.over = threading.Event()
        self.counts: Counter[str] = Counter()
        self.failures: list[str] = []
        self.ended: list[str] = []  # refresh tokens that their customers logged out with
        self.lock = threading.Lock()

    def begin(self, section: str, pausing: bool) -> None:
        self.section, self.pausing = section, pausing

    def conclude(self, version: str, verifies: bool) -> int:
        """Prints failures and counts. Returns how many kinds of requests visitors sent; one that
        they did not is a failure."""
        kinds = [*ALWAYS, *[f"{VERIFY} 200"] * verifies]
        self.failures += [f"no visitor met {kind}" for kind in kinds if not self.counts[kind]]
        for failure in self.failures:
            print(f"FAIL {version}: {failure}")
        met = ", ".join(f"{kind}: {times}" for kind, times in sorted(self.counts.items()))
        print(f"{version}: visitors met {met}")
        return sum(self.counts[kind] > 0 for kind in kinds)

    def count(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1

    def fail(self, text: str) -> None:
        with self.lock:
            self.failures.append(f"section {self.section}: {text}")

    def logged_out(self, refresh: str) -> None:
        with self.lock:
            self.ended.append(refresh)


def read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token."""
    parts = token.split(".")[:2]
    header, claims = (
        json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts
    )
    return header, claims


def expires(token: str) -> int:
    """The exp of a token."""
    return int(read(token)[1]["exp"])


class Visitor(threading.Thread):
    """One customer in a thread. visit() is one round."""

    def __init__(self, port: int, record: Record, pace: float) -> None:
        super().__init__(daemon=True)
        self.port, self.record, self.pace = port, record, pace
        self.who = "visitor"
        self.random = random.Random(type(self).__name__)

    def run(self) -> None:
        while not self.record.over.is_set():
            try:
                self.visit()
            except Stop:
                pass
            except Exception as e:
                self.record.fail(f"{self.who}: {e!r}")

    def visit(self) -> None:
        raise NotImplementedError

    def rest(self) -> None:
        if self.record.over.wait(self.pace * self.random.uniform(0.5, 1.5)):
            raise Stop

    def send(self, path: str, body: Optional[dict[str, str]] = None, token: str = "") -> Answer:
        """Sends a request, again if the pause says so."""
        headers = {**JSON, "Authorization": "Bearer " + token} if token else JSON
        method, text = ("GET", b"") if body is None else ("POST", json.dumps(body).encode())
        while True:
            pausing = self.record.pausing
            try:
                status, said, answer = ask(self.port, method, path, headers, text)
            except OSError as e:
                return Answer(0, repr(e))
            pausing = (pausing or self.record.pausing) and path.startswith(PAUSED)
            if not (pausing and status == 503 and "Retry-After" in said):
                return Answer(status, json.loads(answer) if answer[:1] == b"{" else answer[:200])
            self.record.count("503 in a pause")
            if self.record.over.wait(int(said["Retry-After"])):
                raise Stop

    def want(
        self, status: int, path: str, body: Optional[dict[str, str]] = None, token: str = ""
    ) -> Any:
        """Sends a request whose answer must have a status. A token that has expired by then, on a
        machine that is slow, ends the visit."""
        answer = self.send(path, body, token)
        if answer.status == status:
            self.record.count(f"{path} {status}")
            return answer.body
        sent = token or (body or {}).get("refresh") or (body or {}).get("token")
        if answer.status == 401 and sent and expires(sent) <= time.time():
            self.record.count("tokens that expired before their turn")
            raise Stop
        self.record.fail(f"{self.who}: {path}: {answer.status} {answer.body}, not {status}")
        self.rest()
        raise Stop


class Regular(Visitor):
    """Stays for a part of the life of a refresh token, and logs out every other time."""

    def __init__(self, port: int, record: Record, pace: float, email: str, verifies: bool) -> None:
        super().__init__(port, record, pace)
        self.who, self.verifies, self.leaves = email, verifies, False
        self.random.seed(email)

    def visit(self) -> None:
        pair = self.want(200, LOG_IN, {"email": self.who, "password": PASSWORD})
        end = time.time() + self.random.uniform(0.2, 0.8) * (expires(pair["refresh"]) - time.time())
        while time.time() < end:
            self.want(200, USE, token=pair["access"])
            if self.verifies:
                self.want(200, VERIFY, {"token": pair["access"]})
            self.rest()
            pair.update(self.want(200, REFRESH, {"refresh": pair["refresh"]}))
        self.leaves = not self.leaves
        if self.leaves:
            self.want(200, LOG_OUT, {"refresh": pair["refresh"]})
            self.record.logged_out(pair["refresh"])


class Newcomer(Visitor):
    """Registers, and changes the password, both in Django. Logs in with each password at once."""

    def __init__(self, port: int, record: Record, pace: float) -> None:
        super().__init__(port, record, pace)
        self.made = 0

    def visit(self) -> None:
        self.made += 1
        self.who = f"new{self.made}@shop.example"
        first, second = "first horse 1", "second horse 1"
        self.want(201, REGISTER, {"email": self.who, "password": first})
        access = self.want(200, LOG_IN, {"email": self.who, "password": first})["access"]
        self.want(204, SET_PASSWORD, {"password": second}, token=access)
        self.want(401, LOG_IN, {"email": self.who, "password": first})
        pair = self.want(200, LOG_IN, {"email": self.who, "password": second})
        self.want(200, USE, token=pair["access"])
        self.want(200, REFRESH, {"refresh": pair["refresh"]})
        self.rest()


class Guest(Visitor):
    """Tries the refresh tokens that customers logged out with: whoever logged out stays out."""

    def visit(self) -> None:
        self.rest()
        with self.record.lock:
            alive = [t for t in self.record.ended if expires(t) > time.time() + 1]
        if alive:
            self.who = "who logged out"
            self.want(401, REFRESH, {"refresh": self.random.choice(alive)})


def start(port: int, record: Record, verifies: bool) -> Callable[[], None]:
    """Starts the visitors; the function that is returned ends them."""
    visitors: list[Visitor] = [
        Regular(port, record, 1, f"visitor{i}@shop.example", verifies) for i in range(3)
    ]
    visitors += [Newcomer(port, record, 6), Guest(port, record, 1)]
    for v in visitors:
        v.start()

    def stop() -> None:
        record.over.set()
        for v in visitors:
            v.join(STOP_SECONDS)
            if v.is_alive():
                record.fail(f"{v.who}: a visit does not end within {STOP_SECONDS} s")

    return stop
