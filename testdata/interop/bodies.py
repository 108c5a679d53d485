"""Bodies of requests: fields in each encoding, any JSON, and what is broken or odd about bodies and their types.

Functions that draw take a random source, and give (label, content type or None, bytes) where they make a whole body.
"""
import json
import urllib.parse

BOUNDARY = "interop-boundary-5c1e"
JSON, FORM, MULTIPART = "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=" + BOUNDARY

TYPES = [
    None, "", "text/plain", "text/html", "text/json", "application/xml", "application/octet-stream", "application/vnd.api+json",
    "application/JSON", "APPLICATION/JSON", " application/json", "application/json ", "application/json;", "application/json; x=y",
    "application/json; charset=utf-8", "application/json; charset=UTF-16", "application/json;charset=latin-1", "application/json;charset=ascii",
    'application/json; charset="utf-8"', "application/json; charset=cp1252", "application/json; charset=bogus", "application/json; charset=rot13",
    "application/json; charset=idna", "application/json; charset=utf-8; charset=latin-1", "application/json; charset*=utf-8''utf-8",
    "application/json; q=0.5", "application/json; indent=4", "application/json, text/plain", "application/*", "*/*", "json", "application",
    "application/", "/json", "\u00e9/\u00e9", "x" * 300,
    "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-8", "application/x-www-form-urlencoded;charset=latin-1",
    "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\u00e9", "multipart/mixed; boundary=x", "multipart/*",
]

FORM_PIECES = [
    "a=1", "a=2", "b=%C3%A9", "b=%E9", "c=x+y", "c=%2B", "d", "=e", "", "f=%zz", "f=%", "g=1;h=2", "i[]=1", "i[]=2", "%00=%00", "j=\u00e9",
    "k=%F0%9F%94%91", "l=a=b", "m=%0D%0A", "caf%C3%A9=1", "n=" + "x" * 200, "o=%u0041", "p=%ED%A0%80", "q=+", "+q=1", "=", "r=%",
]
FORM_CHARSETS = ["", "", "", "; charset=utf-8", "; charset=latin-1", "; charset=ISO-8859-1", "; charset=ascii", "; charset=utf-16",
                 "; charset=bogus", "; charset="]

JSON_NUMBERS = [
    "0", "-0", "1", "-1", "1" * 100, "9007199254740993", "1.0", "1.5", "-0.0", "1e5", "1E-7", "1e16", "1e17", "123456789012345678.0", "0.1", "1e-5",
    "0.0001", "1e22", "5e-324", "1.7976931348623157e308", "2.50", "1e+2", "100000000000000000000.0",
]
JSON_TEXTS = [
    "a", "B", "0", " ", "\u00e9", "\U0001f511", "\u2028", "\u2029", "\u007f", "<", "&", "'", "/", "\\/", "\\\\", '\\"', "\\n", "\\u0000", "\\u001f",
    "\\u00e9", "\\uD83D\\uDD11", "\\u2028", "\\b", "\\t", "\\u0041", "\ufeff", "\uffff", "e\u0301",
]
BROKEN_PIECES = [b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"x", b"0", b"-", b".", b"e", b" ", b"\n", b"\0", b"\x80", b"\xc3",
                 b"\xef\xbb\xbf", b"\xc3\xa9", b"\\u", b"\\ud800", b"tru", b"NaN", b"//"]


# ---------------------------------------------------------------- fields

