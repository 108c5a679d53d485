"""The module, compiled once for each process and kept on disk for the next.

Compiling takes seconds; what comes of it is machine code that is run as it lies there. So it is kept only where nobody
else can write, and has a SHA-256 of its own, which a damaged file fails.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.resources
import logging
import os
import platform
import stat
import tempfile
import threading
from pathlib import Path

import wasmtime

log = logging.getLogger("edgetoken")

_DIGEST = hashlib.sha256().digest_size

_lock = threading.Lock()
_loaded: tuple[wasmtime.Engine, wasmtime.Module] | None = None


def load() -> tuple[wasmtime.Engine, wasmtime.Module]:
    """The engine and the module of this process."""
    global _loaded
    with _lock:
        if _loaded is None:
            _loaded = _load(cache_directory())
        return _loaded


def _new_lock() -> None:
    global _lock
    _lock = threading.Lock()  # another thread of the parent may have held it


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_new_lock)


def cache_directory() -> Path | None:
    """Where compiled modules are kept: EDGETOKEN_CACHE_DIR, which may be empty for nowhere, else the user's cache."""
    told = os.environ.get("EDGETOKEN_CACHE_DIR")
    if told is not None:
        return Path(told).absolute() if told else None
    base = os.environ.get("XDG_CACHE_HOME") or ""
    if not os.path.isabs(base):
        base = os.path.expanduser("~/.cache")
    return Path(base, "edgetoken-python") if os.path.isabs(base) else None


def _load(directory: Path | None) -> tuple[wasmtime.Engine, wasmtime.Module]:
    config = wasmtime.Config()
    config.parallel_compilation = False  # its threads would be missing in a child that compiles after a fork
    engine = wasmtime.Engine(config)
    wasm = importlib.resources.files(__package__).joinpath("verify.wasm").read_bytes()
    version = importlib.metadata.version("wasmtime")
    name = f"{hashlib.sha256(wasm).hexdigest()}-wasmtime-{version}-{platform.machine()}"
    if directory is None or not hasattr(os, "geteuid"):
        return engine, wasmtime.Module(engine, wasm)
    code = _read(directory, name)
    if code is not None:
        try:
            return engine, wasmtime.Module.deserialize(engine, code)
        except wasmtime.WasmtimeError:  # of another processor
            log.info("the compiled module in %s does not fit here: compiling anew", directory)
    module = wasmtime.Module(engine, wasm)
    _write(directory, name, bytes(module.serialize()))
    return engine, module


def _read(directory: Path, name: str) -> bytes | None:
    """What is kept under a name; None for nothing that can be trusted."""
    if not _is_private(directory):
        return None
    try:
        descriptor = os.open(directory / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    with open(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            log.warning("%s is not ours alone: compiling anew", directory / name)
            return None
        content = file.read()
    digest, code = content[:_DIGEST], content[_DIGEST:]
    return code if hashlib.sha256(code).digest() == digest else None


def _write(directory: Path, name: str, code: bytes) -> None:
    """Keeps the code, if it can be kept safely."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_private(directory):
            log.warning("others can write to %s: the compiled module is not kept", directory)
            return
        descriptor, path = tempfile.mkstemp(prefix=name, dir=directory)  # for its owner alone
        try:
            with open(descriptor, "wb") as file:
                file.write(hashlib.sha256(code).digest() + code)
            os.replace(path, directory / name)
        except BaseException:
            os.unlink(path)
            raise
    except OSError as error:
        log.info("the compiled module is not kept: %s", error)


def _is_private(directory: Path) -> bool:
    """Whether nobody but us and root can put a file into a directory, or another directory in its place."""
    try:
        directory = directory.resolve(strict=True)
        for place in (directory, *directory.parents):
            found = place.stat()
            others_write = found.st_mode & 0o022 and not (place != directory and found.st_mode & stat.S_ISVTX)
            if found.st_uid not in (0, os.geteuid()) or others_write:
                return False
    except OSError:
        return False
    return True
