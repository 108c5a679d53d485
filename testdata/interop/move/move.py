"""The ways of docs/moving.md, and what has to be true after each step."""
import base64
import hashlib
import hmac
import json
import os
import time
import traceback
from typing import Any, Dict, List

import visitors
from rehearsal import Failed, Rehearsal
from visitors import LOG_IN, LOG_OUT, PASSWORD, REFRESH, REGISTER, SET_PASSWORD, USE, VERIFY, expires

JSON = {"Host": "shop.example", "Content-Type": "application/json"}
# fill.py's customers but the visitors.
BY_HASHER = ("pbkdf2_sha256", "pbkdf2_sha1", "argon2", "bcrypt_sha256", "older", "test")
NEVER = ("gone", "nobody")
NEW_PASSWORD = "third horse 1"
AGAIN = """edgetoken customers import customers.json --json >customers.again
edgetoken token import-blacklist blacklist.json --json >blacklist.again
"""
# What visitors do, with what it is answered.
MET = (LOG_IN + " 200", LOG_IN + " 401", USE + " 200", REFRESH + " 200", REFRESH + " 401", LOG_OUT + " 200",
       REGISTER + " 201", SET_PASSWORD + " 204")


class Way(Rehearsal):
    """What the two ways share: checks that count, and requests of the rehearsal's own."""

    verifies = True  # whether `verify` at the node knows access tokens of Django
    revokes = False  # whether CHECK_REVOKE_TOKEN is on, where simplejwt has it

    def __init__(self, version: str, python: str, folder: str, cache: str) -> None:
        super().__init__(version, python, folder, cache, self.revokes and version == "5.5")
        self.empty = os.path.join(folder, "empty.sqlite3")
        self.passed = self.failed = 0

    def check(self, name: str, got: Any, want: Any) -> None:
        if got == want:
            self.passed += 1
        else:
            self.failed += 1
            print("FAIL %s: %s\n  got  %r\n  want %r" % (self.version, name, got, want))

    def rehearse(self) -> None:
        """Goes the way with visitors in the shop. Whatever they noticed and the run-book does not say is a failure."""
        stop = None
        try:
            self.open()
            stop = visitors.start(self.proxy.port, self.record, self.verifies)
            self.go()
            time.sleep(5)
        except (Failed, OSError, RuntimeError, KeyError, ValueError) as e:
            self.failed += 1
            print("FAIL %s, section %s: %s" % (self.version, self.record.section, e))
            if not isinstance(e, Failed):
                traceback.print_exc()
        finally:
            if stop:
                stop()
            if self.failed or self.record.failures:
                print(self.logs())
            self.close()
        for failure in self.record.failures[:20]:
            print("FAIL %s: %s" % (self.version, failure))
        self.failed += len(self.record.failures)
        met = self.record.counts
        print("%s: visitors met %s" % (self.version, ", ".join("%s %d times" % item for item in sorted(met.items()))))
        for what in ("503 in a pause", *MET, *[VERIFY + " 200"] * self.verifies):
            self.check("visitors met %s" % what, met[what] > 0, True)

    def go(self) -> None:
        raise NotImplementedError

    def ask_shop(self, path: str, body: Dict[str, str]) -> Any:
        """Status and body of an answer that the shop gives."""
        status, _, answer = visitors.ask(self.proxy.port, "POST", path, JSON, json.dumps(body).encode())
        return status, json.loads(answer)

    def log_in(self, name: str, password: str = PASSWORD) -> Any:
        """Tokens of a customer, or the status of the refusal."""
        status, body = self.ask_shop(LOG_IN, {"email": name + "@shop.example", "password": password})
        return body if status == 200 else status

    def refresh(self, name: str, pair: Dict[str, str]) -> Dict[str, str]:
        """The tokens that a refresh leaves, which must be possible."""
        status, body = self.ask_shop(REFRESH, {"refresh": pair["refresh"]})
        self.check(name, status, 200)
        return {**pair, **body}

    def use(self, access: str) -> int:
        """The status that a view of Django has for an access token."""
        return visitors.ask(self.proxy.port, "GET", USE, dict(JSON, Authorization="Bearer " + access), b"")[0]

    def log_out_one(self) -> None:
        """Somebody logs in and out, and should stay out: the visitors try."""
        refresh = self.log_in("test")["refresh"]
        self.check("log-out", self.ask_shop(LOG_OUT, {"refresh": refresh})[0], 200)
        self.record.logged_out(refresh)

    def everybody_logs_in(self, when: str, but: Any = ()) -> None:
        for name in self.hashers():
            if name not in but:
                pair = self.log_in(name)
                self.check("%s: %s logs in" % (when, name), isinstance(pair, dict) and self.use(pair["access"]), 200)
        for name in NEVER:
            self.check("%s: %s does not" % (when, name), self.log_in(name), 401)

    def hashers(self) -> List[str]:
        return [*BY_HASHER, "scrypt"] if self.version == "5.5" else [*BY_HASHER]

    def signed_by(self, access: str) -> str:
        """Who made an access token, and its algorithm."""
        header, payload = (json.loads(unb64(part)) for part in access.split(".")[:2])
        return "%s %s" % ("the node" if payload["jti"][12] == "8" else "Django", header["alg"])

    def forged(self, secret: str) -> str:
        """An access token that whoever has a secret makes."""
        header, now = {"alg": "HS256", "typ": "JWT"}, int(time.time())
        claims = {"token_type": "access", "exp": now + 60, "iat": now, "jti": "0" * 32, "user_id": "1"}
        signed = ".".join(b64(json.dumps(part).encode()) for part in (header, claims))
        return signed + "." + b64(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())

    def secret_is_worthless(self) -> None:
        forged = self.forged(self.read("secret-key"))
        self.check("5: Django's view refuses what SECRET_KEY signs", self.use(forged), 401)
        self.check("5: so does the node", self.ask_shop(VERIFY, {"token": forged})[0], 401)

    def everybody_stays_out(self, when: str) -> None:
        """Whoever logged out, whatever logged in by, is refused."""
        out = [token for token in self.record.ended if expires(token) > time.time() + 1]
        self.check(when + ": somebody logged out before", out != [], True)
        for token in out:
            self.check(when + ": who logged out stays out", self.ask_shop(REFRESH, {"refresh": token})[0], 401)

    def read(self, name: str) -> str:
        """The text of a file of the shop."""
        with open(os.path.join(self.shop, name), encoding="utf-8") as f:
            return f.read()


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Move(Way):
    """Steps 1 to 7: in with Django's key, then with keys of the node's own, and back."""

    def go(self) -> None:
        self.check("before: who signs", self.signed_by(self.log_in("test")["access"]), "Django HS256")
        self.do("1.")
        self.do("2.")
        self.check("the dry run stores nobody", self.ask("edgetoken customers list")["customers"], [])
        self.log_out_one()
        self.do("3.", insert=("rm customers.json", AGAIN))
        customers, tokens = (json.loads(self.read(name)) for name in ("customers.again", "blacklist.again"))
        self.check("the same file again changes no customer", customers["unchanged"], customers["rows"])
        self.check("nor a token", tokens["revoked"], 0)
        self.everybody_stays_out("3")
        self.moved_in("the node HS256")
        self.do("4.")
        self.there_and_back("4.", "edge-1", "the node ES256")
        self.check("4: Django's key is good as long as its tokens", self.use(self.forged(self.read("secret-key"))), 200)
        self.let_expire()
        self.do("5.")
        self.secret_is_worthless()
        self.changed_at_the_node()
        self.loads_into_an_empty_data_base()
        self.do("6.")
        self.there_and_back("6.", "shop", "the node HS256")
        self.let_expire()
        self.log_out_one()
        self.do("7.")
        self.moved_back()

    def there_and_back(self, section: str, key: str, signer: str) -> None:
        """The way back of a section that changes keys, and the section's key again."""
        self.check(section + " who signs", self.signed_by(self.log_in("test")["access"]), signer)
        self.run(self.sections[section].back())
        back = "the node HS256" if signer == "the node ES256" else "the node ES256"
        self.check(section + " who signs once it is taken back", self.signed_by(self.log_in("test")["access"]), back)
        self.run("edgetoken keys activate " + key)

    def moved_in(self, signer: str) -> None:
        self.check("3: who signs", self.signed_by(self.log_in("test")["access"]), signer)
        self.everybody_logs_in("3, by Django's hashes")
        self.everybody_logs_in("3, by hashes of the node")
        customer = self.ask("edgetoken customers show older@shop.example")
        self.check("3: groups", customer["groups"], ["editors"])
        self.check("3: permissions", customer["permissions"], ["customers.add_customer"])
        rights = ["customers.%s_customer" % what for what in ("add", "change", "view")]
        self.check("3: rights", customer["rights"], rights)
        self.log_out_one()

    def changed_at_the_node(self) -> None:
        self.run("printf '" + NEW_PASSWORD + "' | edgetoken customers passwd pbkdf2_sha1@shop.example --password-stdin\n"
                 "edgetoken customers add --json - <<END\n%s\nEND" % json.dumps(
                     {"id": 1000001, "email": "edge@shop.example", "password": PASSWORD,
                      "groups": {"readers": ["customers.view_customer"]}}))

    def loads_into_an_empty_data_base(self) -> None:
        """The export is all that a Django without customers needs."""
        script = ("from django.conf import settings; settings.EDGETOKEN = []\n"
                  "from django.contrib.auth import authenticate as a\n"
                  "for who in ('edge', 'pbkdf2_sha1', 'argon2', 'gone'):\n"
                  "    password = '%s' if who == 'pbkdf2_sha1' else '%s'\n"
                  "    c = a(username=who + '@shop.example', password=password)\n"
                  "    print(who, c and c.has_perm('customers.view_customer'))\n") % (NEW_PASSWORD, PASSWORD)
        self.run("edgetoken customers export -o all.json\npython manage.py migrate --run-syncdb -v 0\n"
                 "python manage.py loaddata -v 0 all.json", SHOP_DATABASE=self.empty)
        said = self.run('python manage.py shell -v 0 -c "%s"' % script, SHOP_DATABASE=self.empty)
        want = ["edge True", "pbkdf2_sha1 True", "argon2 True", "gone None"]
        self.check("an empty data base", said.splitlines(), want)

    def moved_back(self) -> None:
        self.everybody_stays_out("7")
        self.check("7: who signs", self.signed_by(self.log_in("test")["access"]), "Django HS256")
        self.everybody_logs_in("7, by hashes of the node", but=["pbkdf2_sha1"])
        self.check("7: a password of the node's", isinstance(self.log_in("pbkdf2_sha1", NEW_PASSWORD), dict), True)
        self.check("7: the one before", self.log_in("pbkdf2_sha1"), 401)
        self.check("7: a customer of the node's", isinstance(self.log_in("edge"), dict), True)
        self.log_out_one()