def texted(value):
    """A value of a form: texts as they are, others as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def form(fields):
    return urllib.parse.urlencode([(n, texted(v)) for n, v in fields], safe="@").encode()


def multipart(fields):
    return "".join([part('form-data; name="%s"' % n, texted(v)) for n, v in fields] + [END]).encode()


def json_object(rnd, fields):
    ascii_only = rnd.random() < 0.5 or any(isinstance(v, str) and "\ud800" in v for _, v in fields)
    comma, colon = rnd.choice([(",", ":"), (", ", ": "), (" ,\n", "\t: ")])
    return ("{" + comma.join(json.dumps(n) + colon + json.dumps(v, ensure_ascii=ascii_only) for n, v in fields) + "}").encode()


# ---------------------------------------------------------------- any body

def any_body(rnd):
    how = rnd.choice(["value"] * 10 + ["broken"] * 6 + ["type"] * 4 + ["form"] * 6 + ["multipart"] * 6 + ["large"])
    if how == "form":
        charset = rnd.choice(FORM_CHARSETS)
        return "form" + charset, FORM + charset, "&".join(rnd.choice(FORM_PIECES) for _ in range(rnd.randrange(6))).encode()
    if how == "multipart":
        return odd_multipart(rnd)
    if how == "large":
        return large(rnd)
    good = json_value(rnd, 3).encode()
    if how == "broken":
        return broken_json(rnd, good)
    return odd_type(rnd, good) if how == "type" else ("JSON", JSON, good)


def json_value(rnd, depth):
    """The text of any JSON value."""
    kind = rnd.randrange(9 if depth else 7)
    if kind == 0:
        return rnd.choice(["null", "true", "false"])
    if kind == 1:
        return rnd.choice([str(rnd.getrandbits(70)), str(-rnd.getrandbits(20)), repr(rnd.uniform(-1e6, 1e6)),
                           "%re%d" % (rnd.random(), rnd.randrange(-30, 30))])
    if kind <= 3:
        return rnd.choice(JSON_NUMBERS)
    if kind <= 6:
        return json_text(rnd)
    if kind == 7:
        return "[" + space(rnd) + ",".join(json_value(rnd, depth - 1) for _ in range(rnd.randrange(4))) + "]" + space(rnd)
    members = (json_text(rnd) + space(rnd) + ":" + json_value(rnd, depth - 1) for _ in range(rnd.randrange(4)))
    return "{" + ",".join(members) + space(rnd) + "}"


def json_text(rnd):
    return '"' + "".join(rnd.choice(JSON_TEXTS) for _ in range(rnd.randrange(5))) + '"'


def space(rnd):
    return rnd.choice(["", "", "", " ", "\n", "\t\r\n "])


def odd_type(rnd, good):
    """Good JSON under another content type."""
    ctype = rnd.choice(TYPES)
    return "type %s" % ctype, ctype, good


def broken_json(rnd, good):
    at, piece = rnd.randrange(len(good) + 1), rnd.choice(BROKEN_PIECES)
    if rnd.random() < 0.4:
        return rnd.choice([
            ("broken JSON: cut off", JSON, good[:at]),
            ("broken JSON: piece put in", JSON, good[:at] + piece + good[at:]),
            ("broken JSON: byte lost", JSON, good[:at] + good[at + 1:]),
            ("broken JSON: byte replaced", JSON, good[:at] + piece + good[at + 1:]),
        ])
    label, body = rnd.choice([
        ("trailing text", good + rnd.choice([b"x", b"{}", b",", b"\0"])), ("UTF-8 mark", b"\xef\xbb\xbf" + good),
        ("UTF-16", good.decode("utf-8", "replace").encode("utf-16")), ("single quotes", good.replace(b'"', b"'")),
        ("empty", b""), ("space alone", b" \n"), ("NaN", b'{"a":%s}' % rnd.choice([b"NaN", b"Infinity", b"-Infinity"])),
        ("infinite float", b'{"a":[1e999]}'), ("lone surrogate", b'{"a":"\\ud800"}'), ("lone surrogate in a name", b'{"\\udfff":1}'),
        ("surrogate as UTF-8", b'{"a":"\xed\xa0\x80"}'), ("not UTF-8", b'{"a":"\xff"}'), ("duplicate name", b'{"a":1,"b":2,"a":3}'),
        ("deep", b"[" * rnd.choice([100, 900, 5000, 100000])), ("deep and closed", b"[" * 500 + b"]" * 500),
        ("digits", b"[" + b"1" * rnd.choice([4300, 4301, 9000]) + b"]"),
        ("not an object", rnd.choice([b"[]", b"1", b'"x"', b"null", b"true", b"1.5", b"[1]", b'""'])),
        ("leading zero", b"[01]"), ("plus", b"[+1]"), ("dot", b"[1.]"), ("dot before", b"[.5]"), ("exponent", b"[1e]"),
        ("tab in text", b'["\t"]'), ("comment", b"[1/*x*/]"), ("vertical tab", b"[\x0b1]"), ("no-break space", b"[\xc2\xa01]"),
    ])
    return "broken JSON: " + label, JSON, body


def large(rnd):
    """Bodies about Django's limits: 2.5 MB in all, 1000 fields."""
    size = rnd.choice([2621440 - 10, 2621440 + 10])
    count = rnd.choice([1000, 1001])
    return rnd.choice([
        ("large JSON", JSON, b'"' + b"x" * (size - 2) + b'"'),
        ("large form", FORM, b"a=" + b"x" * (size - 2)),
        ("large multipart", MULTIPART, (part('form-data; name="a"', "x" * size) + END).encode()),
        ("%d fields" % count, FORM, b"&".join([b"a=1"] * count)),
        ("%d parts" % count, MULTIPART, ("".join([part('form-data; name="a"', "1")] * count) + END).encode()),
    ])


