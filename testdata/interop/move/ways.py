"""The ways of docs/moving.md, and what has to be true after each step."""

import json

from visitors import PASSWORD
from way import Way

NEW_PASSWORD = "third horse 1"
NEW_PASSWORDS = {"pbkdf2_sha1": NEW_PASSWORD}
# Commands for step 3: the same files again.
AGAIN = """edgetoken customers import customers.json --json >customers.again
edgetoken token import-blacklist blacklist.json --json >blacklist.again
"""
# What an operator changes at the node: a password, and a customer with a group.
CHANGES = f"""
printf '{NEW_PASSWORD}' | edgetoken customers passwd pbkdf2_sha1@shop.example --password-stdin
edgetoken customers add --json - <<END
{{"id": 1000001, "email": "edge@shop.example", "password": "{PASSWORD}",
 "groups": {{"readers": ["customers.view_customer"]}}}}
END
"""
# How the run-book starts the node.
START = """systemctl start edgetoken
curl -sf --retry 60 --retry-delay 1 --retry-connrefused http://127.0.0.1:8001/readyz
"""
LOAD = """edgetoken customers export -o all.json
python manage.py migrate --run-syncdb -v 0
python manage.py loaddata -v 0 all.json
python manage.py shell -v 0 <authenticate.py
"""
# A script for `manage.py shell`.
AUTHENTICATE = f"""
from django.conf import settings
from django.contrib.auth import authenticate

settings.EDGETOKEN = []  # what a log-in renews here is no concern of the node
for name, password in (
    ("argon2", "{PASSWORD}"),
    ("pbkdf2_sha1", "{NEW_PASSWORD}"),
    ("pbkdf2_sha1", "{PASSWORD}"),
    ("gone", "{PASSWORD}"),
    ("edge", "{PASSWORD}"),
):
    customer = authenticate(username=name + "@shop.example", password=password)
    print(name, customer and customer.has_perm("customers.view_customer"))
"""
AUTHENTICATED = ["argon2 True", "pbkdf2_sha1 True", "pbkdf2_sha1 None", "gone None", "edge True"]


class Long(Way):
    """Steps 1 to 7: in with Django's key, then with one of the node's own, and back."""

    def go(self) -> None:
        self.check_signer("before", "Django HS256")
        self.do("1.")
        self.do("2.")
        here = self.ask("edgetoken customers list")["customers"]
        self.check("a dry run stores nobody", here, [])
        self.log_out_one()
        self.do("3.", insert=("rm customers.json", AGAIN))
        self.check_switch()
        self.do("4.")
        self.check_way_back("4.", "edge-1", "the node HS256", "the node ES256")
        self.check("4: Django's views take its key still", self.use(self.forged()), 200)
        self.let_expire()
        self.do("5.")
        self.check_secret_is_worthless()
        self.run(CHANGES)
        (self.shop / "authenticate.py").write_text(AUTHENTICATE)
        said = self.run(LOAD, SHOP_DATABASE=str(self.folder / "empty.sqlite3"))
        here = said.splitlines()[-len(AUTHENTICATED) :]
        self.check("an empty data base has what the node had", here, AUTHENTICATED)
        self.do("6.")
        self.check_way_back("6.", "shop", "the node ES256", "the node HS256")
        self.let_expire()
        self.log_out_one()
        self.do("7.")
        self.all_stay_out("7")
        self.check_signer("7", "Django HS256")
        self.all_log_in("7", NEW_PASSWORDS)
        self.check("7: an old password", self.try_log_in("pbkdf2_sha1", PASSWORD)[0], 401)
        self.log_in("edge")
        self.log_out_one()

    def check_switch(self) -> None:
        customers, tokens = (
            json.loads((self.shop / name).read_text())
            for name in ("customers.again", "blacklist.again")
        )
        self.check("3: a file again, customers", customers["unchanged"], customers["rows"])
        self.check("3: a file again, tokens", tokens["revoked"], 0)
        self.all_stay_out("3")
        self.check_signer("3", "the node HS256")
        self.all_log_in("3, by hashes of Django", {})
        self.all_log_in("3, by hashes of the node", {})
        customer = self.ask("edgetoken customers show older@shop.example")
        self.check("3: the hash", customer["password_kind"], "argon2id")
        self.check("3: groups", customer["groups"], ["editors"])
        self.check("3: permissions", customer["permissions"], ["customers.add_customer"])
        rights = [f"customers.{what}_customer" for what in ("add", "change", "view")]
        self.check("3: permissions of the groups too", customer["rights"], rights)
        self.log_out_one()

    def check_way_back(self, section: str, key: str, before: str, after: str) -> None:
        """The way back of a section after which another key signs, and forth again."""
        self.check_signer(section, after)
        self.run(self.sections[section].back())
        self.check_signer(section + " taken back", before)
        self.run("edgetoken keys activate " + key)


class Return(Way):
    """Back from step 3 at once, and in again."""

    def go(self) -> None:
        self.do("1.")
        self.do("2.")
        self.log_out_one()
        self.do("3.")
        self.all_log_in("3", {})
        self.log_out_one()
        pair = self.log_in("older")
        self.do("7.", leave_out=["SIMPLE_JWT"])
        pair = self.refresh("a log-in at the node goes on in Django", pair)
        self.check("its access token is good", self.use(pair["access"]), 200)
        self.all_stay_out("back")
        self.check_signer("back", "Django HS256")
        self.all_log_in("back", {})
        self.run("rm -r /var/lib/edgetoken/*\n" + START)
        self.log_out_one()
        self.do("3.")
        self.all_stay_out("in again")
        self.check_signer("in again", "the node HS256")
        self.all_log_in("in again", {})


class Short(Way):
    """The short way, with CHECK_REVOKE_TOKEN, by which a renewed hash must log nobody out."""

    verifies = False
    revokes = True

    def go(self) -> None:
        self.do("1.", leave_out=["SIGNING_KEY_FILE"])
        self.do("2.")
        self.log_out_one()
        pair = self.log_in("older")
        for path, text in self.sections["4."].blocks:
            if path:
                self.put(path, text)
        self.do("3.", insert=("import-blacklist", self.sections["The"].blocks[0].text))
        pair = self.refresh("a refresh token of Django is good", pair)
        self.log_in("older")  # which renews the hash
        pair = self.refresh("and its log-in goes on", pair)
        self.check("in Django's views too", self.use(pair["access"]), 200)
        self.all_stay_out("the short way")
        self.check_signer("the short way", "the node ES256")
        self.all_log_in("the short way", {})
        self.let_expire()
        keys = self.ask("edgetoken keys list --all")["keys"]
        states = [key["state"] for key in keys if key["origin"] == "SECRET_KEY"]
        self.check("the secret is gone by itself", states, ["gone"])
        self.do("5.", leave_out=["keys retire"])
        self.check_secret_is_worthless()
