"""Measures the package beside PyJWT. Prints lines of JSON, as testdata/hosts/README.md says."""

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
import time

import jwt

import edgetoken

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "..", "wasm", "python", "tests"))

from keys import NOW, eddsa, es256, hs256  # noqa: E402

HOST = "python"
ROUNDS = 3
SECONDS = 0.5
KEYS = {"HS256": hs256, "ES256": es256, "EdDSA": eddsa}


def show(what, **fields):
    print(json.dumps({"host": HOST, "what": what, **fields}), flush=True)


def measure(algorithm, case, make, act):
    """Verifies for half a second; make gives tokens in advance, so that they don't count."""
    for _ in range(ROUNDS):
        count, cpu, wall = 0, 0.0, 0.0
        while wall < SECONDS:
            tokens = make()
            started, cpu_started = time.perf_counter(), time.process_time()
            for token in tokens:
                act(token)
            wall, cpu = wall + time.perf_counter() - started, cpu + time.process_time() - cpu_started
            count += len(tokens)
        show("verify", alg=algorithm, case=case, us_cpu=round(cpu / count * 1e6, 2), per_second=round(count / cpu))


def verifications():
    for algorithm, new in KEYS.items():
        key = new()
        one, serial = key.token(), iter(range(1 << 40))

        def fresh():
            return [key.token(jti=f"j{next(serial)}") for _ in range(200)]

        for case, signatures in (("helped", "cryptography"), ("first", "module")):
            verifier = edgetoken.Verifier(key.policy, signatures=signatures)
            measure(algorithm, case, fresh, lambda token: verifier.verify(token, NOW))
        measure(algorithm, "repeated", lambda: [one] * 200, lambda token: verifier.verify(token, NOW))
        options = {"verify_exp": False, "verify_iat": False}  # the times are those of the kit
        measure(algorithm, "PyJWT", fresh, lambda token: jwt.decode(token, key.public, [algorithm], options=options))


START = """
import sys, time
began = time.perf_counter()
sys.path.insert(0, sys.argv[1])
import edgetoken
policy, token, now = sys.argv[2], sys.argv[3], int(sys.argv[4])
verifier = edgetoken.Verifier(policy, signatures="module")
verifier.verify(token, now)
ready = time.perf_counter() - began
for _ in range(999):
    verifier.verify(token, now)
with open("/proc/self/status") as file:
    resident = next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
print(ready * 1000, resident / 1024)
"""


def starts():
    """Cold, with the module compiled anew, and with the compiled module in its cache."""
    key = hs256()
    arguments = [HERE, json.dumps(key.policy), key.token(), str(NOW)]
    with tempfile.TemporaryDirectory() as cache:
        for case in ("first", "cached", "cached", "cached"):
            said = subprocess.run([sys.executable, "-c", START, *arguments], check=True, capture_output=True,
                                  env={**os.environ, "EDGETOKEN_CACHE_DIR": cache}).stdout.split()
            show("start", case=case, cold_start_ms=round(float(said[0]), 1), memory_mb=round(float(said[1]), 1))


def main():
    wasmtime = importlib.metadata.version("wasmtime")
    show("host", version=f"CPython {platform.python_version()}, wasmtime {wasmtime}")
    verifications()
    starts()


if __name__ == "__main__":
    main()
