"""Odd shapes of what browsers send: where to go next, origins, cookies, tokens, the fields of the form to log in."""
from answers import mask, unmask

HOSTS = ["localhost:8001"] * 4 + ["127.0.0.1"] * 3 + ["localhost"] * 3 + ["[::1]:8001"] * 2 + ["evil.example"]

SPACES = [
    "\u3000", "\u00a0", "\x1c", "\x1f", "\x85", "\u2003", "\u2028", "\t", "\r\n", "\x0b", "\u200b", "\ufeff", "\u180e",
]

# What is sent as `next`. HOST stands for the host of the request, NAME for its name without the port.
NEXTS = [
    "/customers/", "/customers/me/?a=b&c=d#e", "/", "", " ", "  /x  ", "x", "x/y", ".", "..", "../x", "/ok/../x", "?a=b", "#f", ";x", "&", "/;x?;",
    "/x y", "//evil.example", "//evil.example/x", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example",
    "/\\/evil.example", "\\evil.example", "http:///evil.example", "http:////evil.example", "http:\\\\evil.example", "http:/\\evil.example",
    "http:\\/evil.example", "http://evil.example/", "https://evil.example/", "HTTP://EVIL.example", "http://HOST\\@evil.example",
    "http://HOST\\.evil.example/", "http://HOST/x", "https://HOST/x", "HTTP://HOST/x", "//HOST/x", "//NAME/x", "http://NAME/", "http://NAME:9999/x",
    "http://HOST@evil.example/", "http://evil.example@HOST/", "//user:password@HOST/", "http://user@HOST/", "http://HOST.evil.example/",
    "http://xHOST/", "http://HOST:/", "//HOST", "http:HOST", "http:/x", "http:x", "http:", "http://", "https:", "https:/x", "https:///x",
    "://HOST/", ":x", ":", "a:b", "/a:b", "1:x", "a1+-.:x", "-a:/x", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)",
    "\x01javascript:alert(1)", "data:text/html,x", "mailto:a@b", "ftp://HOST/", "ws://HOST/", "\t/x", "\n//evil.example", "\x00/x", "\x01/x",
    "\x08//evil.example", "\x1b/x", "\x1f/x", "\x7f/x", "\x80/x", "\x85/x", "/x\x00y", "/x\r\nX: y", "/%0d%0aX: y", "/\t/evil.example",
    "/\n/evil.example", "/\r/evil.example", "ht\ntp://evil.example", "http\t://evil.example", "htt p://evil.example", "/\x0b/evil.example",
    "\u00a0//evil.example", "\u3000/x", "\u200b//evil.example", "\u00ad/x", "\u2028/x", "\ue000/x", "\U000e0001/x", "\u0378/x", "\ufeff/x",
    "\ufffd/x", "\uffff/x", "\U0001f511/x", "\u0301/x", "/caf\u00e9?x=\u00fc#\u00e4", "/\U0001f511", "//caf\u00e9.example/", "\u2044/evil.example",
    "\uff0f\uff0fevil.example", "\uff0f/evil.example", "/%E9", "/%", "/%zz", "/%2F/evil.example", "/x\"<>^`{|}", "/x'",
    "/\"><script>alert(1)</script>", "/&amp;&lt;", "/+a+b", "/~x!*()$,@=", "/[x]", "/x[", "http://[::1]/", "http://[::1]:8001/x", "http://[::1",
    "http://::1]/", "//[NAME]:8001/", "//[v1.x]/", "//[v.x]/", "//[::1%25eth0]/", "//[::ffff:1.2.3.4]/", "//[]/", "//[x]/", "//x[::1]/",
    "//[::1]x/", "//]/", "//[/", "http://HOST[/", "/x?[", "//HOST#@evil.example/", "//HOST?@evil.example/", "//HOST;x/", "//HOST\t/x", "//HO\nST/x",
    "//\u2100/", "//HOST\uff0fevil.example", "//HOST\u2100/x", "//evil\u3002example/", "//HOST\uff03@evil.example", "http://HOST\u00ad/",
    "//HOST\uff20evil.example/", "http://HOST:99999/", "http://HOST:x/", "//HOST:8001/", "//" + "HOST".lower() + "/", "/auth/login/",
    "/auth/logout/", "/auth/logout/?next=/auth/logout/", "/" + "x" * 2046, "/" + "x" * 2047, "/" + "x" * 2048, "/" + "\u00e9" * 2047,
    "/" + "x" * 5000, "http://HOST/" + "x" * 2040, " " + "/" + "x" * 2047, "//" + "x" * 2100,
]

