"""One instance of the module, called by the exports that the component model names."""

from __future__ import annotations

import ctypes
import struct
from typing import NamedTuple

import wasmtime
from wasmtime import _ffi as c_api

from . import _module

_VERIFIER = "edgetoken:verify/verifier@0.1.0#"
_SIGNATURES = "edgetoken:verify/signatures@0.1.0#"

# Bounds what an instance takes; it begins with some 10 MB.
_MEMORY_BYTES = 256 << 20

# The longest text that the module has room for, that of a bundle. A longer one traps.
_TEXT_BYTES = 8 << 20

_ANSWER = struct.Struct("<3I")  # u8 1 for a refusal and padding | text
_QUESTION = struct.Struct("<10I")  # the same | u8 1 for a question and padding | key | algorithm | input | name


class Question(NamedTuple):
    """A signature that the host is to check: is token[input + 1:], from base64url, the key's over token[:input]?"""

    key: str  # a public JWK
    algorithm: str
    input: int
    name: bytes


class _Export:
    """A function of the module that takes and gives numbers.

    It is called through the C API of wasmtime: `wasmtime.Func` looks its types up anew at each call, which takes ten
    times as long as the rest.
    """

    def __init__(self, store: wasmtime.Store, function: object) -> None:
        if not isinstance(function, wasmtime.Func):
            raise TypeError("the module lacks a function")
        self._store, self._function = store, function  # which own what is called
        self._context, self._address = store._context(), ctypes.byref(function._func)
        kind = function.type(store)
        self._numbers = (c_api.wasmtime_val_raw_t * max(len(kind.params), len(kind.results), 1))()
        self._trap = ctypes.POINTER(c_api.wasm_trap_t)()

    def __call__(self, *numbers: int) -> int:
        for at, number in enumerate(numbers):
            self._numbers[at].i64 = number  # of which an i32 is the first half
        error = c_api.wasmtime_func_call_unchecked(
            self._context, self._address, self._numbers, len(self._numbers), ctypes.byref(self._trap)
        )
        if error:
            raise wasmtime.WasmtimeError._from_ptr(error)
        if self._trap:
            trap, self._trap = self._trap, ctypes.POINTER(c_api.wasm_trap_t)()
            raise wasmtime.Trap._from_ptr(trap)
        return self._numbers[0].i32 & 0xFFFFFFFF


class Instance:
    """Serves one call at a time. After an exception nothing is known of it: drop it."""

    def __init__(self) -> None:
        self.updates = 0  # bundles that the Verifier has given it
        engine, module = _module.load()
        self._store = wasmtime.Store(engine)
        self._store.set_limits(memory_size=_MEMORY_BYTES)
        self._store.set_wasi(wasmtime.WasiConfig())  # a clock and entropy, no files, no output
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        exports = linker.instantiate(self._store, module).exports(self._store)
        _Export(self._store, exports["_initialize"])()
        memory = exports["memory"]
        if not isinstance(memory, wasmtime.Memory):
            raise TypeError("the module lacks a memory")
        self._memory = memory
        self._realloc, self._configure, self._verify, self._update, self._status, self._ask, self._vouch = (
            _Export(self._store, exports[name])
            for name in (
                "cabi_realloc",
                _VERIFIER + "configure",
                _VERIFIER + "verify",
                _VERIFIER + "update",
                _VERIFIER + "status",
                _SIGNATURES + "ask",
                _SIGNATURES + "vouch",
            )
        )

    def configure(self, policy: bytes) -> str | None:
        """Takes a policy, or says what is wrong with it."""
        if not (text := self._put(policy)):
            return "policy: it is too long"
        ok, error = self._answer(self._configure(*text))
        return None if ok else error.decode()

    def update(self, bundle: bytes) -> str | None:
        """Takes a bundle, or gives the cause why not."""
        if not (text := self._put(bundle)):
            return "bundle_malformed"
        ok, cause = self._answer(self._update(*text))
        return None if ok else cause.decode()

    def verify(self, token: bytes, now: int) -> tuple[bool, bytes]:
        """True and the claims, or False and the cause."""
        if not (text := self._put(token)):
            return False, b"too_long"
        return self._answer(self._verify(*text, now))

    def status(self) -> bytes:
        """What the verifier goes by, in JSON."""
        at, size = struct.unpack("<2I", self._get(self._status(), 8))
        return self._get(at, size)

    def ask(self, token: bytes) -> Question | str | None:
        """What the host is to check before `verify`; the cause of a refusal; None if there is nothing to check."""
        if not (text := self._put(token)):
            return "too_long"
        answer = self._ask(*text)
        refused, first, *rest = _QUESTION.unpack(self._get(answer, _QUESTION.size))
        if refused & 0xFF:
            return self._get(first, rest[0]).decode()
        if not first & 0xFF:
            return None
        key, algorithm, name = (self._get(rest[i], rest[i + 1]) for i in (0, 2, 5))
        return Question(key.decode(), algorithm.decode(), rest[4], name)

    def vouch(self, name: bytes) -> None:
        """Says that the signature of a question is good."""
        if text := self._put(name):
            self._vouch(*text)

    def _answer(self, at: int) -> tuple[bool, bytes]:
        refused, text, size = _ANSWER.unpack(self._get(at, _ANSWER.size))
        return not refused & 0xFF, self._get(text, size)

    def _put(self, text: bytes) -> tuple[int, int] | None:
        """Room for a text in the guest's memory, with the text in it; None if it takes none so long."""
        if len(text) > _TEXT_BYTES:
            return None
        at = self._realloc(0, 0, 1, len(text))
        ctypes.memmove(self._at(at, len(text)), text, len(text))
        return at, len(text)

    def _get(self, at: int, size: int) -> bytes:
        return ctypes.string_at(self._at(at, size), size) if size else b""

    def _at(self, at: int, size: int) -> int:
        """The address of a part of the memory, which any call may have moved."""
        if at + size > self._memory.data_len(self._store):
            raise IndexError("the module points beyond its memory")
        return ctypes.addressof(self._memory.data_ptr(self._store).contents) + at
