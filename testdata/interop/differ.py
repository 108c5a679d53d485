#!/usr/bin/env python3
"""Sends generated requests to the reference and to a node, and compares the answers. Starts nothing; `run` does.

  differ.py --reference http://127.0.0.1:18551 --node http://127.0.0.1:18552 [-n 500] [--seed 1] < DOCUMENT

DOCUMENT is what both were started with, as replay.py gives it to --setup-cmd; it may have "browser" and "behind_proxy", as run has them.
Compared are status, the headers that clients read, cookies with their secrets by their form, and the body to the byte; of tokens that were
issued the header, the order of claims and their values, with iat, exp and id by their form; of pages what they say and ask for. Differences
that are wanted (wanted.py) are counted by their names; any other is shown, grouped, with one example each, and makes the exit status 1.
Python 3.8 or later, standard library only.
"""
import argparse
import base64
import collections
import email.utils
import http.client
import json
import os
import random
import re
import socket
import sys
import time
import urllib.parse

sys.dont_write_bytecode = True
CONFORMANCE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "conformance")
sys.path.insert(0, CONFORMANCE)

from answers import Answer, facts, is_page, is_view_page, shape, shaped, written  # noqa: E402
from forge import decoded  # noqa: E402
from generate import Generator  # noqa: E402
from replay import b64u_decode, load_keys, signature_ok  # noqa: E402
from sender import LOGIN  # noqa: E402
from wanted import rules  # noqa: E402

load_keys(CONFORMANCE)

HEADERS = ["content-type", "allow", "vary", "www-authenticate", "x-frame-options", "x-content-type-options", "referrer-policy",
           "cross-origin-opener-policy", "location", "cache-control", "expires"]
SECONDS = 10  # that the answers to one request may lie apart


# ---------------------------------------------------------------- sending

def send(base, case, side, forwarded):
    """Sends a case and gives the answer. It is written to the socket as it is: http.client would refuse what is odd on purpose. forwarded are
    the headers of a proxy before the side."""
    url = urllib.parse.urlsplit(base)
    headers, body = case.filled(side)
    lines = ["%s %s HTTP/1.1" % (case.method, case.path), "Host: " + (url.netloc if case.host is None else case.host), "Connection: close"]
    lines += ["%s: %s" % h for h in forwarded + headers]
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
            answered = {}
            for name, value in raw.getheaders():
                answered.setdefault(name.lower(), []).append(value)
            return Answer(raw.status, {name: "\n".join(values) for name, values in answered.items()}, raw.read())
        except (OSError, http.client.HTTPException) as e:
            return Answer(0, {}, repr(e).encode())


# ---------------------------------------------------------------- comparing

TOKEN = re.compile(rb'"(access|refresh|token)": ?"(eyJ[\w-]+\.[\w-]+\.[\w-]+)"')
LAST_LOGIN = re.compile(rb'"last_login": ?"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z)"')


