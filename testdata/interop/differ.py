#!/usr/bin/env python3
"""Sends generated requests to the reference and to a node, and compares the answers. Starts nothing; `run` does.

  differ.py --reference http://127.0.0.1:18551 --node http://127.0.0.1:18552 [-n 500] [--seed 1] < DOCUMENT

DOCUMENT is what both were started with, as replay.py gives it to --setup-cmd. Compared are status, the headers that clients read, and the body
to the byte; of tokens that were issued the header, the order of claims and their values, with iat, exp and id by their form. Differences that
are wanted are recognised by rule(), each with a name, and counted; any other is shown, grouped, with one example each, and makes the exit
status 1. Python 3.8 or later, standard library only.
"""
import argparse
import base64
import collections
import http.client
import json
import os
import random
import re
import socket
import sys
import urllib.parse

sys.dont_write_bytecode = True
CONFORMANCE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "conformance")
sys.path.insert(0, CONFORMANCE)

from forge import ODD_ID, decoded  # noqa: E402
from generate import Generator  # noqa: E402
from replay import b64u_decode, load_keys, signature_ok  # noqa: E402

load_keys(CONFORMANCE)

HEADERS = ["content-type", "allow", "vary", "www-authenticate", "x-frame-options", "x-content-type-options", "referrer-policy",
           "cross-origin-opener-policy", "location"]
SECONDS = 10  # that the answers to one request may lie apart


# ---------------------------------------------------------------- sending

Answer = collections.namedtuple("Answer", "status headers body")


def send(base, case, side):
    """Sends a case and gives the answer. It is written to the socket as it is: http.client would refuse what is odd on purpose."""
    url = urllib.parse.urlsplit(base)
    headers, body = case.filled(side)
    lines = ["%s %s HTTP/1.1" % (case.method, case.path), "Host: " + (url.netloc if case.host is None else case.host), "Connection: close"]
    lines += ["%s: %s" % h for h in headers]
    if body is not None or case.method in ("POST", "PUT", "PATCH"):
        lines.append("Content-Length: %d" % len(body or b""))
    with socket.create_connection((url.hostname, url.port), timeout=30) as conn:
        try:
            conn.sendall("\r\n".join(lines + ["", ""]).encode() + (body or b""))
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before it was read; the answer may be there all the same
        raw = http.client.HTTPResponse(conn, method=case.method)
        try:
            raw.begin()
            return Answer(raw.status, {k.lower(): v for k, v in raw.getheaders()}, raw.read())
        except (OSError, http.client.HTTPException) as e:
            return Answer(0, {}, repr(e).encode())


# ---------------------------------------------------------------- comparing

TOKEN = re.compile(rb'"(access|refresh)": ?"(eyJ[\w-]+\.[\w-]+\.[\w-]+)"')
LAST_LOGIN = re.compile(rb'"last_login": ?"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z)"')


class Comparison:
    def __init__(self, settings):
        self.settings = settings

    def differences(self, case, answers):
        """What is different, as a list of short texts."""
        ref, node = answers
        if ref.status != node.status or not 200 <= node.status < 500:
            return ["status %d for %d" % (node.status, ref.status)]
        out = ["header " + h for h in HEADERS if ref.headers.get(h) != node.headers.get(h)]
        if is_page(ref) and is_page(node):
            return out  # pages for browsers are our own
        bodies = [ref.body, node.body]
        if case.path.startswith("/auth/token") and ref.status == 200:
            found = [TOKEN.findall(b) for b in bodies]
            bodies = [TOKEN.sub(rb'"\1":TOKEN', b) for b in bodies]
            out += self.tokens(*found)
        if case.path.startswith("/customers/me") and case.method != "POST":
            found = [LAST_LOGIN.findall(b) for b in bodies]
            bodies = [LAST_LOGIN.sub(rb'"last_login":TIME', b) for b in bodies]
            if found[0] and found[1] and abs(seconds(found[0][0][0]) - seconds(found[1][0][0])) > SECONDS:
                out.append("last_login")
        if bodies[0] != bodies[1]:
            out.append("body")
        return out

    def tokens(self, ours, theirs):
        """Differences between the tokens of two answers, given as lists of (name, token)."""
        if [n for n, _ in ours] != [n for n, _ in theirs]:
            return ["names of tokens"]
        out = []
        for (name, a), (_, b) in zip(ours, theirs):
            name = name.decode()
            if decoded(a.decode().split(".")[0]) != decoded(b.decode().split(".")[0]):
                out.append("header of %s token" % name)
            if not (self.signed(a) and self.signed(b)):
                out.append("signature of %s token" % name)
            a, b = decoded(a.decode().split(".")[1]), decoded(b.decode().split(".")[1])
            if [n for n, _ in a] != [n for n, _ in b]:
                out.append("names or order of claims of %s token" % name)
                continue
            out += ["claim %s of %s token" % (n, name) for (n, x), (_, y) in zip(a, b) if not self.same_claim(n, x, y)]
        return out

    def same_claim(self, name, a, b):
        if name in ("exp", "iat") and type(a) is int and type(b) is int:
            return abs(a - b) <= SECONDS
        if name == self.settings["JTI_CLAIM"]:
            return all(isinstance(v, str) and re.fullmatch("[0-9a-f]{32}", v) for v in (a, b))
        if name == self.settings["REVOKE_TOKEN_CLAIM"] and self.settings["CHECK_REVOKE_TOKEN"] and a != b:
            return all(isinstance(v, str) and re.fullmatch("[0-9A-F]{32}", v) for v in (a, b))  # each side has hashed the password itself
        return repr(a) == repr(b)

    def signed(self, token):
        signing, _, signature = token.rpartition(b".")
        return signature_ok(self.settings["ALGORITHM"], self.settings, signing, b64u_decode(signature.decode()))


