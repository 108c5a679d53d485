"""Measures the package beside PyJWT. Prints lines of JSON, as testdata/hosts/README.md says."""

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "..", "wasm", "python", "tests"))
from keys import NOW, eddsa, es256, hs256  # noqa: E402

HOST = "python"
ROUNDS = 3
SECONDS = 0.5
KEYS = {"HS256": hs256, "ES256": es256, "EdDSA": eddsa}


def show(host, what, **fields):
    print(json.dumps({"host": host, "what": what, **fields}), flush=True)


def measure(host, algorithm, case, make, act):
    """Verifies for half a second, three times; make gives tokens in advance, so that they don't count."""
    for token in make():
        act(token)
    for _ in range(ROUNDS):
        count, cpu, wall = 0, 0.0, 0.0
        while wall < SECONDS:
            tokens = make()
            began, cpu_began = time.perf_counter(), time.process_time()
            for token in tokens:
                act(token)
            wall, cpu = wall + time.perf_counter() - began, cpu + time.process_time() - cpu_began
            count += len(tokens)
        us, per_second = round(cpu / count * 1e6, 2), round(count / cpu)
        show(host, "verify", alg=algorithm, case=case, us_cpu=us, per_second=per_second)


def resident_mb():
    with open("/proc/self/status", encoding="ascii") as file:
        return round(next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024, 1)


def verifications():
    import jwt

    import edgetoken

    for algorithm, new in KEYS.items():
        key = new()
        for case, signatures in (("helped", "cryptography"), ("first", "module")):
            verifier = edgetoken.Verifier(key.policy, signatures=signatures)
            measure(HOST, algorithm, case, key.fresh, lambda token: verifier.verify(token, NOW))
        tokens = [key.token()] * 200
        measure(HOST, algorithm, "repeated", lambda: tokens, lambda token: verifier.verify(token, NOW))
        options = {"verify_exp": False, "verify_iat": False}  # the times are those of the kit
        measure(HOST, algorithm, "PyJWT", key.fresh, lambda t: jwt.decode(t, key.public, [algorithm], options=options))


def start(policy, token):
    """One start: prints how long it took until the first verdict, in ms, and the memory after 1,000, in MB."""
    began = time.perf_counter()
    import edgetoken

    verifier = edgetoken.Verifier(policy, signatures="module")
    verifier.verify(token, NOW)
    ready = time.perf_counter() - began
    for _ in range(999):
        verifier.verify(token, NOW)
    print(json.dumps([round(ready * 1000, 1), resident_mb()]))


def starts():
    """Starts with the module compiled anew, and with the compiled module in its cache."""
    key = hs256()
    with tempfile.TemporaryDirectory() as cache:
        for case in ("first", "cached", "cached", "cached"):
            said = subprocess.run(
                [sys.executable, __file__, json.dumps(key.policy), key.token()],
                check=True,
                capture_output=True,
                env={**os.environ, "EDGETOKEN_CACHE_DIR": cache},
            ).stdout
            ms, mb = json.loads(said)
            show(HOST, "start", case=case, cold_start_ms=ms, memory_mb=mb)


def main():
    version = importlib.metadata.version("wasmtime")
    show(HOST, "host", version=f"CPython {platform.python_version()}, wasmtime {version}")
    verifications()
    starts()


if __name__ == "__main__":
    start(*sys.argv[1:]) if len(sys.argv) > 1 else main()
