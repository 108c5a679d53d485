"""The hash of passwords that a set-up gives in plain text."""
from django.contrib.auth.hashers import PBKDF2PasswordHasher


class CheapHasher(PBKDF2PasswordHasher):
    """PBKDF2 in one iteration. A hash with more is kept at log-in, as Django keeps one with as many as it would use."""

    iterations = 1

    def must_update(self, encoded):
        return False

    def harden_runtime(self, password, encoded):
        pass
