"""Hand-made tokens: right ones, and ones that are wrong in every way that one claim, header or signature can be.

A token comes with its label (what is special about it) and its traits: what in it the node refuses on purpose though the reference takes
it, by the names of the rules in differ.py.
"""
import base64
import collections
import hashlib
import hmac
import json
import time
import uuid

Token = collections.namedtuple("Token", "text label traits")

HEADER = b'{"alg":"HS256","typ":"JWT"}'

ODD_ID = "id: a list or an object is never blacklisted"

HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}

# Every type of JSON, and what Python makes of odd ones, as JSON text.
VALUES = {
    "null": ["null"], "true": ["true"], "false": ["false"],
    "integer": ["0", "1", "-1", "2", "999", "-0", "2147483648"],
    "big integer": ["9223372036854775807", "9223372036854775808", "-9223372036854775809", "1" + "0" * 30, "1" * 400],
    "huge integer": ["1" * 4300, "1" * 4301],
    "float": ["1.0", "1.5", "-1.5", "1e2", "1E+2", "0.1e1", "1e18", "1e19", "1e300", "-0.0", "5e-324"],
    "infinite float": ["1e400", "-1e400"],
    "empty text": ['""'], "space": ['" "', '"\\t"', '"\\u3000"'],
    "number as text": ['"1"', '" 1 "', '"1_0"', '"01"', '"+1"', '"-1"', '"1.0"', '"1e2"', '"0x1"', '"\\u0661"', '"\uff11"', '"1\\n"', '"_1"'],
    "big number as text": ['"9223372036854775808"', '"' + "9" * 40 + '"', '"' + "1" * 4301 + '"'],
    "text": ['"x"', '"abc"', '"refresh"', '"access"', '"Access"', '"ana@example.com"', '"nobody@example.com"', '"True"', '"None"', '"null"',
             '"caf\u00e9"', '"\\ud83d\\ude00"', '"a\\u0000b"', '"\\u2028"', '"<&>"', '"' + "x" * 300 + '"'],
    "list": ["[]", "[1]", '["1"]', '["shop"]', '["shop","x"]', '["shop",1]', "[null]", "[[]]", "[ ]"],
    "object": ["{}", '{"a":1}', '{"shop":"x"}', "{ }"],
}

FOREIGN = [
    ("plan", '"gold"'), ("caf\u00e9", '"\u00fc"'), ("", "1"), ("a.b", "null"), ("https://example.com/x", '{"b":[1,2,{"c":null}],"a":1.50}'),
    ("big", "9223372036854775808"), ("float", "0.30000000000000004"), ("exponent", "1E2"), ("scope", '"a b"'), ("groups", '["x","y"]'),
    ("is_staff", "true"), ("\\u0061mount", "12.10"), ("esc", '"\\/\\b\\f\\u00e9\\ud83d\\ude00"'), ("email", '"x@example.com"'), ("azp", "[]"),
    ("sub", '"somebody"'), ("nested", "[" * 30 + "]" * 30),
]


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(part):
    """A part of a token as JSON, an object as the list of its members in their order. ValueError where it is none."""
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)), object_pairs_hook=list)


