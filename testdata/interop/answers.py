"""What an answer holds, as far as it is compared: cookies with their secrets masked, and the facts of pages."""
import collections
import email.utils
import html.parser
import re
import string
import time

Answer = collections.namedtuple("Answer", "status headers body")

# ---------------------------------------------------------------- CSRF tokens (django/middleware/csrf.py)

LETTERS = string.ascii_letters + string.digits


def shift(text, key, sign):
    return "".join(LETTERS[(LETTERS.index(t) + sign * LETTERS.index(k)) % len(LETTERS)] for t, k in zip(text, key))


def unmask(token):
    """The secret of a token; any other text as it is."""
    if len(token) != 64 or not set(token) <= set(LETTERS):
        return token
    return shift(token[32:], token[:32], -1)


def mask(secret, key):
    """A token of a secret; any other text as it is."""
    if len(secret) != 32 or not set(secret) <= set(LETTERS):
        return secret
    return key + shift(secret, key, 1)


# ---------------------------------------------------------------- cookies

def set_cookies(answer):
    """The cookies that an answer sets, in order: name, value, attributes as they are written."""
    found = []
    for line in answer.headers.get("set-cookie", "").split("\n"):
        if line:
            pair, _, attributes = line.partition("; ")
            name, _, value = pair.partition("=")
            found.append((name, value, attributes))
    return found


def cookies_of(answer):
    """The values of the cookies that an answer sets; "" of one that it deletes."""
    return {name: "" if value == '""' else value for name, value, _ in set_cookies(answer)}


def shaped(answer, sent):
    """The cookies that an answer sets with their secrets masked, as a list of texts. sent is the Cookie header of the request."""
    return ["%s=%s; %s" % (name, shape(value, sent), dated(attributes)) for name, value, attributes in set_cookies(answer)]


def shape(value, sent):
    """What can be said of a secret without telling it."""
    if value == '""':
        return "deleted"
    known = {unmask(w) for w in re.split(r'[^A-Za-z0-9_-]+', sent)}
    if unmask(value) in known:
        return "the secret that was sent"
    if set(value) <= set(LETTERS) and len(value) in (32, 64):
        return "new secret"  # of CSRF or, in the reference, of a session
    return "new secret" if re.fullmatch(r"[\w-]{32,}", value, re.ASCII) else value


def dated(attributes):
    """Attributes with the date told as what it is from now, to ten seconds."""
    def ago(found):
        at = email.utils.parsedate_to_datetime(found[1]).timestamp()
        return "expires=" + ("long ago" if at == 0 else "in %d s" % (round((at - time.time()) / 60) * 60))
    return re.sub("expires=([^;]+)", ago, attributes)


# ---------------------------------------------------------------- pages

# What a page may say to whoever sent the request.
PHRASES = [
    "Please enter a correct email address and password. Note that both fields may be case-sensitive.", "This account is inactive.",
    "This field is required.", "Null characters are not allowed.", "Ensure this value has at most", "Enter a valid", "Logged out",
    "CSRF verification failed. Request aborted.", "Not Found", "The requested resource was not found on this server.",
    "Bad Request (400)", "Server Error (500)", "Method Not Allowed",
]


def is_view_page(answer):
    """Whether the answer is a page of a view of the API, or would be to GET."""
    return answer.headers.get("content-type", "").startswith("text/html") and "allow" in answer.headers and "accept" in answer.headers.get("vary",
    "").lower()


def is_page(answer):
    """Whether the answer is a page that a person reads; those of Django for errors are compared to the byte."""
    return answer.headers.get("content-type",
    "").startswith("text/html") and (b"<form" in answer.body or b"CSRF" in answer.body or b"Logged out" in answer.body)


class Page(html.parser.HTMLParser):
    """Collects the text and the inputs of the form of a page."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.text, self.inputs = [], {}

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "input" and "name" in attrs and attrs["name"] not in self.inputs:
            self.inputs[attrs["name"]] = attrs.get("value") or ""

    def handle_data(self, data):
        self.text.append(data)


def facts(body):
    """What a page says and asks for: {"phrases": [...], "inputs": {name: value}}."""
    page = Page()
    page.feed(body.decode("utf-8", "replace"))
    page.close()
    text = " ".join(" ".join(page.text).split())
    return {"phrases": [p for p in PHRASES if p in text], "inputs": page.inputs}


def written(body, name):
    """The value of an input as it stands in the page, with its escapes; None where the page has none."""
    found = re.search(rb'<input[^>]*\bname="%s"[^>]*>' % name.encode(), body)
    value = re.search(rb'\bvalue="([^"]*)"', found[0]) if found else None
    return value and value[1]