ORIGINS = [
    "null", "NULL", "", " ", "http://HOST", "http://HOST", "https://HOST", "HTTP://HOST", "http://HOST/", "http://HOST ", " http://HOST",
    "http://HOST, http://HOST", "http://NAME", "http://NAME:9999", "http://user@HOST", "//HOST", "HOST", "http:HOST", "http://evil.example",
    "https://evil.example", "http://HOST.evil.example", "https://shop.example", "http://shop.example", "https://shop.example:8443",
    "https://a.shop.example", "https://xshop.example", "https://shop.example.evil.example", "https://SHOP.example", "https://wild.example",
    "https://a.wild.example", "https://a.b.wild.example", "https://awild.example", "http://a.wild.example", "https://a.wild.example:8443",
    "https://user@a.wild.example", "https://A.wild.example", "http://[::1]", "http://[", "http://]", "http://[x]", "http://\u2100",
    "http://caf\u00e9.example", "file://", "x", "://", "http://", "data:,x", "http://HOST\u00e9", "http://HOST\t", "x" * 3000,
]
REFERERS = [
    "", " ", "x", "null", "/auth/login/", "//HOST/auth/login/", "http://HOST/auth/login/", "https://HOST/auth/login/", "https://HOST/auth/login/",
    "https://HOST", "HTTPS://HOST/", "https://NAME/", "https://NAME:9999/x", "https://user@HOST/", "https://evil.example/", "http://evil.example/",
    "https://HOST.evil.example/", "https://evil.example/https://HOST/", "https://HOST@evil.example/", "https:///x", "https:", "https://",
    "https://?x", "https://HOST?x", "https://HOST#x", "https:HOST", "ftp://HOST/", " https://HOST/", "https://HOST /", "https://ho\tst/",
    "https://shop.example/x", "http://shop.example/x", "https://a.shop.example/x", "https://shop.example:8443/", "https://SHOP.example/",
    "https://wild.example/", "https://a.wild.example/x", "https://awild.example/", "https://a.wild.example:8443/x", "https://A.WILD.example/x",
    "https://[::1/", "https://[x]/", "https://]/", "https://\u2100/", "https://caf\u00e9.example/", "https://evil.example/\"<&>'",
    "https://evil.example/caf\u00e9", "https://evil.example:443;a?b#c", "https://evil.example/a;b?#", "https://evil.example?",
    "https://evil.example#", "HTTPS://EVIL.example/X", "about:blank", "https://evil.example/" + "x" * 3000,
]