class Comparison:
    def __init__(self, settings):
        self.settings = settings
        self.one_sided = False  # whether a customer may have logged in on one side alone

    def differences(self, case, answers):
        """What is different, as a list of short texts."""
        ref, node = answers
        if ref.status != node.status or not 200 <= node.status < 500:
            return ["status %d for %d" % (node.status, ref.status)]
        out = ["header " + h for h in HEADERS if self.header(ref, h) != self.header(node, h)]
        sent = [case.cookies(side) for side in (0, 1)]
        if shaped(ref, sent[0]) != shaped(node, sent[1]):
            out.append("cookies")
        if is_view_page(ref) and is_view_page(node):
            return out  # pages of the API for browsers are our own
        if is_page(ref) and is_page(node):
            return out + self.pages(ref.body, node.body, sent)
        bodies = [ref.body, node.body]
        if case.own:
            bodies = [b.replace(json.dumps(own, ensure_ascii=False).encode(), b"OWN") for b, own in zip(bodies, case.own)]
        if case.path.startswith("/auth/token") and ref.status == 200:
            found = [TOKEN.findall(b) for b in bodies]
            bodies = [TOKEN.sub(rb'"\1":TOKEN', b) for b in bodies]
            out += self.tokens(*found)
        if case.path.startswith("/customers/") and case.method != "POST":
            found = [LAST_LOGIN.findall(b) for b in bodies]
            bodies = [LAST_LOGIN.sub(rb'"last_login":TIME', b) for b in bodies]
            if self.one_sided:
                bodies = [b.replace(b'"last_login":null', b'"last_login":TIME') for b in bodies]
            if found[0] and found[1] and abs(seconds(found[0][0][0]) - seconds(found[1][0][0])) > SECONDS:
                out.append("last_login")
        if bodies[0] != bodies[1]:
            out.append("body")
        return out

    def header(self, answer, name):
        """A header; the date of Expires is one of about now, as Django's never_cache has it, or not."""
        value = answer.headers.get(name)
        if name == "expires" and value is not None:
            try:
                return abs(email.utils.parsedate_to_datetime(value).timestamp() - time.time()) < SECONDS
            except ValueError:
                pass
        return value

    def pages(self, ref, node, sent):
        """Differences between pages that are no view's: what they say and what their form has."""
        a, b = facts(ref), facts(node)
        out = ["text %r" % p for p in a["phrases"] + b["phrases"] if (p in a["phrases"]) != (p in b["phrases"])]
        for name in FIELDS:
            if name == "next" and not a["inputs"].get(name) and not b["inputs"].get(name):
                continue  # the reference has an empty one
            x, y = (shape(f["inputs"][name], c) if name == "csrfmiddlewaretoken" and name in f["inputs"] else written(p, name)
                    for f, p, c in ((a, ref, sent[0]), (b, node, sent[1])))
            if x != y:
                out.append("field %s: %s for %s" % (name, cut(str(y), 400), cut(str(x), 400)))
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
        if name in ("exp", "iat", self.settings["SLIDING_TOKEN_REFRESH_EXP_CLAIM"]) and type(a) is int and type(b) is int:
            return abs(a - b) <= SECONDS
        if name == self.settings["JTI_CLAIM"]:
            return a == b or all(isinstance(v, str) and re.fullmatch("[0-9a-f]{32}", v) for v in (a, b))
        if name == self.settings["REVOKE_TOKEN_CLAIM"] and self.settings["CHECK_REVOKE_TOKEN"] and a != b:
            return all(isinstance(v, str) and re.fullmatch("[0-9A-F]{32}", v) for v in (a, b))  # each side has hashed the password itself
        return repr(a) == repr(b)

    def signed(self, token):
        signing, _, signature = token.rpartition(b".")
        return signature_ok(self.settings["ALGORITHM"], self.settings, signing, b64u_decode(signature.decode()))


FIELDS = ["username", "password", "csrfmiddlewaretoken", "next"]  # of the form to log in


def seconds(text):
    """Seconds within the day: enough for answers that are made one after the other."""
    h, m, s = text[11:19].split(b":")
    return int(h) * 3600 + int(m) * 60 + int(s)


# ---------------------------------------------------------------- the run

def cut(text, most=700):
    return text if len(text) <= most else text[:most] + "… (%d)" % len(text)


def show(case, answers):
    """An example: the request and the two answers, long ones cut."""
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
        shown = " ".join("%s=%r" % (h, a.headers[h]) for h in HEADERS + ["set-cookie"] if h in a.headers)
        lines.append("    %-9s %d %s\n              %s" % (name, a.status, shown,
        facts(a.body) if is_page(a) else cut(a.body.decode("utf-8", "replace"))))
    return "\n".join(lines)


def raw(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode("utf-8", "replace")


def main():
    ap = argparse.ArgumentParser(description="compare a node with the reference", epilog="the document of the set-up is read from standard input")
    ap.add_argument("--reference", required=True)
    ap.add_argument("--node", required=True)
    ap.add_argument("-n", type=int, default=500, help="how many requests to send to each")
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args()
    doc = json.load(sys.stdin)
    cases = Generator(random.Random(a.seed), doc).cases()
    forwarded = [("X-Forwarded-Proto", "https")] if doc.get("behind_proxy") else []
    comparison = Comparison(doc["settings"])
    statuses, wanted, groups = collections.Counter(), collections.Counter(), collections.OrderedDict()
    case = next(cases)
    for _ in range(a.n):
        sent, answers = case, [send(base, case, side, forwarded) for side, base in enumerate((a.reference, a.node))]
        statuses[answers[0].status] += 1
        different = comparison.differences(case, answers)
        case = cases.send(None if different else answers)
        if not different:
            continue
        names = rules(sent, different, *answers)
        if names:
            comparison.one_sided |= sent.path.startswith(("/auth/token/", LOGIN)) and answers[0].status != answers[1].status
            wanted[" + ".join(names)] += 1
        else:
            groups.setdefault((sent.path.split("?")[0], sent.label, ", ".join(different)), []).append((sent, answers))
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
