"""Measures the component: figures.py COMPONENT. Prints lines of JSON, as testdata/hosts/README.md says."""

import importlib.metadata
import os
import sys
import time

from kit import Component, Verifier

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))
from figures import KEYS, NOW, measure, resident_mb, show  # noqa: E402

HOST = "wasmtime"


def main():
    began = time.perf_counter()
    verifier, key = Verifier(compiled := Component(sys.argv[1])), KEYS["HS256"]()
    verifier.configure(key.policy)
    verifier.verify(key.token(), NOW)
    ready = time.perf_counter() - began
    for _ in range(999):
        verifier.verify(key.token(), NOW)
    show(HOST, "host", version="wasmtime-py " + importlib.metadata.version("wasmtime") + ", component")
    show(HOST, "start", case="first", cold_start_ms=round(ready * 1000, 1), memory_mb=resident_mb())
    for algorithm, new in KEYS.items():
        key, verifier = new(), Verifier(compiled)
        verifier.configure(key.policy)
        measure(HOST, algorithm, "first", key.fresh, lambda token: verifier.verify(token, NOW))
        tokens = [key.token()] * 200
        measure(HOST, algorithm, "repeated", lambda: tokens, lambda token: verifier.verify(token, NOW))


if __name__ == "__main__":
    main()