# ---------------------------------------------------------------- multipart

END = "--%s--\r\n" % BOUNDARY


def part(disposition, value, more=""):
    """A part of a multipart body; more are further header lines, each with its end."""
    return "--%s\r\nContent-Disposition: %s\r\n%s\r\n%s\r\n" % (BOUNDARY, disposition, more, value)


def odd_multipart(rnd):
    a, file = 'form-data; name="a"', 'form-data; name="f"; filename="%s"'
    one = part(a, "1")
    label, text = rnd.choice([
        ("fine", one + part('form-data; name="b"', "\u00e9") + END), ("same name twice", one + part(a, "2") + END),
        ("no end", one), ("nothing", ""), ("end alone", END), ("text alone", "hello"), ("line feeds alone", (one + END).replace("\r\n", "\n")),
        ("text before", "before\r\n" + one + END), ("text after", one + END + "after"), ("other boundary", (one + END).replace(BOUNDARY, "other")),
        ("no name", part("form-data", "1") + END), ("empty name", part('form-data; name=""', "1") + END),
        ("name without quotes", part("form-data; name=a", "1") + END), ("attachment", part('attachment; name="a"', "1") + END),
        ("no disposition", one.replace("Content-Disposition: " + a, "Content-Type: text/plain") + END),
        ("header in lower case", one.replace("Content-Disposition", "content-disposition") + END),
        ("no blank line", one.replace("\r\n\r\n1", "") + END), ("spaces after boundary", one.replace(BOUNDARY, BOUNDARY + "  ") + END),
        ("base64", part(a, rnd.choice(["aGVsbG8=", "aGVsbG8", "!!!!", "aGVs bG8=", ""]), "Content-Transfer-Encoding: base64\r\n") + END),
        ("quoted-printable", part(a, "a=3Db", "Content-Transfer-Encoding: quoted-printable\r\n") + END),
        ("charset of a part", part(a, "\u00e9", "Content-Type: text/plain; charset=latin-1\r\n") + END),
        ("type of a part", part(a, "{}", "Content-Type: application/json\r\n") + END),
        ("escaped name", part('form-data; name="a\\"b"', "1") + END), ("name beyond ASCII", part('form-data; name="\u00e9"', "1") + END),
        ("name in RFC 5987", part("form-data; name*=utf-8''%C3%A9", "1") + END), ("folded header", part('form-data;\r\n name="a"', "1") + END),
        ("lines in value", part(a, "1\r\n\r\n2\n") + END), ("boundary in value", part(a, "x--" + BOUNDARY) + END),
        ("white space in value", part(a, "  x  ") + END), ("null character", part(a, "\0") + END),
        ("file", one + part(file % "x.txt", "hello", "Content-Type: text/plain\r\n") + END), ("file of two lines", part(file % "x", "1\n2") + END),
        ("empty file", part(file % "x.txt", "") + END), ("file without name", part(file % "", "x") + END),
        ("file named as a path", part(file % "../../x", "x") + END),
    ])
    ctype = rnd.choice([MULTIPART] * 6 + [
        MULTIPART + "; charset=utf-8", MULTIPART + "; charset=latin-1", MULTIPART + "; charset=bogus", MULTIPART.replace("form-data", "FORM-DATA"),
        'multipart/form-data; boundary="%s"' % BOUNDARY, "multipart/form-data"])
    return "multipart: " + label, ctype, text.encode()