# Ways to change a token or a cookie, the same on both sides.
CHANGES = [
    ("unmasked", unmask), ("masked anew", lambda t: mask(unmask(t), "h" * 32)), ("masked by itself", lambda t: mask(unmask(t), unmask(t))),
    ("last character changed", lambda t: t[:-1] + ("a" if t[-1] != "a" else "b")),
    ("first character changed", lambda t: ("a" if t[0] != "a" else "b") + t[1:]), ("cut by one", lambda t: t[:-1]), ("one more", lambda t: t + "a"),
    ("first half", lambda t: t[:len(t) // 2]), ("second half", lambda t: t[len(t) // 2:]), ("of 7", lambda t: t[:7]), ("of 8", lambda t: t[:8]),
    ("upper case", str.upper), ("space before", lambda t: " " + t), ("spaces after", lambda t: t + "  "),
    ("space within", lambda t: t[:5] + " " + t[5:]), ("in quotes", '"{}"'.format), ("quote before", '"{}'.format),
    ("escaped", lambda t: '"\\%03o\\%s"' % (ord(t[0]), t[1:])), ("escaped, not in quotes", lambda t: "\\" + t),
    ("letter beyond ASCII", lambda t: t[:-1] + "\u00e9"), ("two bytes shorter, letter beyond ASCII", lambda t: t[:-2] + "\u00e9"),
    ("letter beyond Latin-1", lambda t: t[:-1] + "\u03b1"), ("tilde", lambda t: "~" + t[1:]), ("empty", lambda t: ""),
    ("another token", lambda t: "A" * 64), ("another secret", lambda t: "b" * 32), ("another, of 43", lambda t: "c" * 43),
    ("long", lambda t: t * 20), ("comma and more", "{},x".format), ("HTML", lambda t: "<b>'\"&"),
]

# A session's secret is longer on one side than on the other.
SESSION_CHANGES = [c for c in CHANGES if "mask" not in c[0]]

NOISE = [
    "a=b", "x", "=x", "a=", "=", "", " ", "$Version=1", "sessionid", "csrftoken", "SessionId=x", "CSRFTOKEN=x", "sessionid =x1234567",
    " csrftoken= x", 'a="b;c"', 'a="', "a=b=c", "a=\\073", "caf\u00e9=\u00e9", "__Host-sessionid=x", "sessionid[0]=x", "messages=x", "expires=0",
    "sessionid=\"\"", "access=x.y.z",
]


# Queries about `next`; %s stands for a good one.
QUERIES = [
    "next=/first/&%s", "%s&next=", "next", "next=%%FF/", "next=/%%E9", "NEXT=/x", "a=b;%s", "next=/x%%00", "&&%s", "next=/x;next=/y", "n%%65xt=/x",
    "next=/a+b",
]
MORE_FIELDS = [("username", "first"), ("password", "first"), ("username", ""), ("x", "y"), ("email", "ana@example.com"), ("Username", "x")]
CHARSETS = [
    "; charset=utf-8", "; charset=UTF-8", ";charset=latin-1", "; charset=utf-16", "; charset=bogus", "; charset=", '; charset="utf-8"',
    "; boundary=x",
]


def written(rnd, value):
    """A label and what is written into a field in the place of what is right; None: the field is not sent."""
    return rnd.choice([
        ("another value", "wrong"), ("spaces around", "  " + value + "\t"), ("other case", value.swapcase()), ("empty", ""), ("blank", " \n"),
        ("NUL after", value + "\0"), ("NUL alone", "\0"), ("NUL and spaces", " \0 "), ("odd spaces", rnd.choice(SPACES) + value + rnd.choice(SPACES)),
        ("odd spaces", rnd.choice(SPACES) + value), ("odd space alone", rnd.choice(SPACES)), ("long", "x" * rnd.choice([150, 254, 255, 1000, 5000])),
        ("long with good", value + "x" * 300), ("spaces to the limit", " " * 254 + value),
        ("ligature", value.replace("fi", "\ufb01").replace("i", "\u2170")),
        ("full width", "".join(chr(ord(c) + 0xfee0) if "!" <= c <= "~" else c for c in value)),
        ("decomposed", value.replace("\u00e9", "e\u0301").replace("\u00fc", "u\u0308")), ("composed", value.replace("e\u0301", "\u00e9")),
        ("HTML", "\"><script>alert('x')</script>&amp;`=+"), ("template", "{{ 7 }}{% x %}"), ("line ends", value + "\r\nx"),
        ("compatibility", value + "\u2460\u00b2\u2126"), ("right to left", "\u202e" + value), ("unusable", "unusable@example.com"),
        ("inactive", "inactive@example.com"), ("missing", None),
    ])
