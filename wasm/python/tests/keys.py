"""Keys and tokens of the tests."""

import base64
import hashlib
import hmac
import itertools
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

NOW = 1_780_315_200
SECRET = b"a secret of sixty-four bytes, long enough for every HMAC of JWA."
CLAIMS = {"token_type": "access", "exp": NOW + 300, "iat": NOW, "jti": "x1", "user_id": "7"}


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _number(value, size=None):
    return b64(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


class Key:
    """A key that signs tokens, with what checks them."""

    def __init__(self, algorithm, jwk, sign, public=None):
        self.algorithm, self.sign, self.public = algorithm, sign, public
        self.policy = {"jwks": {"keys": [{**jwk, "alg": algorithm}]}}
        self._serial = itertools.count()

    def token(self, header=None, **claims):
        """A token with these claims, of which None takes one out."""
        claims = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
        parts = {"alg": self.algorithm, "typ": "JWT", **(header or {})}, claims
        signed = ".".join(b64(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
        return signed + "." + b64(self.sign(signed.encode()))

    def fresh(self):
        """Tokens that nobody has seen before."""
        return [self.token(jti=f"j{next(self._serial)}") for _ in range(200)]


def hs256():
    return Key(
        "HS256", {"kty": "oct", "k": b64(SECRET)}, lambda m: hmac.new(SECRET, m, hashlib.sha256).digest(), SECRET
    )


def es256():
    private = ec.generate_private_key(ec.SECP256R1())
    numbers = private.public_key().public_numbers()

    def sign(message):
        return b"".join(
            n.to_bytes(32, "big") for n in decode_dss_signature(private.sign(message, ec.ECDSA(hashes.SHA256())))
        )

    jwk = {"kty": "EC", "crv": "P-256", "x": _number(numbers.x, 32), "y": _number(numbers.y, 32)}
    return Key("ES256", jwk, sign, private.public_key())


def eddsa():
    private = ed25519.Ed25519PrivateKey.generate()
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": b64(private.public_key().public_bytes_raw())}
    return Key("EdDSA", jwk, private.sign, private.public_key())


def _rsa(algorithm, pad):
    private = rsa.generate_private_key(65537, 2048)
    numbers = private.public_key().public_numbers()
    jwk = {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
    return Key(algorithm, jwk, lambda message: private.sign(message, pad, hashes.SHA256()), private.public_key())


def rs256():
    return _rsa("RS256", padding.PKCS1v15())


def ps256():
    return _rsa("PS256", padding.PSS(padding.MGF1(hashes.SHA256()), 32))


ALL = {"HS256": hs256, "ES256": es256, "EdDSA": eddsa, "RS256": rs256, "PS256": ps256}
