"""Requests as browsers send them: cookies, CSRF tokens, where they come from, forms.

Whatever a side gave out itself is held as a pair (of the reference, of the node). How it is sent, or changed, is drawn once and is the same for
both; what builds a request is a function of the side.
"""
import collections
import json
import urllib.parse

import bodies
import shapes
from case import Case

LOGIN, LOGOUT = "/auth/login/", "/auth/logout/"

Session = collections.namedtuple("Session", "cookie csrf email")


class Jar:
    """What a browser holds, as pairs or None: the CSRF cookie, a token out of a form, the session cookie."""

    def __init__(self, csrf=None, token=None, session=None):
        self.csrf, self.token, self.session = csrf, token, session


def same(text):
    return text


class Sender:
    """browser are the settings of what browsers are served; secure: over TLS. bearer() is a header with the good token of some customer."""

    def __init__(self, rnd, customers, browser, secure, bearer):
        self.rnd, self.secure, self.bearer = rnd, secure, bearer
        self.customers = [c for c in customers if c["password"]]
        self.session_name, self.csrf_name = browser.get("SESSION_COOKIE_NAME", "sessionid"), browser.get("CSRF_COOKIE_NAME", "csrftoken")
        self.host = shapes.HOSTS[0]

    def filled(self, text):
        """A text with the host of the request in the place of HOST and NAME."""
        name = self.host if self.host.endswith("]") else self.host.rpartition(":")[0] or self.host
        return text.replace("HOST", self.host).replace("NAME", name)

    def query(self):
        """A query with `next`, percent-encoded in one way or another."""
        rnd, value = self.rnd, self.filled(self.rnd.choice(shapes.NEXTS))
        if len(urllib.parse.quote(value)) > 3000:  # gunicorn takes lines of 4094 bytes
            value = "/"
        text = "next=" + (urllib.parse.quote(value, safe=rnd.choice(["", "/:?=@"])) if rnd.random() < 0.9 else urllib.parse.quote_plus(value))
        if rnd.random() < 0.15:
            odd = rnd.choice(shapes.QUERIES)
            text = odd % text if "%s" in odd else odd.replace("%%", "%")
        return text

    def credentials(self, customer):
        """What is written into the fields."""
        rnd = self.rnd
        fields = [("username", customer["email"]), ("password", customer["password"])]
        label = "good"
        if rnd.random() < 0.5:
            i = rnd.choice([0, 0, 1])
            name, value = fields[i]
            label, value = shapes.written(rnd, value)
            label = "%s: %s" % (name, label)
            fields[i] = (name, value)
            fields = [f for f in fields if f[1] is not None]
        if rnd.random() < 0.1:
            fields.insert(rnd.randrange(len(fields) + 1), rnd.choice(shapes.MORE_FIELDS))
            label += ", one more field"
        if rnd.random() < 0.45:
            fields.append(("next", self.filled(rnd.choice(shapes.NEXTS))))
            label += ", next"
        return label, fields

    def origin(self):
        """Headers that say where the request comes from."""
        rnd, headers = self.rnd, []
        if rnd.random() < 0.2:
            headers += [("Origin", self.filled(rnd.choice(shapes.ORIGINS)))] * (2 if rnd.random() < 0.05 else 1)
        if self.secure and rnd.random() < 0.6:
            headers.append(("Referer", "https://" + self.host + LOGIN))
        elif rnd.random() < (0.6 if self.secure else 0.1):
            headers += [("Referer", self.filled(rnd.choice(shapes.REFERERS)))] * (2 if rnd.random() < 0.05 else 1)
        return headers

    def change(self, chance, ways=shapes.CHANGES):
        """A way to change a text, mostly none."""
        return self.rnd.choice(ways) if self.rnd.random() < chance else ("", same)

    def cookies(self, jar, odd):
        """How the cookies of a jar are sent: a label, and a function that gives the headers for a side. odd is the chance of each oddity."""
        rnd, parts, label = self.rnd, [], []
        for name, pair, ways in ((self.csrf_name, jar.csrf, shapes.CHANGES), (self.session_name, jar.session, shapes.SESSION_CHANGES)):
            if pair is None:
                continue
            how, change = self.change(odd, ways)
            parts.append((name, pair, change))
            if how:
                label.append("%s %s" % (name, how))
            if rnd.random() < odd / 3:
                how, change = self.change(1, ways)
                parts.insert(rnd.randrange(len(parts) + 1), (name, pair, change))
                label.append("%s twice, %s" % (name, how))
        plain = rnd.sample(shapes.NOISE, rnd.randrange(1, 4)) if rnd.random() < odd else []
        between = rnd.choice(["; "] * 3 + [";", " ;  ", ";;", "; ; "]) if rnd.random() < odd else "; "
        order = list(range(len(parts) + len(plain)))
        if odd:
            rnd.shuffle(order)
        lines = 2 if rnd.random() < odd / 4 else 1
        label += ["noise %r" % p for p in plain] + ["in two headers"] * (lines - 1)

        def headers(side):
            texts = ["%s=%s" % (name, change(pair[side])) for name, pair, change in parts] + plain
            texts = [texts[i] for i in order]
            if not texts:
                return []
            if lines == 2:
                return [("Cookie", between.join(texts[:1])), ("Cookie", between.join(texts[1:]))]
            return [("Cookie", between.join(texts))]
        return ", ".join(label), headers

    def case(self, label, method, path, build):
        case = Case(label, method, path, build=build)
        case.host = self.host
        return case

    def request(self, label, method, path, jar, odd=None):
        """A request without a body."""
        rnd = self.rnd
        how, cookies = self.cookies(jar, (0.3 if rnd.random() < 0.15 else 0) if odd is None else odd)
        more = self.origin() if rnd.random() < 0.3 else []
        if rnd.random() < 0.1:
            more.append(("Accept", rnd.choice(["text/html", "*/*", "application/json", "text/html,application/xhtml+xml,*/*;q=0.8"])))
        if odd and rnd.random() < 0.3:
            token = rnd.choice(["", "x", jar.token and jar.token[0]])
            more.append(("X-CSRFToken", token or "A" * 64))
        body = b"" if method == "POST" else None
        return self.case(label + (", " + how if how else ""), method, path, lambda side: (cookies(side) + more, body))

    def proof(self, jar):
        """How the token is sent: a label, and functions that give fields and headers for a side."""
        rnd = self.rnd
        pair = jar.token or jar.csrf or ("B" * 64,) * 2
        how = rnd.choice(["field"] * 12 + ["header"] * 3 + ["none"] * 2 + [
            "the cookie's value as field", "the cookie's value as header", "empty field and header", "wrong field, right header",
            "right field, wrong header", "field twice", "spaces around field"])
        changed, change = self.change(0.15)
        cookie = jar.csrf or pair
        field = lambda value: [("csrfmiddlewaretoken", value)]  # noqa: E731
        header = lambda value: [("X-CSRFToken", value)]  # noqa: E731
        fields, headers = {
            "field": (lambda s: field(change(pair[s])), None),
            "header": (None, lambda s: header(change(pair[s]))),
            "the cookie's value as field": (lambda s: field(change(cookie[s])), None),
            "the cookie's value as header": (None, lambda s: header(change(cookie[s]))),
            "none": (None, None),
            "empty field and header": (lambda s: field(""), lambda s: header(change(pair[s]))),
            "wrong field, right header": (lambda s: field("x"), lambda s: header(pair[s])),
            "right field, wrong header": (lambda s: field(change(pair[s])), lambda s: header("x")),
            "field twice": (lambda s: field("x") + field(change(pair[s])), None),
            "spaces around field": (lambda s: field(" " + pair[s] + " "), None),
        }[how]
        nothing = lambda s: []  # noqa: E731
        return "token " + how + (", " + changed if changed else ""), fields or nothing, headers or nothing

    def post(self, label, path, jar, fields, method="POST"):
        """A form that is sent, with the token in one way or another."""
        rnd = self.rnd
        how, token, header = self.proof(jar)
        odd, cookies = self.cookies(jar, 0.3 if rnd.random() < 0.15 else 0)
        more = self.origin()
        if path == LOGIN and rnd.random() < 0.15:
            path += "?" + self.query()
        encoding = rnd.choice(["form"] * 24 + ["multipart"] * 3 + ["charset", "json", "no type", "text", "none"])
        label = "%s, %s, %s" % (label, how, encoding) + (", " + odd if odd else "")
        if encoding == "none":
            any_label, ctype, data = bodies.any_body(rnd)
            more += [("Content-Type", ctype)] if ctype is not None else []
            return self.case(label + ", " + any_label, method, path, lambda s: (cookies(s) + header(s) + more, data))
        charset = rnd.choice(shapes.CHARSETS)
        first = rnd.random() < 0.5

        def build(side):
            sent = token(side) + fields if first else fields + token(side)
            headers = cookies(side) + header(side) + more
            if encoding == "multipart":
                return headers + [("Content-Type", bodies.MULTIPART)], bodies.multipart(sent)
            if encoding == "json":
                return headers + [("Content-Type", bodies.JSON)], json.dumps(dict(sent)).encode()
            ctype = {"form": bodies.FORM, "charset": bodies.FORM + charset, "text": "text/plain"}.get(encoding)
            return headers + ([("Content-Type", ctype)] if ctype else []), bodies.form(sent)
        return self.case(label, method, path, build)

    def api(self, label, session, method, path, odd=False):
        """A request to the API by session. odd: with all that can be odd about it."""
        rnd, jar = self.rnd, Jar(csrf=session.csrf, session=session.cookie)
        if not odd:
            return self.case(label, method, path, lambda s: ([("Cookie", "%s=%s" % (self.session_name, session.cookie[s]))], None))
        if rnd.random() < 0.2:
            jar.csrf = None
        how, token, header = self.proof(jar)
        odd_cookies, cookies = self.cookies(jar, 0.4 if rnd.random() < 0.2 else 0)
        more = self.origin()
        if rnd.random() < 0.15:
            more.append(self.bearer())
            how += ", bearer token"
        if rnd.random() < 0.1:
            more.append(("Accept", rnd.choice(["text/html", "application/xml", "*/*", "application/json; indent=2"])))
        label = "%s, %s" % (label, how) + (", " + odd_cookies if odd_cookies else "")
        if method not in ("POST", "PUT", "PATCH", "DELETE"):
            return self.case(label, method, path, lambda s: (cookies(s) + header(s) + more, None))
        encoding = rnd.choice(["form", "form", "json", "multipart", "nothing", "any"])
        if encoding == "any":
            any_label, ctype, data = bodies.any_body(rnd)
            more += [("Content-Type", ctype)] if ctype is not None else []
            return self.case(label + ", " + any_label, method, path, lambda s: (cookies(s) + header(s) + more, data))

        def build(side):
            headers, sent = cookies(side) + header(side) + more, token(side)
            if encoding == "nothing":
                return headers, b""
            if encoding == "json":
                return headers + [("Content-Type", bodies.JSON)], b'{"a":1}'
            if encoding == "multipart":
                return headers + [("Content-Type", bodies.MULTIPART)], bodies.multipart(sent)
            return headers + [("Content-Type", bodies.FORM)], bodies.form(sent)
        case = self.case(label + ", " + encoding, method, path, build)
        if path == "/customers/me/" and token(0):  # what is echoed is each side's own
            case.own = tuple(token(side)[-1][1] for side in (0, 1))
        return case
