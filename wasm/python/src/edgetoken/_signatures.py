"""Signatures of key pairs, checked by the package `cryptography`, which is faster than the module."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

_Check = Callable[[bytes, bytes], None]  # raises InvalidSignature

_HASHES: dict[str, hashes.HashAlgorithm] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
_CURVES: dict[str, ec.EllipticCurve] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}


def is_good(key: str, algorithm: str, signed: bytes, signature: bytes) -> bool:
    """Whether a signature is that of a public JWK over what was signed."""
    try:
        _check(key, algorithm)(signed, signature)
    except InvalidSignature:
        return False
    return True


@functools.lru_cache(maxsize=64)
def _check(key: str, algorithm: str) -> _Check:
    jwk = json.loads(key)
    if algorithm in ("EdDSA", "Ed25519"):
        public = ed25519.Ed25519PublicKey.from_public_bytes(_bytes(jwk["x"]))
        return lambda signed, signature: public.verify(signature, signed)
    return _FAMILIES[algorithm[:2]](jwk, _HASHES[algorithm[2:]])


def _ecdsa(jwk: dict[str, Any], hash_: hashes.HashAlgorithm) -> _Check:
    curve = _CURVES[jwk["crv"]]
    public = ec.EllipticCurvePublicNumbers(_number(jwk["x"]), _number(jwk["y"]), curve).public_key()
    size, algorithm = (curve.key_size + 7) // 8, ec.ECDSA(hash_)

    def check(signed: bytes, signature: bytes) -> None:
        if len(signature) != 2 * size:
            raise InvalidSignature
        r, s = (int.from_bytes(half, "big") for half in (signature[:size], signature[size:]))
        public.verify(encode_dss_signature(r, s), signed, algorithm)

    return check


def _rsa(jwk: dict[str, Any], hash_: hashes.HashAlgorithm, pad: padding.AsymmetricPadding) -> _Check:
    public = rsa.RSAPublicNumbers(_number(jwk["e"]), _number(jwk["n"])).public_key()
    return lambda signed, signature: public.verify(signature, signed, pad, hash_)


def _pkcs1(jwk: dict[str, Any], hash_: hashes.HashAlgorithm) -> _Check:
    return _rsa(jwk, hash_, padding.PKCS1v15())


def _pss(jwk: dict[str, Any], hash_: hashes.HashAlgorithm) -> _Check:
    return _rsa(jwk, hash_, padding.PSS(padding.MGF1(hash_), hash_.digest_size))


_FAMILIES = {"ES": _ecdsa, "PS": _pss, "RS": _pkcs1}


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _number(text: str) -> int:
    return int.from_bytes(_bytes(text), "big")
