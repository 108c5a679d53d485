#!/usr/bin/env python3
"""Takes log-outs from a real Django to a node and back, by the command.

  logouts.py VERSION

Django issues and blacklists tokens; its dump goes through `token import-blacklist`, after which
the node must refuse what Django refuses, and nothing else. Then the node issues, rotates and
revokes, `token export-blacklist` writes that, `loaddata` loads it, and Django's views must refuse
what the node refuses, and nothing else. Both sign by one secret. Runs in the reference's virtual
environment (setup --install), with bin/edgetoken. Exit status 1 where something was wrong.
"""

import json
import os
import sys
import tempfile
from typing import Any, Dict, Tuple

from node import Node

HERE = os.path.dirname(os.path.abspath(__file__))
SECRET = "the secret of the shop, of both sides 1"
REFRESH, VERIFY, SLIDE = (
    "/auth/token/refresh/",
    "/auth/token/verify/",
    "/auth/token/sliding/refresh/",
)
# Settings of both sides, but for the secret.
SETTINGS = {
    "ACCESS_TOKEN_LIFETIME": 300,
    "REFRESH_TOKEN_LIFETIME": 86400,
    "SLIDING_TOKEN_LIFETIME": 300,
    "SLIDING_TOKEN_REFRESH_LIFETIME": 86400,
    "AUTH_TOKEN_CLASSES": ["access", "sliding"],
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
}


class Checks:
    """Counts what is right and prints what is not."""

    def __init__(self, version: str) -> None:
        self.version, self.passed, self.failed = version, 0, 0

    def equal(self, name: str, got: Any, want: Any) -> None:
        if got == want:
            self.passed += 1
        else:
            self.failed += 1
            print("FAIL %s, %s: got %r, want %r" % (self.version, name, got, want))


def django(version: str) -> None:
    """Sets up a Django whose data base lives in memory, with three customers."""
    sys.path.insert(0, os.path.join(HERE, "project"))
    customers = [
        {"id": i, "email": "c%d@example.com" % i, "password": "correct horse 1"} for i in (1, 2, 3)
    ]
    settings = {
        **SETTINGS,
        "SECRET_KEY": SECRET,
        "ALLOWED_HOSTS": ["*"],
        "BLACKLIST_APP": True,
        "AUTH_HEADER_TYPES": ["Bearer"],
    }
    os.environ.update(
        DJANGO_SETTINGS_MODULE="settings",
        INTEROP_DOCUMENT=json.dumps(
            {"compat": version, "settings": settings, "customers": customers}
        ),
    )
    import django as package

    package.setup()
    from customers.seed import seed

    seed()