def is_page(answer):
    """Whether the answer is a page of the API for browsers, not one of Django's own."""
    return answer.headers.get("content-type", "").startswith("text/html") and "allow" in answer.headers


def seconds(text):
    """Seconds within the day: enough for answers that are made one after the other."""
    h, m, s = text[11:19].split(b":")
    return int(h) * 3600 + int(m) * 60 + int(s)


# ---------------------------------------------------------------- wanted differences

STRICT = ("strict-", "limit: ")


def invalid(case, answer):
    """Whether an answer says that the token is invalid."""
    return answer.status == 401 and (case.method == "HEAD" or b"token_not_valid" in answer.body and b"Token is invalid" in answer.body)


def rule(case, different, ref, node):
    """The name of the rule by which a difference is wanted, or None."""
    if ref.status == 500 and node.status in (400, 401):
        return "reference-500: answered with %d here" % node.status
    if ref.status == 500 and any(n in ("Accept", "Content-Type") and not v.isascii() for n, v in case.headers) and node.status != 500:
        return "reference-500: media type beyond ASCII, answered as 5.5 does"
    if ref.status == node.status == 400 and b"malformed Host header" in node.body:
        return "http: a Host that net/http refuses by itself"
    if different == ["header vary"] and any(n == "Cookie" and "sessionid=" in v for n, v in case.headers):
        return "sessions: not built yet; the reference ends one that is none"
    if node.status == 400 and b"Unsupported charset" in node.body:
        return "charset: one of Python's codecs that is not read here"
    if ODD_ID in case.traits and (invalid(case, node) or b"Token is blacklisted" in ref.body):
        return ODD_ID
    if invalid(case, node):
        for trait in sorted(case.traits):
            if trait.startswith(STRICT):
                return trait
    return None


# ---------------------------------------------------------------- the run

def show(case, answers):
    """An example: the request and the two answers, long ones cut."""
    cut = lambda t, n=700: t if len(t) <= n else t[:n] + "… (%d)" % len(t)                                # noqa: E731
    headers, body = case.filled(1)
    lines = ["    > %s %s" % (case.method, case.path)] + ["    > %s: %s" % (n, cut(v)) for n, v in headers]
    if body is not None:
        lines.append("    > " + cut(repr(body)[1:], 1200))
    text = " ".join(v for _, v in headers) + " " + (body or b"").decode("utf-8", "replace")
    for token in re.findall(r"(?<![\w-])([\w-]{8,})\.([\w-]+)\.[\w-]*", text)[:1]:
        try:
            lines.append("      header %s claims %s" % tuple(cut(raw(p)) for p in token))
        except ValueError:
            pass
    for name, a in zip(("reference", "node"), answers):
        shown = " ".join("%s=%r" % (h, a.headers[h]) for h in HEADERS if h in a.headers)
        lines.append("    %-9s %d %s\n              %s" % (name, a.status, shown, cut(a.body.decode("utf-8", "replace"))))
    return "\n".join(lines)


def raw(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode("utf-8", "replace")


def parsed(answer):
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def main():
    ap = argparse.ArgumentParser(description="compare a node with the reference", epilog="the document of the set-up is read from standard input")
    ap.add_argument("--reference", required=True)
    ap.add_argument("--node", required=True)
    ap.add_argument("-n", type=int, default=500, help="how many requests to send to each")
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args()
    doc = json.load(sys.stdin)
    generator = Generator(random.Random(a.seed), doc["settings"], doc["customers"])
    comparison = Comparison(doc["settings"])
    statuses, wanted, groups = collections.Counter(), collections.Counter(), collections.OrderedDict()
    for _ in range(a.n):
        case = generator.case()
        answers = [send(base, case, side) for side, base in enumerate((a.reference, a.node))]
        statuses[answers[0].status] += 1
        different = comparison.differences(case, answers)
        if not different:
            generator.learn(case, [parsed(x) for x in answers])
            continue
        generator.forget(case)
        name = rule(case, different, *answers)
        if name:
            wanted[name] += 1
        else:
            groups.setdefault((case.path.split("?")[0], case.label, ", ".join(different)), []).append((case, answers))
    print("%d requests, answered by the reference with %s" % (a.n, ", ".join("%d: %d" % s for s in sorted(statuses.items()))))
    for name, count in sorted(wanted.items()):
        print("  wanted      %5d  %s" % (count, name))
    for (path, label, different), found in groups.items():
        print("  UNEXPLAINED %5d  %s: %s: %s\n%s" % (len(found), path, label, different, show(*found[0])))
    unexplained = sum(map(len, groups.values()))
    print("%d equal, %d wanted, %d unexplained" % (a.n - sum(wanted.values()) - unexplained, sum(wanted.values()), unexplained))
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
