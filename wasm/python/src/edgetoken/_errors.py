"""What a verifier raises."""

# Causes that say nothing of the token: the verifier cannot judge now.
UNAVAILABLE = frozenset(
    {
        "bad_clock",
        "bundle_expired",
        "bundle_not_yet_valid",
        "failed",
        "no_bundle",
        "not_configured",
        "signature_needed",
    }
)


class PolicyError(ValueError):
    """The policy is wrong. The text names the member and the reason, and quotes no key."""


class Refused(Exception):
    """A token or a bundle is refused. `cause` is a stable name, such as "expired" or "bad_signature"."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class Unavailable(Refused):
    """Nothing is known of the token: for example, the bundle is too old ("bundle_expired").

    It is a `Refused`, so that code that knows no better lets nobody in. A server answers 503 and not 401.
    """


def refused(cause: str) -> Refused:
    """The exception for a cause."""
    return (Unavailable if cause in UNAVAILABLE else Refused)(cause)
