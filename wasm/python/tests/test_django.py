"""The authentication class answers as simplejwt's JWTStatelessUserAuthentication does, byte for byte."""

import copy
import time

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, override_settings

import edgetoken.django
from keys import es256
from project import KEY

NOW = int(time.time())
GOOD = KEY.token(iat=NOW, exp=NOW + 3000)


def token(**changes):
    return KEY.token(**{"iat": NOW, "exp": NOW + 3000, **changes})


def bearer(text):
    return {"HTTP_AUTHORIZATION": "Bearer " + text}


SAME = {
    "none": {},
    "empty": {"HTTP_AUTHORIZATION": ""},
    "blank": {"HTTP_AUTHORIZATION": "  "},
    "another scheme": {"HTTP_AUTHORIZATION": "Basic YTpi"},
    "scheme in lower case": {"HTTP_AUTHORIZATION": "bearer " + GOOD},
    "scheme alone": {"HTTP_AUTHORIZATION": "Bearer"},
    "three parts": {"HTTP_AUTHORIZATION": "Bearer a b"},
    "beyond ASCII": {"HTTP_AUTHORIZATION": "Bearer caf\xe9"},
    "no token": bearer("x"),
    "good": bearer(GOOD),
    "good, spaces": {"HTTP_AUTHORIZATION": "  Bearer   " + GOOD + "  "},
    "with claims": bearer(token(username="ana", is_staff=True, is_superuser=True, plan="pro")),
    "integer id": bearer(token(user_id=7)),
    "forged": bearer(GOOD[:-3] + ("A" if GOOD[-3] != "A" else "B") + GOOD[-2:]),
    "expired": bearer(token(exp=NOW - 1)),
    "not yet": bearer(token(nbf=NOW + 1000)),
    "issued in future": bearer(token(iat=NOW + 1000)),
    "no exp": bearer(token(exp=None)),
    "no jti": bearer(token(jti=None)),
    "no type": bearer(token(token_type=None)),
    "refresh": bearer(token(token_type="refresh")),
    "no user": bearer(token(user_id=None)),
    "alg none": bearer(KEY.token({"alg": "none"})),
    "another alg": bearer(KEY.token({"alg": "HS512"})),
    "sub is no text": bearer(token(sub=7)),
    "jti is no text": bearer(token(jti=7)),
}


@pytest.mark.parametrize("name", SAME)
def test_same_as_simplejwt(name):
    ours, theirs = (Client().get(path, **SAME[name]) for path in ("/ours", "/theirs"))
    assert ours.status_code == theirs.status_code
    assert ours.content == theirs.content
    assert dict(ours.headers) == dict(theirs.headers)
    assert (ours.status_code == 200) == name.startswith(("good", "with", "integer"))


def test_nobody():
    """Where anybody may come, a request without a token does; one with a bad token does not."""
    assert Client().get("/open").json() == {"user": "AnonymousUser", "auth": None}
    assert Client().get("/open", **bearer(GOOD)).json()["user"] == "TokenUser 7"
    assert Client().get("/open", **bearer("x")).status_code == 401


def test_stricter():
    """What simplejwt takes, and a service should not."""
    critical = bearer(KEY.token({"crit": ["x"], "x": 1}, iat=NOW, exp=NOW + 3000))
    assert Client().get("/ours", **critical).status_code == 401


def test_unavailable():
    """503 where nothing is known of the token."""
    key = es256()
    with override_settings(EDGETOKEN={"POLICY": {**key.policy, "signatures": "host"}}):
        answer = Client().get("/ours", **bearer(key.token(iat=NOW, exp=NOW + 3000)))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json() == {"detail": "Service temporarily unavailable, try again later."}
    assert Client().get("/ours", **bearer(GOOD)).status_code == 200


def test_settings():
    names = {"AUTH_HEADER_TYPES": ("JWT", "Bearer"), "AUTH_HEADER_NAME": "HTTP_X_TOKEN", "USER_ID_CLAIM": "sub"}
    policy = {**KEY.policy, "user_id_claim": "sub", "types": ["access", "sliding"]}
    with override_settings(EDGETOKEN={"POLICY": policy, **names}):
        answer = Client().get("/ours", HTTP_X_TOKEN="JWT " + token(user_id=None, sub="ana", token_type="sliding"))
        assert answer.json()["id"] == "ana"
        answer = Client().get("/ours", HTTP_X_TOKEN="Bearer " + GOOD)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'JWT realm="api"')
        answer = Client().get("/ours", HTTP_X_TOKEN="JWT x")
        assert [m["token_class"] for m in answer.json()["messages"]] == ["AccessToken", "SlidingToken"]


def test_words_of_5_2():
    with override_settings(EDGETOKEN={"POLICY": {**KEY.policy, "compat": "5.2"}}):
        for text, said in (
            ("x", "Token is invalid or expired"),
            (token(exp=NOW - 1), "Token is invalid or expired"),
            (token(token_type="refresh"), "Token has wrong type"),
        ):
            assert Client().get("/ours", **bearer(text)).json()["messages"][0]["message"] == said


@pytest.mark.parametrize(
    "setting, said",
    [
        (None, "POLICY"),
        ({}, "POLICY"),
        ({"POLICY": KEY.policy, "LEEWAY": 1}, "'LEEWAY'"),
        ({"POLICY": {**KEY.policy, "leeway": -1}}, "leeway"),
        ({"POLICY": KEY.policy, "BUNDLE_URL": "file:///x"}, "http"),
        ({"POLICY": KEY.policy, "SIGNATURES": "x"}, "signatures"),
    ],
)
def test_mistakes(setting, said):
    with override_settings(EDGETOKEN=setting), pytest.raises(ImproperlyConfigured, match=said):
        edgetoken.django.verifier()


def test_user():
    user, other = (edgetoken.django.TokenUser({"user_id": i, "plan": "pro"}) for i in ("7", "8"))
    assert user == copy.copy(user) == copy.deepcopy(user) and user != other and len({user, copy.copy(user), other}) == 2
    for change in (user.save, user.delete, lambda: user.set_password("x"), lambda: user.check_password("x")):
        with pytest.raises(NotImplementedError):
            change()
