"""joserfc, which takes a key set that was fetched for it."""
import json
import urllib.request
import warnings

from joserfc import jwt
from joserfc.jwk import JWKRegistry, KeySet, OctKey

from tasks import answer, unbase64

warnings.simplefilter("ignore")  # that EdDSA has a newer name, and secrets of 256 bits are short

KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}


def prepare(jwks):
    with urllib.request.urlopen(jwks) as response:
        keys = KeySet.import_key_set(json.load(response))

    def verify(task):
        key = OctKey.import_key(unbase64(task["secret"])) if "secret" in task else keys
        claims = jwt.decode(task["token"], key, algorithms=[task["alg"]]).claims
        jwt.JWTClaimsRegistry(exp={"essential": True}).validate(claims)
        return claims["user_id"]

    def sign(task):
        if "secret" in task:
            key = OctKey.import_key(unbase64(task["secret"]))
        else:
            key = JWKRegistry.import_key(task["private"], KINDS[task["alg"][:2]])
        return jwt.encode({"alg": task["alg"], "kid": task["kid"]}, task["claims"], key, algorithms=[task["alg"]])

    def thumbprint(task):
        return JWKRegistry.import_key(task["jwk"]).thumbprint()

    return {"verify": verify, "sign": sign, "thumbprint": thumbprint}


answer(prepare)