class Forge:
    def __init__(self, rnd, settings, emails):
        self.rnd, self.settings, self.emails = rnd, settings, emails
        self.key = settings["SIGNING_KEY"].encode()
        self.spent = []  # ids of tokens that were blacklisted on both sides

    def sign(self, header, claims, alg="HS256", key=None):
        signing = encode(header) + "." + encode(claims)
        return signing + "." + encode(hmac.new(key or self.key, signing.encode(), HASHES[alg]).digest())

    # ------------------------------------------------------------ claims

    def user_id(self):
        if self.settings["USER_ID_FIELD"] == "email":
            return json.dumps(self.rnd.choice(self.emails), ensure_ascii=self.rnd.random() < 0.5)
        return self.rnd.choice(["1", '"1"', "1", '"1"', "3", '"8"', "2", '"2"'])

    def base(self, kind):
        """The claims of a token that is as it should be: a list of (name, JSON text)."""
        s, now = self.settings, int(time.time())
        claims = [
            (s["TOKEN_TYPE_CLAIM"], json.dumps(kind)),
            ("exp", str(now + self.rnd.choice([60, 3600, 86400, 10 ** 8]))),
            ("iat", str(now - self.rnd.choice([60, 3600, 86400]))),
            (s["JTI_CLAIM"], json.dumps(uuid.UUID(int=self.rnd.getrandbits(128), version=4).hex)),
            (s["USER_ID_CLAIM"], self.user_id()),
        ]
        if kind == "sliding":
            claims.append((s["SLIDING_TOKEN_REFRESH_EXP_CLAIM"], str(now + self.rnd.choice([60, 3600, 10 ** 8]))))
        if s["AUDIENCE"] is not None:
            wanted = s["AUDIENCE"] if isinstance(s["AUDIENCE"], list) else [s["AUDIENCE"]]
            claims.append(("aud", json.dumps(self.rnd.choice([wanted, wanted[0], wanted[-1], wanted[:1] + ["x"]]))))
        if s["ISSUER"] is not None:
            claims.append(("iss", json.dumps(s["ISSUER"])))
        return claims

    def moment(self):
        """A time that is past or to come for sure, whatever leeway is given and however long the requests take."""
        edge = self.settings["LEEWAY"]
        offsets = [o for o in (-10 ** 9, -86400, -600, -100, -40, 40, 100, 600, 86400, 10 ** 8) if abs(abs(o) - edge) >= 30]
        at = int(time.time()) + self.rnd.choice(offsets)
        form = self.rnd.choice(["%d", "%d", "%d.0", "%d.75", '"%d"', '" %d "', "%de0"])
        return form % at

    def any_value(self):
        kind = self.rnd.choice(sorted(VALUES))
        return kind, self.rnd.choice(VALUES[kind])

    def mutate(self, claims):
        """Changes one thing about the claims; gives a label and traits."""
        s, rnd = self.settings, self.rnd
        names = ["exp", "iat", "nbf", "iss", "aud", "sub", "jti", s["JTI_CLAIM"], s["TOKEN_TYPE_CLAIM"], s["USER_ID_CLAIM"], s["REVOKE_TOKEN_CLAIM"],
                 s["SLIDING_TOKEN_REFRESH_EXP_CLAIM"]]
        how = rnd.choice(["value"] * 8 + ["time"] * 3 + ["user"] * 2 + ["missing"] * 3 + ["foreign"] * 2 +
                         ["order", "spent", "type", "duplicate", "case", "audience"])
        if how == "value":
            name = rnd.choice(names)
            kind, value = self.any_value()
            put(claims, name, value)
            if name == s["JTI_CLAIM"] and kind in ("list", "object"):
                return "%s is %s" % (name, kind), {ODD_ID}
            if name == "aud" and s["AUDIENCE"] is None:
                name = "aud, none wanted,"
            return "%s is %s" % (name, kind), set()
        if how == "time":
            name = rnd.choice(["exp", "iat", "nbf", s["SLIDING_TOKEN_REFRESH_EXP_CLAIM"]])
            put(claims, name, self.moment())
            return "%s near now" % name, set()
        if how == "user":
            kind, value = self.any_value()
            put(claims, s["USER_ID_CLAIM"], rnd.choice([value, json.dumps(rnd.choice(self.emails)), str(rnd.randrange(30)),
                                                        '"%d"' % rnd.randrange(30)]))
            return "customer", set()
        if how == "missing":
            name = rnd.choice(names)
            claims[:] = [c for c in claims if c[0] != name]
            return "no %s" % name, set()
        if how == "order":
            rnd.shuffle(claims)
            return "claims in another order", set()
        if how == "foreign":
            for name, value in rnd.sample(FOREIGN, rnd.randrange(1, 4)):
                if name not in [c[0] for c in claims]:
                    claims.insert(rnd.randrange(len(claims) + 1), (name, value))
            return "foreign claims", set()
        if how == "spent" and self.spent:
            put(claims, s["JTI_CLAIM"], rnd.choice(self.spent))
            return "spent id", set()
        if how == "type":
            put(claims, s["TOKEN_TYPE_CLAIM"], rnd.choice(['"access"', '"refresh"', '"sliding"', '"x"']))
            return "another type", set()
        if how == "duplicate":
            name, value = rnd.choice(claims)
            claims.insert(rnd.randrange(len(claims) + 1), (name, rnd.choice([value, self.any_value()[1]])))
            return "duplicate name", {"strict-json: duplicate name"}
        if how == "case":
            name = rnd.choice([n for n in names if n])
            claims.append((rnd.choice([name.upper(), name.title()]), self.any_value()[1]))
            return "name in another case", {"strict-json: name in another case"}
        if how == "audience":
            put(claims, "aud", rnd.choice(['"shop"', '"office"', '["shop"]', '["office","shop"]', '["x"]', '"SHOP"', '""', "[]", "null",
                                           '"shop "', '[""]']))
            return "audience", set()
        return "as it should be", set()

    # ------------------------------------------------------------ whole tokens

    def good(self, kind):
        return self.signed(self.base(kind))

    def signed(self, claims):
        return self.sign(HEADER, text_of(claims))

    def token(self, kind):
        claims = self.base(kind)
        label, traits = "as it should be", set()
        chance = self.rnd.random()
        if chance < 0.62:
            label, traits = self.mutate(claims)
        text, header = text_of(claims), HEADER
        if 0.62 <= chance < 0.70:
            label, text, traits = self.odd_text(text)
        if 0.70 <= chance < 0.78:
            label, header, traits = self.odd_header()
            alg = json_alg(header)
            return Token(self.sign(header, text, alg if alg in HASHES else "HS256"), label, traits)
        if 0.78 <= chance < 0.86:
            return self.damaged(header, text)
        return Token(self.sign(header, text), label, traits)

    def odd_text(self, text):
        """Claims whose JSON is odd as a whole."""
        end = text[:-1]
        return self.rnd.choice([
            ("white space in claims", b" " + text.replace(b",", b" ,\n\t").replace(b":", b" : ") + b"\r\n", set()),
            ("escaped name of a claim", text.replace(b'"exp"', b'"\\u0065xp"'), set()),
            ("NaN in claims", end + b',"n":NaN}', {"strict-json: NaN"}),
            ("Infinity as exp", end + b',"exp":Infinity}', {"strict-json: NaN", "strict-json: duplicate name"}),
            ("-Infinity in claims", end + b',"n":-Infinity}', {"strict-json: NaN"}),
            ("lone surrogate in claims", end + b',"n":"\\ud800"}', {"strict-json: lone surrogate"}),
            ("lone surrogate in a name", end + b',"\\udc00":1}', {"strict-json: lone surrogate"}),
            ("UTF-8 mark before claims", b"\xef\xbb\xbf" + text, {"strict-json: UTF-8 mark or UTF-16"}),
            ("claims in UTF-16", text.decode().encode("utf-16"), {"strict-json: UTF-8 mark or UTF-16"}),
            ("claims in UTF-16 without mark", text.decode().encode("utf-16-le"), {"strict-json: UTF-8 mark or UTF-16"}),
            ("claims in UTF-32", text.decode().encode("utf-32"), {"strict-json: UTF-8 mark or UTF-16"}),
            ("claims not UTF-8", end + b',"n":"\xff"}', set()),
            ("surrogate as UTF-8", end + b',"n":"\xed\xa0\x80"}', {"strict-json: lone surrogate"}),
            ("control character in claims", end + b',"n":"\n"}', set()),
            ("trailing comma in claims", end + b",}", set()),
            ("trailing text after claims", text + b"x", set()),
            ("claims are a list", b"[" + text + b"]", set()),
            ("claims are a text", b'"x"', set()),
            ("claims are null", b"null", set()),
            ("claims are empty", b"", set()),
            ("claims are {}", b"{}", set()),
            ("claims are cut off", text[:-self.rnd.randrange(1, 20)], set()),
            ("leading zero in claims", end + b',"n":01}', set()),
            ("bad escape in claims", end + b',"n":"\\x"}', set()),
            ("deep claims", end + b',"n":' + b"[" * 200 + b"]" * 200 + b"}", {"limit: depth of claims"}),
            ("very deep claims", end + b',"n":' + b"[" * 20000 + b"]" * 20000 + b"}", {"limit: depth of claims"}),
            ("many claims", end + b"".join(b',"n%d":1' % i for i in range(1100)) + b"}", {"limit: number of claims"}),
            ("long claims", end + b',"n":"' + b"x" * 40000 + b'"}', set()),
            ("longest claims", end + b',"n":"' + b"x" * 70000 + b'"}', {"limit: length of a token"}),
        ])

    def odd_header(self):
        return self.rnd.choice([
            ("header: other order", b'{"typ":"JWT","alg":"HS256"}', set()),
            ("header: no typ", b'{"alg":"HS256"}', set()),
            ("header: typ at+jwt", b'{"alg":"HS256","typ":"at+jwt"}', set()),
            ("header: typ a number", b'{"alg":"HS256","typ":1}', set()),
            ("header: typ null", b'{"alg":"HS256","typ":null}', set()),
            ("header: kid", b'{"alg":"HS256","kid":"some"}', set()),
            ("header: kid empty", b'{"alg":"HS256","kid":""}', set()),
            ("header: kid a number", b'{"alg":"HS256","kid":1}', set()),
            ("header: kid null", b'{"alg":"HS256","kid":null}', set()),
            ("header: foreign members", b'{"alg":"HS256","jku":"https://evil.example/","x5u":1,"jwk":{},"z":[]}', set()),
            ("header: no alg", b'{"typ":"JWT"}', set()),
            ("header: alg none", b'{"alg":"none"}', set()),
            ("header: alg lower-case", b'{"alg":"hs256"}', set()),
            ("header: alg HS512", b'{"alg":"HS512"}', set()),
            ("header: alg HS384", b'{"alg":"HS384"}', set()),
            ("header: alg RS256", b'{"alg":"RS256"}', set()),
            ("header: alg a number", b'{"alg":1}', set()),
            ("header: alg null", b'{"alg":null}', set()),
            ("header: alg a list", b'{"alg":["HS256"]}', set()),
            ("header: alg escaped", b'{"al\\u0067":"HS\\u003256"}', set()),
            ("header: crit", b'{"alg":"HS256","crit":["exp"],"exp":1}', set()),
            ("header: crit names nothing", b'{"alg":"HS256","crit":[]}', set()),
            ("header: crit null", b'{"alg":"HS256","crit":null}', set()),
            ("header: crit b64", b'{"alg":"HS256","b64":true,"crit":["b64"]}', {"strict-header: crit is refused whatever it names"}),
            ("header: crit b64 that is not there", b'{"alg":"HS256","crit":["b64"]}', set()),
            ("header: b64 true", b'{"alg":"HS256","b64":true}', set()),
            ("header: b64 false", b'{"alg":"HS256","b64":false}', set()),
            ("header: b64 null", b'{"alg":"HS256","b64":null}', {"strict-header: b64 is true or not there"}),
            ("header: b64 a number", b'{"alg":"HS256","b64":0}', {"strict-header: b64 is true or not there"}),
            ("header: duplicate alg", b'{"alg":"none","alg":"HS256"}', {"strict-json: duplicate name"}),
            ("header: duplicate typ", b'{"alg":"HS256","typ":1,"typ":2}', {"strict-json: duplicate name"}),
            ("header: NaN", b'{"alg":"HS256","x":NaN}', {"strict-json: NaN"}),
            ("header: lone surrogate", b'{"alg":"HS256","x":"\\ud800"}', {"strict-json: lone surrogate"}),
            ("header: UTF-8 mark", b'\xef\xbb\xbf{"alg":"HS256"}', {"strict-json: UTF-8 mark or UTF-16"}),
            ("header: UTF-16", '{"alg":"HS256"}'.encode("utf-16-le"), {"strict-json: UTF-8 mark or UTF-16"}),
            ("header: white space", b' { "alg" : "HS256" } \n', set()),
            ("header: ALG too", b'{"alg":"HS256","ALG":"none"}', set()),
            ("header: a list", b"[]", set()),
            ("header: null", b"null", set()),
            ("header: a text", b'"alg"', set()),
            ("header: empty", b"", set()),
            ("header: {}", b"{}", set()),
            ("header: cut off", b'{"alg":"HS256"', set()),
            ("header: trailing text", b'{"alg":"HS256"}x', set()),
            ("header: not UTF-8", b'{"alg":"HS256","x":"\xff"}', set()),
        ])

    def damaged(self, header, text):
        """A token whose parts or signature are damaged."""
        good, rnd, lenient = self.sign(header, text), self.rnd, {"strict-base64"}
        h, c, s = good.split(".")
        at = rnd.randrange(len(good))
        return rnd.choice([
            Token(self.sign(header, text, key=b"another key"), "signed with another key", set()),
            Token(self.sign(header, text, "HS512"), "signed with another hash", set()),
            Token(h + "." + c + ".", "no signature", set()),
            Token(h + "." + c, "two parts", set()),
            Token(good + "." + s, "four parts", set()),
            Token(h + ".." + s, "no claims", set()),
            Token("." + c + "." + s, "no header", set()),
            Token(good[:at] + rnd.choice("AZaz09-_.") + good[at + 1:], "one character changed", lenient),
            Token(good[:at] + good[at + 1:], "one character lost", lenient),
            Token(good[:at] + rnd.choice("!@#$%/+= \n\u00e9,;") + good[at:], "a character that is none of base64url", lenient),
            Token(good + "=", "padding", lenient),
            Token(good + "==", "more padding", lenient),
            Token(h + "==." + c + "==." + s + "==", "padding everywhere", lenient),
            Token(h + "." + c + "." + s[:-1] + chr(ord(s[-1]) + 1), "unused bits of the signature", lenient),
            Token(h + "." + c + "." + s + "A", "signature longer", lenient),
            Token(h + "." + c + "." + s[:-4], "signature shorter", set()),
            Token(good.upper(), "upper case", lenient),
            Token(" " + good + " ", "white space around", set()),
            Token(good.replace(".", " . "), "white space within", lenient),
            Token("x", "no token", set()), Token("..", "only dots", set()), Token("a.b.c", "three letters", set()),
            Token("\u00e9.\u00e9.\u00e9", "letters beyond ASCII", set()),
        ])


def text_of(claims):
    return ("{" + ",".join('"%s":%s' % c for c in claims) + "}").encode()


def put(claims, name, value):
    """Sets a claim in its place, or at the end."""
    for i, c in enumerate(claims):
        if c[0] == name:
            claims[i] = (name, value)
            return
    if name:
        claims.append((name, value))


def json_alg(header):
    """The algorithm that a header names, or None."""
    try:
        alg = json.loads(header)["alg"]
    except (ValueError, TypeError, KeyError, IndexError):
        return None
    return alg if isinstance(alg, str) else None