class Return(Way):
    """Back from step 3 at once, and in again."""

    def go(self) -> None:
        self.do("1.")
        self.do("2.")
        self.log_out_one()
        self.do("3.")
        self.everybody_logs_in("3")
        before = self.log_in("older")
        self.log_out_one()
        self.do("7.", leave_out=["SIMPLE_JWT"])
        self.everybody_stays_out("back")
        after = self.refresh("back: a log-in at the node goes on", before)
        self.check("back: its access token is good", self.use(after["access"]), 200)
        self.check("back: who signs", self.signed_by(self.log_in("test")["access"]), "Django HS256")
        self.everybody_logs_in("back")
        self.log_out_one()
        self.run("rm -r /var/lib/edgetoken/*\nsystemctl start edgetoken\n"
                 "until curl -sf http://127.0.0.1:8001/readyz; do sleep 0.1; done")
        self.do("3.")
        self.everybody_stays_out("in again")
        self.check("in again: who signs", self.signed_by(self.log_in("test")["access"]), "the node HS256")
        self.everybody_logs_in("in again")


class Shortcut(Way):
    """The short way: a key of the node's own from the start. With CHECK_REVOKE_TOKEN a renewed hash logs nobody out."""

    verifies = False
    revokes = True

    def go(self) -> None:
        self.do("1.", leave_out=["SIGNING_KEY_FILE"])
        self.do("2.")
        self.log_out_one()
        pair = self.log_in("older")
        for block in self.sections["4."].blocks:
            if block.path:
                self.put(block.path, block.text)
        self.do("3.", insert=("import-blacklist", self.sections["The"].blocks[0].text))
        self.everybody_stays_out("the short way")
        self.check("who signs", self.signed_by(self.log_in("test")["access"]), "the node ES256")
        pair = self.refresh("a refresh token of Django is good", pair)
        self.check("it is exchanged", self.signed_by(pair["access"]), "the node ES256")
        self.log_in("older")  # which renews the hash
        pair = self.refresh("the log-in of before goes on", pair)
        self.check("in Django's views too", self.use(pair["access"]), 200)
        self.everybody_logs_in("the short way")
        self.let_expire()
        gone = [k["state"] for k in self.ask("edgetoken keys list --all")["keys"] if k["origin"] == "SECRET_KEY"]
        self.check("the secret is gone by itself", gone, ["gone"])
        self.do("5.", leave_out=["keys retire"])
        self.secret_is_worthless()
