"""Bundles from a node, and from a kit in its place: what comes, when, and what is kept."""

import gc
import http.server
import json
import os
import threading
import time
import urllib.parse
import weakref
from pathlib import Path

import pytest

import edgetoken
from edgetoken import _poller
from forks import child
from keys import NOW
from waiting import until

KIT = Path(__file__).resolve().parents[3] / "testdata" / "kit"
POLICY, BUNDLES = (json.loads((KIT / name).read_text()) for name in ("policies.json", "bundles.json"))
POLICY = POLICY["root"]
CASE = next(c for c in json.loads((KIT / "cases.json").read_text()) if c["name"] == "bundle/newer")
TOKEN = CASE["steps"][2]["verify"]  # good with "first", revoked with "second"


class Node:
    """A server that has one bundle of the kit, and deltas to it."""

    def __init__(self):
        self.bundle, self.deltas, self.status, self.asked = "first", {}, 200, []
        node = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                since = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("since", [None])[0]
                node.asked.append((since, self.headers.get("If-None-Match"), os.getpid()))
                if node.status == 200 and self.headers.get("If-None-Match") == f'"{node.bundle}"':
                    self.send_response(304)
                    self.end_headers()
                    return
                body = BUNDLES.get(node.deltas.get(since, node.bundle), node.bundle).encode() + b"\n"  # as in a file
                self.send_response(node.status)
                self.send_header("ETag", f'"{node.bundle}"')
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/.well-known/edgetoken-bundle"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def node():
    node = Node()
    yield node
    node.server.shutdown()
    node.server.server_close()


@pytest.fixture
def verifier():
    verifier = edgetoken.Verifier(POLICY)
    yield verifier
    verifier.close()


def refused(verifier):
    try:
        verifier.verify(TOKEN, NOW)
    except edgetoken.Refused as refusal:
        return refusal.cause


def test_first_bundle(node, verifier):
    """Nothing is fetched before the first verification, which waits for the bundle."""
    verifier.poll(node.url, every=3600)
    time.sleep(0.05)
    assert node.asked == []
    assert verifier.verify(TOKEN, NOW)["token_type"] == "access"
    assert [since for since, _, _ in node.asked] == [None]
    status = verifier.status()
    assert status["epoch"] > 0 and status["poll"]["error"] is None and status["poll"]["fetched"] <= time.time()


def test_delta(node, verifier):
    verifier.poll(node.url, every=0.01)
    assert refused(verifier) is None
    epoch = verifier.status()["epoch"]
    until(lambda: (str(epoch), '"first"') in [a[:2] for a in node.asked])  # and got 304
    node.deltas[str(epoch)] = "first to second"
    node.bundle = "second"
    until(lambda: refused(verifier) == "blacklisted")
    assert verifier.status()["epoch"] > epoch
    verifier._idle.clear()  # a new instance knows it too
    assert refused(verifier) == "blacklisted"
    assert verifier._bundles[1] == tuple(BUNDLES[name].encode() for name in ("first", "first to second"))


def test_lost_base(node, verifier):
    """A delta of another base: the whole bundle is fetched at once."""
    verifier.poll(node.url, every=0.01)
    assert refused(verifier) is None
    node.deltas[str(verifier.status()["epoch"])] = "second to third"
    node.bundle = "second"
    until(lambda: refused(verifier) == "blacklisted")
    assert verifier._bundles[1] == (BUNDLES["second"].encode(),)


def test_node_in_trouble(node, verifier, monkeypatch):
    """The verifier goes by what it has."""
    verifier.poll(node.url, every=0.01)
    assert refused(verifier) is None
    monkeypatch.setattr(_poller, "MAX_BYTES", 1000)
    for bundle, status, said in (
        ("first", 404, "404: does it have bundle.publish, and a key pair?"),
        ("second", 500, "500"),
        ("x" * 1001, 200, "too long"),
        ("second, by nobody", 200, "bundle_malformed"),
        ("by a stranger", 200, "bundle_forged"),
        ("", 200, "bundle_malformed"),
    ):
        node.bundle, node.status = bundle, status
        until(lambda: said in (verifier.status()["poll"]["error"] or ""))
        assert refused(verifier) is None
    node.bundle, node.status = "before the first", 200  # an older one is nothing new
    until(lambda: verifier.status()["poll"]["error"] is None)
    node.server.shutdown()
    node.server.server_close()
    until(lambda: "refused" in (verifier.status()["poll"]["error"] or ""))
    assert refused(verifier) is None


def test_no_node(verifier):
    """Without a first bundle nothing is accepted, and the second verification does not wait."""
    verifier.poll("http://127.0.0.1:1/", every=3600)
    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(edgetoken.Unavailable) as unavailable:
            verifier.verify(TOKEN, NOW)
        assert unavailable.value.cause == "no_bundle" and time.monotonic() - began < _poller.SECONDS


def test_threads_catch_up():
    """An update reaches the instances of all threads, and one that fails changes nothing."""
    verifier = edgetoken.Verifier(POLICY, instances=3)
    verifier.update(BUNDLES["first"])
    verifier._idle += [verifier._new(), verifier._new()]
    for bundle, cause in (("first to second", None), ("first", "bundle_older"), ("by a stranger", "bundle_forged")):
        if cause:
            with pytest.raises(edgetoken.Refused, match=cause):
                verifier.update(BUNDLES[bundle])
        else:
            verifier.update(BUNDLES[bundle])
        for instance in list(verifier._idle):
            verifier._idle[:] = [instance]
            assert refused(verifier) == "blacklisted"


def test_update_amid_verifications():
    """Every thread goes by the bundle before or the one after."""
    verifier, seen, stop = edgetoken.Verifier(POLICY, instances=3), set(), threading.Event()
    verifier.update(BUNDLES["first"])

    def work():
        while not stop.is_set():
            seen.add(refused(verifier))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    until(lambda: None in seen)
    verifier.update(BUNDLES["first to second"])
    assert refused(verifier) == "blacklisted"
    until(lambda: "blacklisted" in seen)
    verifier.update(BUNDLES["fourth"])
    assert refused(verifier) is None
    stop.set()
    for thread in threads:
        thread.join()
    assert seen == {None, "blacklisted"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_fork(node, verifier):
    """A child polls by itself, and finds what its parent had."""
    verifier.poll(node.url, every=0.01)
    assert refused(verifier) is None
    found, finds = os.pipe()

    def polls():
        if refused(verifier) is not None:
            return False
        os.write(finds, b"x")
        until(lambda: refused(verifier) == "blacklisted")
        return True

    pid = os.fork()
    if not pid:
        child(polls)
    os.close(finds)
    os.read(found, 1)  # nothing, if the child has ended
    os.close(found)
    node.bundle = "second"
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    until(lambda: refused(verifier) == "blacklisted")


def test_ends(node):
    """The thread ends with its verifier, and by close."""

    def thread():
        return [t for t in threading.enumerate() if t.name == "edgetoken-poll"]

    verifier = edgetoken.Verifier(POLICY)
    verifier.poll(node.url, every=3600)
    assert refused(verifier) is None and thread()
    gone = weakref.ref(verifier)
    del verifier
    until(lambda: gc.collect() is not None and gone() is None and not thread())
    verifier = edgetoken.Verifier(POLICY)
    verifier.poll(node.url, every=3600)
    assert refused(verifier) is None and thread()
    verifier.close()
    until(lambda: not thread())


def test_addresses(verifier):
    for url, every in (("file:///etc/passwd", 1), ("tokens.example", 1), ("http://x/", 0), ("http://x/", -1)):
        with pytest.raises(ValueError):
            verifier.poll(url, every)
