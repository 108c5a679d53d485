"""What the ways of docs/moving.md share: checks that count, and requests besides the visitors'."""

import base64
import hashlib
import hmac
import json
import time
import traceback
from typing import Any

import visitors
from rehearsal import Failed, Rehearsal
from servers import ask
from visitors import JSON, LOG_IN, LOG_OUT, PASSWORD, REFRESH, USE, VERIFY, expires, read

# The customers of fill.py who can log in, but for the visitors, and those who cannot.
CUSTOMERS = ("pbkdf2_sha256", "pbkdf2_sha1", "argon2", "bcrypt_sha256", "older", "test")
NEVER = ("gone", "nobody")


class Way(Rehearsal):
    """One way through docs/moving.md, which go() takes."""

    verifies = True  # whether the node's verify takes access tokens of Django
    revokes = False  # whether CHECK_REVOKE_TOKEN is on, where simplejwt has it

    def __init__(self, version: str, python: str, folder: str, cache: str) -> None:
        super().__init__(version, python, folder, cache, self.revokes and version == "5.5")
        self.passed = self.failed = 0

    def go(self) -> None:
        raise NotImplementedError

    def rehearse(self) -> None:
        """Takes the way while visitors are in the shop, and counts what they say of it."""
        stop = None
        try:
            self.open()
            stop = visitors.start(self.proxy.port, self.record, self.verifies)
            self.go()
            time.sleep(5)
        except Exception as e:
            self.failed += 1
            print(f"FAIL {self.version}, section {self.record.section}: {e}")
            if not isinstance(e, Failed):
                print(traceback.format_exc())
        finally:
            if stop:
                stop()
            self.close()
            if self.failed or self.record.failures:
                print(self.logs())
        self.passed += self.record.conclude(self.version, self.verifies)
        self.failed += len(self.record.failures)

    def check(self, name: str, got: Any, want: Any) -> None:
        if got == want:
            self.passed += 1
            return
        self.failed += 1
        print(f"FAIL {self.version}: {name}\n  got  {got!r}\n  want {want!r}")

    def post(self, path: str, body: dict[str, str]) -> tuple[int, Any]:
        """Status and body of the shop's answer."""
        status, _, answer = ask(self.proxy.port, "POST", path, JSON, json.dumps(body).encode())
        return status, json.loads(answer)

    def try_log_in(self, name: str, password: str) -> tuple[int, Any]:
        return self.post(LOG_IN, {"email": f"{name}@shop.example", "password": password})

    def log_in(self, name: str) -> dict[str, str]:
        """The tokens of a customer."""
        status, body = self.try_log_in(name, PASSWORD)
        if status != 200:
            raise Failed(f"{name} cannot log in: {status} {body}")
        return {"access": body["access"], "refresh": body["refresh"]}

    def use(self, access: str) -> int:
        """The status of a view of Django for an access token."""
        headers = {**JSON, "Authorization": "Bearer " + access}
        return ask(self.proxy.port, "GET", USE, headers, b"")[0]

    def refresh(self, name: str, pair: dict[str, str]) -> dict[str, str]:
        """The tokens after a refresh, which must be possible."""
        status, body = self.post(REFRESH, {"refresh": pair["refresh"]})
        self.check(name, status, 200)
        return {**pair, **body}

    def log_out_one(self) -> None:
        """A customer logs in and out. From now on visitors try whether it is out."""
        refresh = self.log_in("test")["refresh"]
        self.check("a log-out", self.post(LOG_OUT, {"refresh": refresh})[0], 200)
        self.record.logged_out(refresh)

    def all_stay_out(self, when: str) -> None:
        """Whoever logged out, wherever that was, is refused."""
        out = [token for token in self.record.ended if expires(token) > time.time() + 1]
        self.check(f"{when}: somebody has logged out", out != [], True)
        statuses = {self.post(REFRESH, {"refresh": token})[0] for token in out}
        self.check(f"{when}: who has logged out stays out", statuses, {401})

    def all_log_in(self, when: str, passwords: dict[str, str]) -> None:
        """Customers log in by the hash of each hasher, and use Django's views."""
        for name in (*CUSTOMERS, *["scrypt"] * (self.version == "5.5")):
            status, body = self.try_log_in(name, passwords.get(name, PASSWORD))
            self.check(f"{when}: {name} logs in", status, 200)
            self.check(f"{when}: {name} uses the shop", self.use(body.get("access", "")), 200)
        for name in NEVER:
            self.check(f"{when}: {name} cannot", self.try_log_in(name, PASSWORD)[0], 401)

    def check_signer(self, when: str, want: str) -> None:
        """Who signs the tokens of a log-in, and by which algorithm."""
        self.check(f"{when}: who signs", signer(self.log_in("test")["access"]), want)

    def forged(self) -> str:
        """An access token by SECRET_KEY, as whoever has it can make."""
        now = int(time.time())
        claims = {
            "token_type": "access",
            "exp": now + 60,
            "iat": now,
            "jti": "0" * 32,
            "user_id": "1",
        }
        parts = [b64(json.dumps(part).encode()) for part in ({"alg": "HS256"}, claims)]
        secret = (self.shop / "secret-key").read_bytes()
        signature = hmac.new(secret, ".".join(parts).encode(), hashlib.sha256).digest()
        return ".".join([*parts, b64(signature)])

    def check_secret_is_worthless(self) -> None:
        self.check("Django's views refuse what SECRET_KEY signs", self.use(self.forged()), 401)
        self.check("so does the node", self.post(VERIFY, {"token": self.forged()})[0], 401)


def signer(access: str) -> str:
    """Who signed an access token, and by which algorithm. Only a node's jti is a UUIDv8."""
    header, claims = read(access)
    return f"{'the node' if claims['jti'][12] == '8' else 'Django'} {header['alg']}"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
