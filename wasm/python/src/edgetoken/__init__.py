"""Verifies tokens of edgetoken and simplejwt offline, by the same WebAssembly module as all its other hosts.

verifier = edgetoken.Verifier({"jwks": {"keys": [...]}, "issuer": "https://tokens.example"})
try:
    claims = verifier.verify(token)
except edgetoken.Refused as refused:
    print(refused.cause)
"""

from ._errors import PolicyError, Refused, Unavailable
from ._verifier import Verifier

__all__ = ["PolicyError", "Refused", "Unavailable", "Verifier"]
