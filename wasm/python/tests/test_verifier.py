"""The Verifier: verdicts, threads, forks and failures. What a verdict is, testdata/kit says."""

import gc
import os
import signal
import threading

import pytest
import wasmtime

import edgetoken
from edgetoken import _instance
from forks import child
from keys import ALL, CLAIMS, NOW, hs256
from waiting import until

MODES = ("cryptography", "module")


def cause(verifier, token, now=NOW):
    with pytest.raises(edgetoken.Refused) as refused:
        verifier.verify(token, now)
    return refused.value.cause


@pytest.mark.parametrize("signatures", MODES)
@pytest.mark.parametrize("algorithm", ALL)
def test_verdicts(algorithm, signatures):
    key = ALL[algorithm]()
    verifier = edgetoken.Verifier(key.policy, signatures=signatures)
    token = key.token()
    for _ in range(2):  # its signature is remembered then
        assert verifier.verify(token, NOW) == CLAIMS
        assert verifier.verify(token.encode(), NOW + 0.9) == CLAIMS
    signed, _, signature = token.rpartition(".")
    other = "A" if signature[5] != "A" else "B"
    assert cause(verifier, f"{signed}.{signature[:5]}{other}{signature[6:]}") == "bad_signature"
    assert cause(verifier, ALL[algorithm]().token(jti="x2") if algorithm != "HS256" else token + "A") in (
        "bad_signature",
        "malformed",
    )
    assert cause(verifier, token, NOW + 300) == "expired"
    assert cause(verifier, key.token(token_type="refresh")) == "wrong_type"
    assert cause(verifier, key.token({"alg": "none"})) == "bad_algorithm"
    assert cause(verifier, key.token(exp=None)) == "no_exp"
    assert cause(verifier, key.token(user_id=None)) == "no_user"


def test_odd_tokens():
    verifier = edgetoken.Verifier(hs256().policy)
    for token in ("", b"", "a.b.c", "пароль", "a\ud800b", b"\xff"):
        assert cause(verifier, token) == "malformed"
    for size in (1 << 17, 1 << 20, 32 << 20):
        assert cause(verifier, "a" * size) == "too_long"
    for token in (None, 1, bytearray(b"x")):
        with pytest.raises(TypeError):
            verifier.verify(token, NOW)
    for now in (float("nan"), float("inf"), 1 << 63):
        with pytest.raises((ValueError, OverflowError)):
            verifier.verify("x", now)


def test_claims_as_they_stand():
    verifier = edgetoken.Verifier(hs256().policy)
    assert verifier.verify_json(hs256().token(name="é"), NOW).endswith(r'"name":"\u00e9"}')


def test_clock():
    """The clock is the host's, and one that was never set is no verdict."""
    verifier = edgetoken.Verifier(hs256().policy)
    with pytest.raises(edgetoken.Unavailable) as unavailable:
        verifier.verify(hs256().token(), 0)
    assert unavailable.value.cause == "bad_clock"
    assert verifier.verify(hs256().token(exp=1 << 33)) == {**CLAIMS, "exp": 1 << 33}


def test_policies():
    for policy, said in (
        ("{", "policy: "),
        ({}, "no keys"),
        ({"jwks": {"keys": []}, "x": 1}, "policy: "),
        ('{"leeway":1,"leeway":1}', "twice"),
        ("", "policy: "),
        ("x" * (32 << 20), "policy: "),
    ):
        with pytest.raises(edgetoken.PolicyError, match=said):
            edgetoken.Verifier(policy)
    with pytest.raises(ValueError, match="signatures"):
        edgetoken.Verifier(hs256().policy, signatures="host")


def test_signatures_of_the_policy():
    """A policy that says who checks signatures has its way."""
    key = ALL["ES256"]()
    host = edgetoken.Verifier({**key.policy, "signatures": "host"}, signatures="module")
    assert cause(host, key.token()) == "signature_needed"
    assert edgetoken.Verifier({**key.policy, "signatures": "guest"}).verify(key.token(), NOW) == CLAIMS


def test_update_without_root():
    verifier = edgetoken.Verifier(hs256().policy)
    for bundle in ("", "x", "a" * (17 << 20)):
        with pytest.raises(edgetoken.Refused):
            verifier.update(bundle)
    assert verifier.status()["epoch"] == 0


def test_threads():
    """More threads than instances: each gets its own verdict."""
    key = ALL["EdDSA"]()
    verifier = edgetoken.Verifier(key.policy, instances=2)
    wrong = []

    def work(name):
        good, bad = key.token(jti=name), key.token(jti=name, exp=NOW - 1)
        for _ in range(50):
            if verifier.verify(good, NOW)["jti"] != name or cause(verifier, bad) != "expired":
                wrong.append(name)

    threads = [threading.Thread(target=work, args=(f"t{i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(verifier._idle) <= 2


def test_turns():
    """Who has waited longest is next, so an update waits for no more than those who came before it."""
    slots = edgetoken.Verifier(hs256().policy, instances=1)._slots
    served = []

    def work(name):
        with slots:
            served.append(name)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    with slots:
        for name, thread in enumerate(threads):
            thread.start()
            until(lambda waiting=name + 1: len(slots._waiting) == waiting)
    with slots:
        served.append("later")
    for thread in threads:
        thread.join()
    assert served == [*range(8), "later"]


def test_interrupted_turn():
    """A thread that is interrupted while it waits leaves the slot to others."""
    slots = edgetoken.Verifier(hs256().policy, instances=1)._slots

    def interrupt(main=threading.get_ident()):
        until(lambda: slots._waiting)
        signal.pthread_kill(main, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    with slots:
        thread.start()
        with pytest.raises(KeyboardInterrupt), slots:
            pass
    thread.join()
    for _ in range(2):
        with slots:
            pass


def test_trap_drops_the_instance():
    """A token on which the module fails is refused, and the next one finds another instance."""
    verifier, token = edgetoken.Verifier(hs256().policy, instances=1), hs256().token()
    (broken,) = verifier._idle
    broken._verify = lambda *_: broken._realloc(0x7FFFFFF0, 16, 1, 16)  # reads what lies beyond the memory
    with pytest.raises(edgetoken.Unavailable) as unavailable:
        verifier.verify(token, NOW)
    assert unavailable.value.cause == "failed"
    assert isinstance(unavailable.value.__cause__, wasmtime.Trap)
    assert verifier.verify(token, NOW) == CLAIMS
    assert verifier._idle != [broken]


def test_module_points_beyond_its_memory():
    instance = _instance.Instance()
    with pytest.raises(IndexError):
        instance._get(0xFFFFFFF0, 8)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_fork():
    """Children go on, whatever locks their parent's other threads held."""
    key = ALL["ES256"]()
    verifier, token = edgetoken.Verifier(key.policy, instances=1), key.token()
    for take in (verifier._slots, verifier._updating):
        held, done = threading.Event(), threading.Event()

        def hold(take=take, held=held, done=done):
            with take:
                held.set()
                done.wait()

        thread = threading.Thread(target=hold)
        thread.start()
        held.wait()
        children = []
        for _ in range(3):
            pid = os.fork()
            if not pid:
                child(lambda: verifier.verify(token, NOW) == CLAIMS and cause(verifier, token, NOW + 300) == "expired")
            children.append(pid)
        assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [0, 0, 0]
        done.set()
        thread.join()
    assert verifier.verify(token, NOW) == CLAIMS


def test_instances_go():
    """A verifier that is no longer used is collected."""
    import weakref

    verifier = edgetoken.Verifier(hs256().policy)
    gone = weakref.ref(verifier)
    del verifier
    gc.collect()
    assert gone() is None
