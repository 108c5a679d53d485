#!/usr/bin/env python3
"""Ports for programs that listen at them later. As a command it prints one.

What the kernel gives for port 0 is of no use for that: it is one of those that it gives to
connections that go out, too, and nobody can listen at a port which one of them has, nor for a
minute after it has ended. These are others. Each is given once: a socket for UDP holds its number
as long as this process lives, for all that ask here.

Python 3.8 or later, standard library only. ports.go does the same.
"""

import random
import socket
from typing import List

RANGE = "/proc/sys/net/ipv4/ip_local_port_range"  # of Linux; elsewhere it is above PREFERRED
PREFERRED = range(20000, 30000)
given: List[socket.socket] = []


def candidates() -> List[int]:
    """The ports that no connection gets which goes out."""
    try:
        with open(RANGE, encoding="ascii") as f:
            first, last = map(int, f.read().split())
    except OSError:
        return list(PREFERRED)
    for ports in (PREFERRED, range(1024, 65536)):
        outside = [port for port in ports if not first <= port <= last]
        if outside:
            return outside
    return list(PREFERRED)


def free() -> int:
    """A port of loopback at which nobody listens."""
    ports = candidates()
    random.SystemRandom().shuffle(ports)
    for port in ports:
        held = socket.socket(type=socket.SOCK_DGRAM)
        try:
            held.bind(("127.0.0.1", port))
            with socket.socket() as s:  # without SO_REUSEADDR, so that nothing is left of others
                s.bind(("127.0.0.1", port))
        except OSError:
            held.close()
            continue
        given.append(held)
        return port
    raise RuntimeError("no port is free")


if __name__ == "__main__":
    print(free())
