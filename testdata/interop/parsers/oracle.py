#!/usr/bin/env python3
"""Writes generated and mutated bodies with what Django's own parsers make of them, a line each, for main.go beside it:

  oracle.py SEED JSON FORMS MULTIPART     numbers of bodies of each kind

A line is the kind, its arguments and the verdict, parted by tabs, all but the kind in base64. A verdict is V and the value, spelt as main.go
spells it, or E and the text of the error; E alone is one of Django's error pages. Needs Django and Django REST framework.
"""
import base64
import io
import random
import struct
import sys

import django
from django.conf import settings

settings.configure(SECRET_KEY="x" * 50, DEFAULT_CHARSET="utf-8", INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"])
django.setup()

from django.core.exceptions import SuspiciousOperation  # noqa: E402
from django.core.files.uploadhandler import MemoryFileUploadHandler  # noqa: E402
from django.http import QueryDict  # noqa: E402
from django.http.multipartparser import MultiPartParser, MultiPartParserError  # noqa: E402
from rest_framework.exceptions import ParseError  # noqa: E402
from rest_framework.parsers import JSONParser  # noqa: E402

NEW = "1" if django.VERSION >= (5,) else "0"  # how headers are read
CHARSETS = [""] * 10 + ["utf-8", "utf-8-sig", "ascii", "latin-1", "utf-16", "utf-16-le", "utf-32", "cp1252", "koi8-r", "iso-8859-15"]


def words(text):
    return [w.encode("latin-1") for w in text.split(" ")]


# What bodies are put together from. \u2028, é and 😀 stand in UTF-8, and half of them too.
JSON_WORDS = words('{ } [ ] , : " \\ "a" "b" "a": 1 0 - -0 . e E + 1.5 1e5 1e400 true false null NaN Infinity -Infinity \\u \\ud83d \\ude00 \\u0041 \\n \\x '
                   'tru 1234567890123456789012345 0.1 1e-7 123456789012345680.0 1e16 0.0001 0.00001 "" "\\u0000" "\\ud800"') + [
    b" ", b"\n", b"\t", b"\r", b"\x00", b"\x1f", b"\x7f", "é".encode(), "😀".encode(), "\u2028".encode(), b"\xc3", b"\xe2\x82", b"\xed\xa0\x80", b"\xff",
    b"\xef\xbb\xbf", b"\xa0", b"\x1c", b'" "', b"1" * 4300, b"1" * 4301, b"[" * 30, b'"' + b"x" * 300 + b'"']
FORM_WORDS = words("& = + % %20 %zz %e9 %C3%A9 %c3 a b ; %00 %f0%9f%98 %ED%A0%80 a=1 &b=2 %a1 %2B") + ["é".encode(), b"\xe9", b"\xff\xfe", b" ", b"\n"]
PART_WORDS = [b"--x", b"--x--", b"\r\n", b"\n", b"\r", b"\r\n\r\n", b'Content-Disposition: form-data; name="a"',
              b"Content-Disposition: form-data; name=a; filename=b.txt", b'content-disposition: form-data; name="b"; filename="../x/%22&amp;\x01.txt"',
              b"Content-Type: text/plain; charset=latin-1", b"Content-Transfer-Encoding: base64", b"YWJj", b"YW Jj\r\n", b"YQ==", b"?", b"value",
              "é".encode(), b"\xe9", b"; filename*=utf-8''%C3%A9", b'; filename=".."', b'; filename=""', b"X: " + b"y" * 1010, b":", b";"]


class Generator:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def join(self, pieces, most):
        return b"".join(self.r.choice(pieces) for _ in range(self.r.randrange(most)))

    def mutate(self, body, pieces):
        body = bytearray(body)
        for _ in range(self.r.randrange(1, 4)):
            at, how = self.r.randrange(len(body) + 1), self.r.randrange(5)
            if how == 0:
                body[at:at] = self.r.choice(pieces)
            elif how == 1:
                del body[at:at + self.r.randrange(1, 4)]
            elif how == 2:
                body[at:at + 1] = self.r.choice(pieces)
            elif how == 3:
                body[at:at + 1] = bytes([self.r.getrandbits(8)])
            else:
                del body[at:]
        return bytes(body)

    def value(self, depth=0):
        r, kind = self.r, self.r.randrange(9 if depth < 4 else 6)
        if kind == 0:
            return r.choice([b"null", b"true", b"false"])
        if kind == 1:
            return str(r.choice([0, -1, 5, 10 ** r.randrange(25), -r.getrandbits(70)])).encode()
        if kind == 2:
            return repr(struct.unpack("<d", r.getrandbits(64).to_bytes(8, "little"))[0]).encode()
        if kind == 3 and r.randrange(100) == 0:
            return self.long_number()
        if kind == 3:
            return b"%d%s%s" % (r.randrange(1000), r.choice([b"", b".%d" % r.randrange(10 ** 9)]), r.choice([b"", b"e%d" % r.randrange(-30, 30)]))
        if kind < 6:
            return b'"' + b"".join(r.choice([b"a", b" ", b"\\n", b"\\u%04x" % r.getrandbits(16), b"\\ud8%02x" % r.getrandbits(8), b"\\udc%02x" % r.getrandbits(8),
                                             chr(r.choice([0xe9, 0x20ac, 0x1f600, 0x2028])).encode(), b"\\u0000"]) for _ in range(r.randrange(5))) + b'"'

        def space():
            return r.choice([b"", b"", b" ", b"\n\t"])

        def between(items):
            return space() + (space() + b"," + space()).join(items) + space()
        if kind < 7:
            return b"[" + between([self.value(depth + 1) for _ in range(r.randrange(4))]) + b"]"
        return b"{" + between([r.choice([b'"a"', b'"b"', b'"\\u0061"']) + space() + b":" + space() + self.value(depth + 1) for _ in range(r.randrange(4))]) + b"}"

    def long_number(self):
        """A number of more digits than most readers keep, moved back by its exponent to about 1, or to where it is zero or infinite."""
        r = self.r
        zeros = r.choice([600, 800, 20000]) + r.randrange(400)
        digits = str(r.getrandbits(r.choice([3, 60, 3000]))).encode()
        if r.random() < .5:
            number, exponent = b"0." + b"0" * zeros + digits, zeros
        else:
            number, exponent = b"1" + b"0" * zeros + digits + r.choice([b"", b".5"]), -zeros - len(digits)
        exponent = r.choice([exponent, exponent + r.randrange(-330, 330), 10 * exponent, exponent * 10 ** 9, -exponent])
        return r.choice([b"", b"-"]) + number + b"%s%d" % (r.choice([b"e", b"E"]), exponent)

    def part(self):
        r = self.r
        head = [b"Content-Disposition: form-data; name=" + r.choice([b'"a"', b'"b"', b"a", b'""', b'" c "', '"é"'.encode(), b'"\xe9"'])
                + r.choice([b"", b"", b"; filename=" + r.choice([b'"f.txt"', b'""', b'" "', b'".."', b'"d/e.txt"', b'"d\\\\e"']), b"; filename*=utf-8''%C3%A9.t"])]
        if r.random() < .3:
            head.append(b"Content-Type: Text/Plain; charset=x")
        if r.random() < .3:
            head.append(b"Content-Transfer-Encoding: " + r.choice([b"base64", b"BASE64 ", b"base64;x=1", b"8bit"]))
        r.shuffle(head)
        return b"--x\r\n" + b"\r\n".join(head) + b"\r\n\r\n" + r.choice([b"v", b"", b"YWJj", b"YWI=", b"YWI", b"Y?WJj", b"Y W J j\r\n", "é".encode(), b"\xe9", b"=YQ="]) + b"\r\n"

    def in_charset(self, body, often):
        charset = self.r.choice(CHARSETS)
        if charset and self.r.random() < often:
            body = body.decode("utf-8", "replace").encode(charset, "replace")
        return body, charset

    def json(self):
        body = self.value() if self.r.random() < .7 else self.join(JSON_WORDS, 8)
        body, charset = self.in_charset(body, .7)
        return (self.mutate(body, JSON_WORDS) if self.r.random() < .5 else body), charset

    def form(self):
        body, charset = self.in_charset(self.join(FORM_WORDS, 12), .4)
        return (body * self.r.choice([200, 500]) if self.r.random() < .02 else body), charset

    def multipart(self):
        if self.r.random() < .25:
            body = self.join(PART_WORDS, 25)
        else:
            body = b"".join(self.part() for _ in range(self.r.randrange(1, 5))) + b"--x--" + self.r.choice([b"\r\n", b"", b"\r\nepilogue"])
            if self.r.random() < .4:
                body = self.mutate(body, PART_WORDS)
        header = self.r.choice(["multipart/form-data; boundary=x"] * 16 + ['multipart/form-data; boundary="x"', "multipart/form-data", "multipart/form-data; boundary=",
                               "Multipart/form-data; boundary=x", "multipart/form-data; boundary=" + "x" * 202])
        return header, body or b"x", self.r.choice(CHARSETS)


def spell(v):
    """A value as main.go spells it."""
    if v is None or v is True or v is False:
        return {None: "n", True: "t", False: "f"}[v]
    if isinstance(v, int):
        return "i%d" % v
    if isinstance(v, float):
        return "d" + repr(v)
    if isinstance(v, str):
        return "s" + v.encode("utf-8", "surrogatepass").hex()
    if isinstance(v, list):
        return "[" + ",".join(map(spell, v)) + "]"
    if isinstance(v, dict):
        return "{" + ",".join(spell(k) + ":" + spell(x) for k, x in v.items()) + "}"
    return "F(%s|%s|%s)" % (spell(v.field_name), spell(v.content_type), v.read().hex())


def fields(query):
    return "V" + spell(dict(query.lists()))


def read_json(body, charset):
    try:
        return "V" + spell(JSONParser().parse(io.BytesIO(body), parser_context={"encoding": charset or "utf-8"}))
    except ParseError as e:
        return "E" + str(e.detail)
    except RecursionError:
        return None


def read_form(body, charset):
    try:
        return fields(QueryDict(body, encoding=charset or "utf-8"))
    except SuspiciousOperation:
        return "E"


def read_multipart(header, body, charset):
    meta = {"CONTENT_TYPE": header, "CONTENT_LENGTH": len(body)}
    try:
        data, files = MultiPartParser(meta, io.BytesIO(body), [MemoryFileUploadHandler()], charset or "utf-8").parse()
    except MultiPartParserError as e:
        return "EMultipart form parse error - %s" % e
    except SuspiciousOperation:
        return "E"
    except Exception:  # a page with status 500, which is no behaviour to copy
        return None
    both = data.copy()
    both.update(files)
    return fields(both)


def main():
    seed, jsons, forms, multiparts = map(int, sys.argv[1:5])
    sys.set_int_max_str_digits(4300)
    g, out = Generator(seed), sys.stdout.buffer

    def line(kind, arguments, verdict):
        if verdict is not None:
            values = [a if isinstance(a, bytes) else a.encode("utf-8", "surrogatepass") for a in arguments + (verdict,)]
            out.write(kind + b"\t" + b"\t".join(base64.b64encode(v) for v in values) + b"\n")

    for _ in range(jsons):
        body = g.json()
        line(b"json", body, read_json(*body))
    for _ in range(forms):
        body = g.form()
        line(b"form", body, read_form(*body))
    for _ in range(multiparts):
        body = g.multipart()
        line(b"multipart", body + (NEW,), read_multipart(*body))


main()
