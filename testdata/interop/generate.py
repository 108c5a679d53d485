"""Generated requests: log-ins, tokens in every endpoint, bodies of all kinds, odd headers, methods, paths and hosts.

Everything comes from one seeded random source. A request may hold MARK: there each side gets the token that it issued itself (the two of a
pair), or both get the same one.
"""
import json

import bodies
from browser import Visits
from case import MARK, Case
from forge import Forge, decoded, put

BROWSING = 0.2  # of flows, which have some three requests each
LINE = 8000  # gunicorn takes header lines of 8190 bytes

# path, field and type of token
VIEWS = [
    ("/auth/token/refresh/", "refresh", "refresh"), ("/auth/token/verify/", "token", "access"), ("/auth/token/blacklist/", "refresh", "refresh"),
    ("/auth/token/sliding/refresh/", "token", "sliding"),
]

# The member of an answer that has a token of a type.
MEMBERS = {"access": "access", "refresh": "refresh", "sliding": "token"}

# The views of customers beside /customers/me/, one for each rule.
RULED = ["/customers/", "/customers/open/", "/customers/readonly/", "/customers/managed/", "/customers/directory/"]

METHODS = ["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "FOO", "PROPFIND"]
ODD_METHODS = ["get", "Post", "delete", "options", "GET2", "G-ET", "X" * 19, "X" * 30, "CONNECT", "PRI", "M-SEARCH", "TRACK", "DEBUG", "get!"]
PATHS = [
    "/", "/auth/", "/auth/token", "/auth/token/refresh", "/auth/token/verify?a=b&c=%20d", "/customers/me", "/customers/me?x=%C3%A9&y=[]",
    "/nothing", "/nothing/", "/auth/token/x/", "/AUTH/token/", "//auth/token/", "/auth//token/", "/auth/token//", "/auth/token/%20",
    "/auth/tok%65n/", "/auth/token/?", "/auth/token/;x", "/auth/./token/", "/auth/../auth/token/", "/auth/token%2F", "/%FF/", "/auth/token?%E9",
    "/customers/me%3F", "/auth/token/?format=json", "/auth/token/?format=api", "/auth/token/?format=xml", "/auth/token/?format=",
    "/customers/me/?format=json&format=api", "/customers/me/?next=http://evil.example/", "/customers", "/customers/open", "/customers/managed?x=1",
    "/customers/1/", "/customers/open/x/", "/customers//open/", "/Customers/open/", "/customers/open/?format=html", "/customers/?format=json",
    "/customers/?page=2", "/customers/?format=API", "/auth/login", "/auth/logout?next=/x", "/auth", "/accounts/profile", "/accounts/", "/admin/",
    "/favicon.ico", "/robots.txt", "/static/", "/customers/open/?format=j%73on", "/customers/open/?%66ormat=xml", "/customers/open/?format=json%00",
    "/customers/open/?format=%FF", "/customers/open/?format", "/customers/open/?a=b;format=xml",
]

# Headers that a framework may heed, and this one does not.
IGNORED = [
    ("X-HTTP-Method-Override", "DELETE"), ("X-Forwarded-Host", "evil.example"), ("X-Original-URL", "/customers/"), ("X-Rewrite-URL", "/customers/"),
    ("Range", "bytes=0-3"), ("If-None-Match", "*"), ("If-Modified-Since", "Tue, 01 Jan 2030 00:00:00 GMT"), ("If-Match", "x"),
    ("Accept-Language", "de"), ("Accept-Encoding", "gzip, br"), ("Accept-Charset", "utf-16"), ("X-Requested-With", "XMLHttpRequest"),
    ("Origin", "https://evil.example"), ("Origin", "null"), ("Referer", "https://evil.example/"), ("Sec-Fetch-Site", "cross-site"),
    ("Content-Encoding", "gzip"), ("Content-Language", "x"), ("X-CSRFToken", "x"), ("Cache-Control", "no-cache"), ("DNT", "1"),
    ("Access-Control-Request-Method", "POST"), ("User-Agent", ""), ("From", "\u00e9"), ("Via", "1.1 x"), ("Forwarded", "host=evil.example"),
]
ACCEPTS = [
    "", "*", "*/*", "*/json", "nonsense", "application/json", "APPLICATION/JSON", "application/*", "text/html", "text/*", "application/xml",
    "application/xml, */*", "text/html, application/json;q=0.9", "application/json, text/html", "text/html;q=0.1, */*;q=0.9",
    "application/json;q=0", "application/json;version=1", "application/json; indent=4", "application/json; indent=0", "application/json; indent=99",
    "application/json; indent=x", "application/json;indent=-1", "application/json ; indent = 2", 'application/json; indent="2"',
    "application/json; Indent=2", ",,application/json",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "\u00e9/\u00e9, */*", "x" * 300,
    ", ".join(["a/b"] * 70 + ["application/json"]),
]
HOSTS = ["localhost", "localhost:9999", "LOCALHOST", "localhost.", "127.0.0.1", "[::1]", "[::1]:80", "evil.example", "127.0.0.2",
         "localhost.evil.example", "x.localhost", "localhost:", "localhost:x", "127.0.0.1:99999", "a_b", "evil.example@localhost", ""]


class Pair:
    """Two tokens that both sides issued in answer to one request. sent_as is the one way in which they may be sent, None if in any: once some
    were blacklisted, only these stand equal on both sides."""

    def __init__(self, reference, node, sent_as):
        self.tokens = {"own": (reference, node), "reference's": (reference, reference), "node's": (node, node)}
        self.sent_as = sent_as


class Generator:
    """cases() gives requests without end, and is sent the answers to each. document is what both sides were started with."""

    def __init__(self, rnd, document):
        settings, customers = document["settings"], document["customers"]
        self.rnd, self.settings = rnd, settings
        self.customers = [c for c in customers if c["password"]]
        self.forge = Forge(rnd, settings, [c["email"] for c in customers] + ["nobody@example.com", "ANA@example.com"])
        self.pairs, self.uneven = {kind: [] for kind in MEMBERS}, set()
        self.bearers = settings["AUTH_TOKEN_CLASSES"]
        self.token_header = settings["AUTH_HEADER_NAME"][len("HTTP_"):].replace("_", "-").title()
        self.ids = [c["email"] if settings["USER_ID_FIELD"] == "email" else c["id"] for c in customers]
        self.visits = Visits(rnd, customers, document.get("browser", {}), document.get("behind_proxy", False),
        lambda: self.bearer_of(rnd.choice(self.ids)), self.ruled)

    def cases(self):
        """Requests one by one. The two answers to each are sent back, or None where they differ."""
        while True:
            if self.rnd.random() < BROWSING:
                yield from self.visits.flow()
                continue
            case = self.case()
            answers = yield case
            if answers is None:
                self.forget(case)
            else:
                self.learn(case, [parsed(a) for a in answers])

    def case(self):
        make = self.rnd.choice([self.login] * 4 + [self.token_view] * 12 + [self.own_token] * 5 + [self.me] * 6 + [self.rule] * 3 + [self.echo] * 5 +
                               [self.authorization] * 3 + [self.odd_request] * 3)
        return make()

    # ------------------------------------------------------------ what the answers teach

    def learn(self, case, answers):
        """Keeps what equal answers gave: tokens that both sides issued, and the id of a token that both have blacklisted."""
        # Each side hashes passwords for itself, so that the revoke claim is good on one side only.
        sent_as = "own" if self.settings["CHECK_REVOKE_TOKEN"] else None
        for kind, member in MEMBERS.items():
            if case.path.startswith("/auth/") and all(isinstance(a, dict) and isinstance(a.get(member), str) for a in answers):
                self.pairs[kind] = self.pairs[kind][-20:] + [Pair(answers[0][member], answers[1][member], sent_as)]
        if case.id is not None and answers == [{}, {}] and "Infinity" not in case.id:
            self.forge.spent.append(case.id)

    def forget(self, case):
        """Sends the tokens of a case no more, nor others with their id: only one side may have blacklisted them."""
        if case.id is not None:
            self.uneven.add(case.id)
        for pairs in self.pairs.values():
            if case.pair in pairs:
                pairs.remove(case.pair)

    # ------------------------------------------------------------ log-in

    def login(self):
        customer, rnd = self.rnd.choice(self.customers), self.rnd
        fields = [("email", customer["email"]), ("password", customer["password"])]
        label = "good"
        if rnd.random() < 0.55:
            i = rnd.randrange(2)
            name, value = fields[i]
            label, value = rnd.choice([
                ("another value", "wrong"), ("white space around", "  " + value + "\t"), ("other case", value.swapcase()), ("empty", ""),
                ("blank", " \n"), ("null", None), ("true", True), ("list", [value]), ("object", {"a": value}), ("integer", 42), ("float", 1.5),
                ("float 1000.0", 1000.0), ("big integer", 10 ** 30), ("null character", value + "\0"), ("null character alone", "\0"),
                ("lone surrogate", value + "\ud800"), ("long", "x" * rnd.choice([255, 1000, 5000])), ("zero width space", "\u200b" + value),
                ("odd spaces", "\u3000\u00a0\x1c\x85" + value + "\u2003"), ("decomposed", value + "e\u0301"), ("missing", KeyError),
            ])
            label = "%s: %s" % (name, label)
            fields[i] = (name, value)
            fields = [f for f in fields if f[1] is not KeyError]
        if rnd.random() < 0.1:
            fields.append(rnd.choice([("extra", "x"), ("username", "ana@example.com"), ("", "")]))
        rnd.shuffle(fields)
        return self.post(rnd.choice(["/auth/token/", "/auth/token/", "/auth/token/sliding/"]), fields, "log-in, " + label)

    # ------------------------------------------------------------ tokens in bodies

    def post(self, path, fields, label, traits=(), odd=2):
        """A POST of fields in any of the three encodings; seldom (odd in 20) with an odd type or a body that is broken."""
        rnd = self.rnd
        how = rnd.choice(["json"] * 13 + ["form"] * 3 + ["multipart"] * 2 + ["odd"] * odd)
        if how == "odd":
            odd, ctype, body = rnd.choice([bodies.odd_type, bodies.broken_json])(rnd, bodies.json_object(rnd, fields))
            label += ", " + odd
            traits = set(traits) | {"strict-base64"}  # a token in it may have got what is no base64
        elif how == "json" or any(isinstance(v, str) and "\ud800" in v for _, v in fields):
            ctype, body = bodies.JSON, bodies.json_object(rnd, fields)
        else:
            ctype, body = (bodies.FORM, bodies.form(fields)) if how == "form" else (bodies.MULTIPART, bodies.multipart(fields))
            label += ", " + how
        return Case(label, "POST", path, [("Content-Type", ctype)] if ctype is not None else [], body, traits)

    def token_view(self):
        """A hand-made token, or what is no text, to refresh, verify or blacklist."""
        path, field, kind = self.rnd.choice(VIEWS)
        if self.rnd.random() < 0.08:
            value = self.rnd.choice([None, "", " ", 1, True, [], {}, 1.5, ["x"], "\0", "x\ud800", "x" * 70000])
            return self.post(path, [(field, value)], "field is " + type(value).__name__)
        if self.rnd.random() < 0.1:
            kind = self.rnd.choice(["access", "refresh", "sliding"])
        return self.post_token(path, field, kind)

    def post_token(self, path, field, kind):
        token = self.forge.token(kind)
        while id_of(token.text, self.settings["JTI_CLAIM"]) in self.uneven:
            token = self.forge.token(kind)
        case = self.post(path, [(field, token.text)], "token, " + token.label, token.traits)
        if "blacklist" in path:
            case.id = id_of(token.text, self.settings["JTI_CLAIM"])
        return case

    def own_token(self):
        """A token that the sides issued, each its own or both the same, to any view."""
        kind = self.rnd.choice(sorted(self.pairs))
        if not self.pairs[kind]:
            return self.login()
        pair = self.rnd.choice(self.pairs[kind])
        whose = pair.sent_as or self.rnd.choice(["own", "reference's", "node's"])
        tokens = pair.tokens[whose]
        label = "%s %s token" % (whose, kind)
        # A number beyond a double, which the reference has copied.
        traits = {"strict-json: NaN"} if "Infinity" in json.dumps(decoded(tokens[0].split(".")[1])) else ()
        if self.rnd.random() < 0.35 and max(map(len, tokens)) < LINE:
            method, path = self.ruled() if self.rnd.random() < 0.5 else ("GET", "/customers/me/")
            return Case(label, method, path, [self.bearer(MARK)], b"" if method == "POST" else None, traits, tokens)
        path, field, _ = self.rnd.choice(VIEWS)
        if "blacklist" in path:
            pair.sent_as = whose
        # Tokens of different lengths would make the places different that errors name.
        case = self.post(path, [(field, MARK)], label, traits, odd=0 if whose == "own" else 2)
        case.tokens, case.pair = tokens, pair
        return case

    # ------------------------------------------------------------ /customers/me/

    def bearer(self, token):
        return self.token_header, "%s %s" % (self.rnd.choice(self.settings["AUTH_HEADER_TYPES"]), token)

    def header_token(self):
        """A hand-made token that can stand in a header; others are for bodies."""
        while True:
            token = self.forge.token(self.rnd.choice(self.bearers if self.rnd.random() < 0.9 else sorted(MEMBERS)))
            if len(token.text) < LINE and token.text.strip() == token.text and "\n" not in token.text:
                return token

    def me(self):
        token = self.header_token()
        method = self.rnd.choice(["GET"] * 12 + ["HEAD", "OPTIONS", "PUT", "DELETE"])
        return Case("token, " + token.label, method, "/customers/me/", [self.bearer(token.text)], traits=token.traits)

    def ruled(self):
        """A method and a view whose rule judges it."""
        return self.rnd.choice(METHODS + ["GET", "POST", "POST"] + ODD_METHODS * (self.rnd.random() < 0.05)), self.rnd.choice(RULED)

    def bearer_of(self, who):
        """The header with a good token of a customer, given by what tokens name him by."""
        claims = self.forge.base(self.rnd.choice(self.bearers))
        put(claims, self.settings["USER_ID_CLAIM"], json.dumps(who))
        return self.bearer(self.forge.signed(claims))

    def rule(self):
        """A view with a rule, asked by nobody, with the good token of any customer, or with one that is odd."""
        rnd = self.rnd
        method, path = self.ruled()
        label, headers, traits, body = "nobody", [], (), b"" if method == "POST" else None
        chance = rnd.random()
        if chance < 0.6:
            who = rnd.choice(self.ids)
            label, headers = "customer %s" % who, [self.bearer_of(who)]
        elif chance < 0.8:
            token = self.header_token()
            label, headers, traits = token.label, [self.bearer(token.text)], token.traits
        if rnd.random() < 0.15:
            label, headers = label + ", format", headers
            path += "?format=" + rnd.choice(["json", "api", "xml", "", "JSON", "json&format=api"])
        if rnd.random() < 0.15:
            accept = rnd.choice(ACCEPTS)
            label, headers = label + ", Accept " + accept[:40], headers + [("Accept", accept)]
        if rnd.random() < 0.1:
            more = rnd.choice(IGNORED)
            label, headers = label + ", " + more[0], headers + [more]
        if rnd.random() < 0.2 and method not in ("GET", "HEAD"):
            kind, ctype, body = bodies.any_body(rnd)
            label += ", " + kind
            headers = headers + ([("Content-Type", ctype)] if ctype is not None else [])
        if rnd.random() < 0.05:
            path = path.replace("/?", "?") if "?" in path else path[:-1]
        return Case("rule, %s, %s" % (method, label), method, path, headers, body, traits)

    def echo(self):
        label, ctype, body = bodies.any_body(self.rnd)
        headers = [self.bearer(self.forge.good(self.rnd.choice(self.bearers)))] + ([("Content-Type", ctype)] if ctype is not None else [])
        return Case("echo, " + label, "POST", "/customers/me/", headers, body)

    def authorization(self):
        """Forms of the Authorization header."""
        token, rnd = self.forge.good(self.rnd.choice(self.bearers)), self.rnd
        scheme = rnd.choice(self.settings["AUTH_HEADER_TYPES"])
        good = "%s %s" % (scheme, token)
        label, value = rnd.choice([
            ("two spaces", "%s  %s" % (scheme, token)), ("tab", "%s\t%s" % (scheme, token)),
            ("no-break space", "%s\u00a0%s" % (scheme, token)), ("space before", "   " + good), ("spaces after", good + "   "),
            ("lower case", "%s %s" % (scheme.lower(), token)), ("upper case", "%s %s" % (scheme.upper(), token)),
            ("three parts", good + " x"), ("scheme alone", scheme), ("scheme and space", scheme + " "), ("empty", ""),
            ("token alone", token), ("Basic", "Basic YTpi"), ("Token", "Token " + token), ("JWT", "JWT " + token), ("comma", good + ","),
            ("quotes", '%s "%s"' % (scheme, token)), ("colon", "%s: %s" % (scheme, token)), ("equals", "%s=%s" % (scheme, token)),
            ("Latin-1", good + "\u00e9"), ("beyond Latin-1", "%s \U0001f511" % scheme), ("twice the scheme", "%s %s" % (scheme, good)),
            ("nonsense", scheme + " nonsense"), ("null text", scheme + " null"), ("two dots", scheme + " .."),
        ])
        headers = [(self.token_header, value)]
        if rnd.random() < 0.1:
            label, headers = "sent twice", [(self.token_header, good), (self.token_header, rnd.choice([value, "Basic YTpi"]))]
        if rnd.random() < 0.2:
            name = rnd.choice(["X-Authorization", "Proxy-Authorization", "X-Access-Token", "Cookie"])
            label, headers = name, [(name, rnd.choice([good, "sessionid=x; csrftoken=y", "sessionid=" + "x" * 32]))]
        method, path = rnd.choice([("GET", "/customers/me/")] * 6 +
                                  [("POST", "/customers/me/"), ("HEAD", "/customers/me/"), ("POST", "/auth/token/verify/")])
        traits = {"strict-base64"} if label in ("comma", "quotes", "Latin-1") else ()
        return Case("header, " + label, method, path, headers, b"" if method == "POST" else None, traits)

    # ------------------------------------------------------------ methods, paths, Accept, Host

    def odd_request(self):
        rnd = self.rnd
        headers = [self.bearer(self.forge.good(self.rnd.choice(self.bearers)))] if rnd.random() < 0.5 else []
        how = rnd.choice(["method", "path", "accept", "accept", "host"])
        if how == "method":
            return Case("method", rnd.choice(METHODS), rnd.choice([v[0] for v in VIEWS] + ["/auth/token/", "/auth/token/sliding/", "/customers/me/", "/nothing/"]), headers)
        if how == "path":
            path = rnd.choice(PATHS)
            return Case("path " + path, rnd.choice(["GET", "POST"] * 3 + METHODS), path, headers + [("Content-Type", bodies.JSON)], b"{}")
        if how == "host":
            case = Case("host", "GET", rnd.choice(["/customers/me/", "/auth/token/", "/auth/token", "/nothing/"]), headers)
            case.host = rnd.choice(HOSTS)
            case.label += " " + case.host
            return case
        accept = rnd.choice(ACCEPTS)
        case = self.post_token(*rnd.choice(VIEWS)) if rnd.random() < 0.6 else Case("", "GET", "/customers/me/", headers)
        case.label = "Accept " + accept[:60]
        case.headers.append(("Accept", accept))
        return case


def parsed(answer):
    """The JSON of an answer; None where it has none."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def id_of(token, claim):
    """The id of a token as JSON text, or None."""
    try:
        return json.dumps(dict(decoded(token.split(".")[1]))[claim])
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return None
