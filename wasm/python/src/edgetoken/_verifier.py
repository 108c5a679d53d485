"""Verifier: instances for all threads, and the bundle that they go by."""

from __future__ import annotations

import base64
import json
import math
import os
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ._errors import PolicyError, refused
from ._instance import Instance
from ._poller import Poller
from ._slots import Slots

try:
    from . import _signatures
except ImportError:  # cryptography is not installed
    _signatures = None  # type: ignore[assignment]

T = TypeVar("T")

_DELTA = 2  # the first byte of a delta's payload


class Verifier:
    """Verifies tokens by a policy. Safe for threads, and across forks.

    `policy` is what docs/embedding.md describes, a dictionary or its JSON. `signatures` says who checks signatures of
    key pairs: "auto" is the package cryptography where it is installed, else the module; "cryptography" and "module"
    insist. HMAC is always the module's. `instances` bounds the calls at once, for some 15 MB each; more threads
    wait, each for those before it.

    Raises PolicyError.
    """

    def __init__(
        self, policy: Mapping[str, Any] | str | bytes, *, signatures: str = "auto", instances: int | None = None
    ) -> None:
        if signatures not in ("auto", "cryptography", "module"):
            raise ValueError(f"signatures is {signatures!r}: it must be 'auto', 'cryptography' or 'module'")
        if signatures == "cryptography" and _signatures is None:
            raise ValueError("signatures is 'cryptography', and that package is not installed")
        self._policy = _bytes(policy if isinstance(policy, (str, bytes)) else json.dumps(policy))
        self._helped = False
        self._limit = instances or min(os.cpu_count() or 1, 8)
        self._idle: list[Instance] = []
        # The bundles that lead a new instance to the present one, and how many came before the first of them.
        self._bundles: tuple[int, tuple[bytes, ...]] = (0, ())
        self._poller: Poller | None = None
        self._renew()
        first = self._new()
        if signatures != "module" and _signatures is not None:
            self._have_host_check(first)
        self._idle.append(first)
        _all.add(self)

    def verify(self, token: str | bytes, now: float | None = None) -> dict[str, Any]:
        """The claims of a token that is good at the time `now`, in Unix seconds; by default the present.

        Raises Refused with the cause, Unavailable where nothing is known.
        """
        text = self.verify_json(token, now)
        try:
            claims: dict[str, Any] = json.loads(text)
        except (ValueError, RecursionError):  # what Python itself cannot read
            raise refused("bad_claims") from None
        return claims

    def verify_json(self, token: str | bytes, now: float | None = None) -> str:
        """As `verify`; the claims as they stand in the token."""
        at = math.floor(time.time() if now is None else now)
        if not -(1 << 63) <= at < 1 << 63:
            raise ValueError("now is no time in Unix seconds")
        try:
            text = _bytes(token)
        except UnicodeEncodeError:  # half of a surrogate pair
            raise refused("malformed") from None
        if self._poller:
            self._poller.begin()
        good, answer = self._call(self._judge, text, at)
        if answer == b"no_bundle" and not good and self._poller:
            self._poller.wait_for_first()
            good, answer = self._call(self._judge, text, at)
        if not good:
            raise refused(answer.decode())
        return answer.decode()

    def update(self, bundle: str | bytes) -> None:
        """Takes a trust bundle or a delta, for all threads. Raises Refused, and then goes by what it had."""
        text = _bytes(bundle)

        def take(instance: Instance) -> str | None:
            cause = instance.update(text)
            if cause is None:
                first, bundles = self._bundles
                count = first + len(bundles)
                self._bundles = (first, (*bundles, text)) if _is_delta(text) else (count, (text,))
                instance.updates = count + 1
            return cause

        with self._updating:
            cause = self._call(take)
        if cause is not None:
            raise refused(cause)

    def status(self) -> dict[str, Any]:
        """What the verifier goes by: epoch, not_before and not_after of the bundle, keys and more; and how the latest
        poll went, if it polls.
        """
        status: dict[str, Any] = json.loads(self._call(Instance.status))
        if self._poller:
            status["poll"] = self._poller.status()
        return status

    def poll(self, url: str, every: float = 10.0) -> None:
        """Fetches bundles from a node's /.well-known/edgetoken-bundle from now on, every so many seconds.

        The thread that does begins with the first verification, in each process anew. Until the first bundle is there,
        that one waits for it, for ten seconds at most.
        """
        if self._poller:
            self._poller.stop()
        self._poller = Poller(self, url, every)

    def close(self) -> None:
        """Ends the polling."""
        if self._poller:
            self._poller.stop()
            self._poller = None

    def _since(self) -> int | None:
        """The epoch from which a delta is wanted; None if the whole bundle is: there is none yet, or a new instance
        would have to read a long chain of deltas.
        """
        _, bundles = self._bundles
        return json.loads(self._call(Instance.status)).get("epoch") or None if len(bundles) < 32 else None

    def _renew(self) -> None:
        """Makes what belongs to one process. A fork may have come while another thread held a lock."""
        self._slots = Slots(self._limit)
        self._updating = threading.RLock()
        if self._poller:
            self._poller.renew()

    def _have_host_check(self, instance: Instance) -> None:
        """Has the host check signatures, unless the policy says who does."""
        if "signatures" not in json.loads(self._policy):
            self._policy = b'{"signatures":"host",' + self._policy.lstrip()[1:]
            self._helped = True
            if error := instance.configure(self._policy):
                raise PolicyError(error)

    def _new(self) -> Instance:
        instance = Instance()
        if error := instance.configure(self._policy):
            raise PolicyError(error)
        return instance

    def _call(self, act: Callable[..., T], *args: Any) -> T:
        """Has a free instance act, with the present bundle. An instance that fails is dropped."""
        with self._slots:
            try:
                instance = self._idle.pop()
            except IndexError:
                instance = None
            try:
                instance = self._current(instance)
                result = act(instance, *args)
            except Exception as error:
                raise refused("failed") from error
            self._idle.append(instance)
            return result

    def _current(self, instance: Instance | None) -> Instance:
        """An instance with the present bundle."""
        if instance is None:
            instance = self._new()
        first, bundles = self._bundles
        for bundle in bundles[max(0, instance.updates - first) :]:
            if (cause := instance.update(bundle)) is not None:
                raise RuntimeError(f"an instance refuses a bundle that another one took: {cause}")
        instance.updates = first + len(bundles)
        return instance

    def _judge(self, instance: Instance, token: bytes, now: int) -> tuple[bool, bytes]:
        good, answer = instance.verify(token, now)
        if good or not self._helped or answer != b"signature_needed":
            return good, answer
        question = instance.ask(token)
        if isinstance(question, str):
            return False, question.encode()
        if question is not None:
            signature = base64.urlsafe_b64decode(token[question.input + 1 :] + b"==")
            if not _signatures.is_good(question.key, question.algorithm, token[: question.input], signature):
                return False, b"bad_signature"
            instance.vouch(question.name)
        return instance.verify(token, now)


def _bytes(text: str | bytes) -> bytes:
    if isinstance(text, str):
        return text.encode()
    if isinstance(text, bytes):
        return text
    raise TypeError(f"expected str or bytes, got {type(text).__name__}")


def _is_delta(bundle: bytes) -> bool:
    """Whether a bundle, which an instance has taken, is a delta."""
    return base64.urlsafe_b64decode(bundle.split(b".")[1][:4])[0] == _DELTA


_all: weakref.WeakSet[Verifier] = weakref.WeakSet()


def _after_fork() -> None:
    for verifier in list(_all):
        verifier._renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
