"""A real node: what it revokes is refused here soon after, and no longer than its bundle says without it."""

import json
import os
import sys
import time

import pytest
from django.test import Client, override_settings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), os.path.join(HERE, "..", "..", "..", "wasm", "python", "tests")]

import edgetoken  # noqa: E402
import project  # noqa: E402, F401
import realnode  # noqa: E402
from waiting import until  # noqa: E402

EVERY = 0.2  # seconds between polls
SETTINGS = {"bundle": {"publish": True, "lifetime": "1m"}, "simple_jwt": {"ALGORITHM": "ES256"}}


@pytest.fixture
def node(tmp_path):
    node = realnode.Node(tmp_path, SETTINGS, generate_key=True)
    yield node
    node.stop()


def test_revocation(node):
    root = json.loads(node.run("bundle", "root"))
    url = f"http://127.0.0.1:{node.port}/.well-known/edgetoken-bundle"
    verifier = edgetoken.Verifier({"root": root})
    verifier.poll(url, every=EVERY)
    ana, _ = node.log_in("ana")
    ben, ended = node.log_in("ben")
    setting = {"POLICY": {"root": root}, "BUNDLE_URL": url, "POLL_SECONDS": EVERY}
    with override_settings(EDGETOKEN=setting):

        def status(token):
            return Client().get("/ours", HTTP_AUTHORIZATION="Bearer " + token).status_code

        def refused(token, now=None):
            try:
                verifier.verify(token, now)
            except edgetoken.Refused as refusal:
                return refusal.cause

        assert [refused(token) for token in (ana, ben, ended)] == [None, None, "wrong_type"]
        assert [status(token) for token in (ana, ben, ended)] == [200, 200, 401]

        node.run("token", "revoke", "-", stdin=ended)
        until(lambda: refused(ben) == "blacklisted" and status(ben) == 401)
        assert refused(ana) is None and status(ana) == 200
        node.run("customers", "disable", "ana@example.com")
        until(lambda: refused(ana) == "cut_off" and status(ana) == 401)

    cleo, _ = node.log_in("cleo")
    node.stop()
    until(lambda: verifier.status()["poll"]["error"])
    end = verifier.status()["not_after"]
    assert time.time() < end <= time.time() + 60
    assert [refused(cleo, now) for now in (end - 1, end)] == [None, "bundle_expired"]
    verifier.close()
