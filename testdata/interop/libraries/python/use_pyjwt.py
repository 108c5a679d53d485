"""PyJWT, which fetches the key set by itself."""
import jwt

from tasks import answer, unbase64


def prepare(jwks):
    client = jwt.PyJWKClient(jwks)

    def verify(task):
        key = unbase64(task["secret"]) if "secret" in task else client.get_signing_key_from_jwt(task["token"])
        return jwt.decode(task["token"], key, algorithms=[task["alg"]], options={"require": ["exp"]})["user_id"]

    def sign(task):
        key = unbase64(task["secret"]) if "secret" in task else task["private"]
        return jwt.encode(task["claims"], key, algorithm=task["alg"], headers={"kid": task["kid"]})

    return {"verify": verify, "sign": sign}


answer(prepare)
