"""Differences that are wanted: rules with a name and a reason, by which they are counted."""
from answers import is_view_page, shaped, written
from forge import ODD_ID
from sender import LOGIN, LOGOUT

STRICT = ("strict-", "limit: ")  # traits of tokens that are invalid here
MAX_NEXT = 2048  # characters


def invalid(case, answer):
    """Whether an answer says that the token is invalid."""
    return answer.status == 401 and (case.method == "HEAD" or b"token_not_valid" in answer.body and b"Token is invalid" in answer.body)


def rules(case, different, ref, node):
    """The names of the rules by which all differences are wanted, or None."""
    whole = whole_rule(case, ref, node)
    if whole:
        return [whole]
    found = [(d, rule(case, d, ref, node)) for d in different]
    return sorted({name for _, name in found}) if all(name for _, name in found) else None


def whole_rule(case, ref, node):
    """The name of the rule by which an answer is wanted to be another one, or None."""
    headers = case.filled(0)[0]
    wants_page = any(n == "Accept" and "text/html" in v for n, v in headers)
    if ref.status == 500 and node.status in (400, 401, 403):
        return "reference-500: answered with %d here" % node.status
    if ref.status == 500 and any(n in ("Accept", "Content-Type") and not v.isascii() for n, v in headers) and node.status != 500:
        return "reference-500: media type beyond ASCII, answered as 5.5 does"
    if ref.status == node.status == 400 and b"<h1>" not in node.body:
        return "http: a Host or a character that both servers refuse by themselves"
    if ref.status == 400 and b"Invalid Method" in ref.body:
        return "http: a method that gunicorn refuses by itself"
    if case.path.startswith("/accounts/profile") and ref.status == 404 and (node.status == 301 or wants_page):
        return "pages: the profile, for a browser"
    if node.status == 400 and b"Unsupported charset" in node.body:
        return "charset: one of Python's codecs that is not read here"
    if ODD_ID in case.traits and (invalid(case, node) or b"Token is blacklisted" in ref.body):
        return ODD_ID
    if invalid(case, node):
        for trait in sorted(case.traits):
            if trait.startswith(STRICT):
                return trait
    return None


def rule(case, different, ref, node):
    """The name of the rule by which one difference is wanted, or None."""
    if different == "header cache-control" and is_view_page(ref) and is_view_page(node) and "no-store" in node.headers["cache-control"]:
        return "pages: one of the API shows whose it is, and is not kept"
    if different.startswith("field ") and "\\xef\\xbf\\xbd" in different and "\\x00" in different:
        return "pages: NUL is shown as U+FFFD, which browsers make of it"
    on_page = case.path.startswith((LOGIN, LOGOUT))
    if different in ("header vary", "cookies") and ref.status == node.status == 400 and on_page and ref.body == node.body:
        return "pages: a form that is too large, of which Django 3.2 writes a mail that asks for the session"
    long_next = len(ref.headers.get("location", "") if different == "header location" else written(ref.body, "next") or b"") > MAX_NEXT
    if different.startswith(("header location", "field next: None")) and long_next:
        return "limit: a URL to go to next has 2048 characters at most, with the white space around it and in both versions"
    joined = "\n" in case.cookies(0) and all(b"CSRF cookie has " in a.body for a in (ref, node))
    if different == "body" and joined:
        return "cookies: two headers count as one, whose length is that of a session's secret and more, and the node's is longer"
    if different == "cookies" and without_secure(ref, case, 0) == without_secure(node, case, 1):
        return "cookies: one is deleted with the attributes that it was set with, Secure too"
    return None


def without_secure(answer, case, side):
    """The cookies that an answer sets, deleted ones without Secure."""
    return [c.replace("; Secure", "") if "=deleted; " in c else c for c in shaped(answer, case.cookies(side))]