def django_post(path: str, body: Dict[str, str]) -> Tuple[int, Any]:
    from django.test import Client

    answer = Client().post(path, json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


def dump(path: str, *models: str, **how: Any) -> None:
    from django.core.management import call_command

    call_command("dumpdata", *models or ("token_blacklist",), output=path, verbosity=0, **how)


def moved_in(checks: Checks, node: Node, folder: str, how: Dict[str, Any]) -> None:
    """Django's log-outs count at the node."""
    from customers.models import Customer
    from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
    from rest_framework_simplejwt.tokens import RefreshToken, SlidingToken

    ana, gone = Customer.objects.get(pk=1), Customer.objects.get(pk=3)
    kept, out, gone_out = (
        RefreshToken.for_user(ana),
        RefreshToken.for_user(ana),
        RefreshToken.for_user(gone),
    )
    spent = RefreshToken.for_user(ana)
    status, pair = django_post(REFRESH, {"refresh": str(spent)})
    checks.equal("Django rotates", status, 200)
    sliding_kept, sliding_out = SlidingToken.for_user(ana), SlidingToken.for_user(ana)
    status, slid = django_post(SLIDE, {"token": str(sliding_out)})
    checks.equal("Django slides", status, 200)
    other = RefreshToken.for_user(ana)
    for token in (out, gone_out, sliding_out):
        token.blacklist()
    OutstandingToken.objects.filter(jti=gone_out["jti"]).update(token="")
    file = os.path.join(folder, "blacklist.json")
    dump(file, **how)
    said, _ = node.run("token", "import-blacklist", file, "--json")
    sums = json.loads(said)
    checks.equal("revoked", (sums["revoked"], sums["failed"], sums["missing"]), (4, [], 0))
    again, _ = node.run(
        "token", "import-blacklist", "-", "--json", stdin=open(file, encoding="utf-8").read()
    )
    checks.equal(
        "again",
        (json.loads(again)["revoked"], json.loads(again)["unchanged"]),
        (0, sums["unchanged"] + 4),
    )
    for name, path, field, token, want in (
        ("logged out", REFRESH, "refresh", out, 401),
        ("its customer is not here", REFRESH, "refresh", gone_out, 401),
        ("rotated away", REFRESH, "refresh", spent, 401),
        ("verified", VERIFY, "token", out, 400),
        ("verified, sliding", VERIFY, "token", slid["token"], 400),
        ("slid", SLIDE, "token", slid["token"], 401),
        ("slid before", SLIDE, "token", sliding_out, 401),
        ("not logged out", REFRESH, "refresh", kept, 200),
        ("its successor", REFRESH, "refresh", pair["refresh"], 200),
        ("not logged out, sliding", SLIDE, "token", sliding_kept, 200),
        ("another", REFRESH, "refresh", other, 200),
    ):
        status, body = node.post(path, {field: str(token)})
        checks.equal("at the node, %s: %s" % (name, body), status, want)


def own_keys(checks: Checks, folder: str, version: str) -> None:
    """A node that signs by keys of its own needs SECRET_KEY, by which it takes refresh tokens alone."""
    node = Node(os.path.join(folder, "own"), version, SETTINGS)
    node.run("keys", "generate", "--activate")
    file = os.path.join(folder, "blacklist.json")
    said, _ = node.run("token", "import-blacklist", file, "--json", status=1)
    sums = json.loads(said)
    checks.equal(
        "without SECRET_KEY", (sums["revoked"], sums["unchanged"]), (2, 0)
    )  # those without a text
    checks.equal(
        "the reasons", {"import the key" in row["reason"] for row in sums["failed"]}, {True}
    )
    node.run("keys", "import", "--django-secret-key", "-", stdin=SECRET)
    said, _ = node.run("token", "import-blacklist", file, "--json")
    checks.equal(
        "with SECRET_KEY",
        (json.loads(said)["revoked"], json.loads(said)["failed"]),
        (len(sums["failed"]) - 2, []),
    )


def moved_back(checks: Checks, node: Node, folder: str) -> None:
    """The node's log-outs count in Django: loaddata takes them over what is there, twice."""
    from customers.models import Customer
    from django.core.management import call_command
    from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
    from rest_framework_simplejwt.tokens import RefreshToken

    def log_in(email: str = "c1@example.com") -> str:
        return node.post("/auth/token/", {"email": email, "password": "correct horse 1"})[1][
            "refresh"
        ]

    def rotated(token: str) -> str:
        status, body = node.post(REFRESH, {"refresh": token})
        checks.equal("the node rotates: %s" % body, status, 200)
        return body["refresh"]

    kept, out, gone_out = log_in(), log_in(), log_in("c4@example.com")
    spent = [log_in()]
    for _ in range(3):
        spent.append(rotated(spent[-1]))
    last = spent.pop()
    node.post("/auth/token/blacklist/", {"refresh": out})
    node.post("/auth/token/blacklist/", {"refresh": gone_out})
    # Of the tokens that Django issued one is used at the node, where its successor is used again
    # and then logged out; one is logged out there, one stays, and all log-ins of eva end.
    ana, eva = Customer.objects.get(pk=1), Customer.objects.get(pk=2)
    used, ended, stays, everywhere = (RefreshToken.for_user(c) for c in (ana, ana, ana, eva))
    successor = rotated(str(used))
    after = rotated(successor)
    node.post("/auth/token/blacklist/", {"refresh": after})
    node.post("/auth/token/blacklist/", {"refresh": str(ended)})
    node.run("customers", "logout", "c2@example.com")
    node.run("customers", "remove", "c4@example.com", "--yes")
    # One of the node's own is logged out in Django, so that Django has it already.
    there = log_in()
    checks.equal(
        "Django logs out", django_post("/auth/token/blacklist/", {"refresh": there})[0], 200
    )
    node.post("/auth/token/blacklist/", {"refresh": there})

    before = {row.pk: row.jti for row in OutstandingToken.objects.all()}
    known, file = os.path.join(folder, "known.json"), os.path.join(folder, "back.json")
    dump(known)
    _, said = node.run("token", "export-blacklist", "--known", known, "-o", file, "--force")
    checks.equal(
        "what the list lacks",
        ["log-ins of 2 customers" in said, "sliding" in said, len(said.splitlines())],
        [True, True, 2],
    )
    for _ in range(2):
        call_command("loaddata", file, verbosity=0)
    checks.equal(
        "rows of Django's stay",
        {pk: jti for pk, jti in before.items() if OutstandingToken.objects.get(pk=pk).jti != jti},
        {},
    )
    checks.equal(
        "each is listed once",
        BlacklistedToken.objects.count(),
        BlacklistedToken.objects.values("token__jti").distinct().count(),
    )
    again = os.path.join(folder, "again.json")
    dump(known)
    node.run("token", "export-blacklist", "--known", known, "-o", again, "--force")
    checks.equal("nothing is left to be written", open(again, encoding="utf-8").read(), "[\n]\n")
    RefreshToken.for_user(ana)  # Django numbers on, above the rows that were loaded
    for name, token, want in [("spent %d" % i, token, 401) for i, token in enumerate(spent)] + [
        ("the last of them", last, 200),
        ("not logged out", kept, 200),
        ("logged out", out, 401),
        ("its customer is not in Django", gone_out, 401),
        ("of Django, used at the node", str(used), 401),
        ("its successor", successor, 401),
        ("the one after", after, 401),
        ("of Django, logged out", str(ended), 401),
        ("of Django, not logged out", str(stays), 200),
        ("logged out everywhere", str(everywhere), 401),
        ("logged out in Django", there, 401),
    ]:
        status, body = django_post(REFRESH, {"refresh": token})
        checks.equal("in Django, %s: %s" % (name, body), status, want)


def main() -> int:
    version = sys.argv[1]
    checks = Checks(version)
    django(version)
    with tempfile.TemporaryDirectory() as folder:
        node = Node(folder, version, {**SETTINGS, "SIGNING_KEY": SECRET})
        rows = "".join(
            json.dumps({"id": i, "email": "c%d@example.com" % i, "password": "correct horse 1"})
            + "\n"
            for i in (1, 2, 4)
        )
        node.run("customers", "add", "--json", "-", stdin=rows)
        node.start()
        try:
            moved_in(checks, node, folder, {"indent": 2})
            moved_in(
                checks,
                node,
                folder,
                {
                    "use_natural_foreign_keys": True,
                    "format": "jsonl" if version == "5.5" else "json",
                },
            )
            own_keys(checks, folder, version)
            moved_back(checks, node, folder)
        finally:
            node.stop()
    print("%d passed, %d failed" % (checks.passed, checks.failed))
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
