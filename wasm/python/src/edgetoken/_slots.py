"""Slots: so many threads at once, and the others in the order in which they came."""

from __future__ import annotations

import collections
import threading


class Slots:
    """A semaphore that is fair: a slot goes from hand to hand, to whoever has waited longest.

    Those of `threading` go to whoever comes first when one is free. Threads that verify again and again can then hold
    up an update, and with it a revocation, for minutes.
    """

    def __init__(self, slots: int) -> None:
        self._free = slots  # while it is above 0, nobody waits
        self._waiting: collections.deque[threading.Lock] = collections.deque()
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        turn = threading.Lock()
        turn.acquire()  # whoever passes a slot on releases it
        try:
            with self._lock:
                if self._free:
                    self._free -= 1
                    return
                self._waiting.append(turn)
            turn.acquire()
        except BaseException:  # KeyboardInterrupt
            with self._lock:
                if turn in self._waiting:
                    self._waiting.remove(turn)
                elif not turn.locked():
                    self._pass_on()
            raise

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._pass_on()

    def _pass_on(self) -> None:
        if self._waiting:
            self._waiting.popleft().release()
        else:
            self._free += 1
