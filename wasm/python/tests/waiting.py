"""What tests wait for."""

import time


def until(condition):
    """Waits until something holds that must come to hold, and fails after half a minute."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
