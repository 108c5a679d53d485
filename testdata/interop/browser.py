"""Generated visits of browsers: the pages to log in and out, sessions, and what guards them against forged requests.

Each flow is a Python generator: it yields a request and is sent the two answers to it, or None where they differed; then the flow ends, since
what the two sides hold is no longer alike.
"""
import shapes
from answers import cookies_of, facts
from sender import LOGIN, LOGOUT, Jar, Sender, Session

KEPT = 8  # sessions that are used again; a node lets the oldest of a customer's 64 go

# Requests to the API by session, besides those to the views with a rule.
CALLS = [
    ("GET", "/customers/me/"), ("POST", "/customers/me/"), ("POST", "/auth/token/verify/"), ("GET", "/nothing/"), ("GET", "/customers/me"),
    ("POST", "/auth/token/"), ("OPTIONS", "/customers/me/"), ("HEAD", "/customers/me/"), ("DELETE", "/customers/me/"), ("GET", "/auth/"),
]


class Visits(Sender):
    """ruled() is a method and a path of the API."""

    def __init__(self, rnd, customers, browser, secure, bearer, ruled):
        super().__init__(rnd, customers, browser, secure, bearer)
        self.ruled, self.sessions = ruled, []

    def flow(self):
        self.host = self.rnd.choice(shapes.HOSTS)
        make = self.rnd.choice([self.log_in] * 8 + [self.call] * 5 + [self.log_out] * 4 + [self.page] * 2 + [self.noise] * 2 + [self.again])
        return make()

    # ------------------------------------------------------------ flows

    def log_in(self):
        """The form, and what is sent with it; a session that begins is tried at once."""
        rnd, jar = self.rnd, Jar()
        if self.sessions and rnd.random() < 0.2:
            jar.session = rnd.choice(self.sessions).cookie
        answers = yield self.request("form", "GET", LOGIN, jar)
        if answers is None:
            return
        self.open(jar, answers)
        customer = rnd.choice(self.customers)
        label, fields = self.credentials(customer)
        yield from self.submit("log-in, " + label, LOGIN, jar, fields, customer["email"])

    def submit(self, label, path, jar, fields, email):
        answers = yield self.post(label, path, jar, fields)
        if answers is None:
            self.sessions = [s for s in self.sessions if s.cookie != jar.session]
            return
        before, begun = jar.session, self.set_by(answers, self.session_name)
        if begun is None:
            return
        session = Session(begun, self.set_by(answers, self.csrf_name), email)
        self.sessions = [s for s in self.sessions if s.cookie != before][1 - KEPT:] + [session]
        yield self.api("session of a log-in", session, "GET", "/customers/open/")
        if before is not None:
            yield self.api("session before another log-in", Session(before, None, None), "GET", "/customers/open/")

    def again(self):
        """A second log-in in the same browser, as the same customer or another."""
        if not self.sessions:
            return
        old = self.rnd.choice(self.sessions)
        jar = Jar(csrf=old.csrf, session=old.cookie)
        answers = yield self.request("form with a session", "GET", LOGIN, jar)
        if answers is None:
            return
        self.open(jar, answers)
        customer = self.rnd.choice([c for c in self.customers if c["email"] == old.email] + [self.rnd.choice(self.customers)])
        who = "same" if customer["email"] == old.email else "another"
        fields = [("username", customer["email"]), ("password", customer["password"])]
        yield from self.submit("log-in as %s customer" % who, LOGIN, jar, fields, customer["email"])

    def call(self):
        """A request to the API by session, with a CSRF token or not, perhaps with a token beside."""
        rnd = self.rnd
        if not self.sessions:
            yield from self.log_in()
            return
        session = rnd.choice(self.sessions)
        method, path = self.ruled()
        if rnd.random() < 0.3:
            method, path = rnd.choice(CALLS)
        yield self.api("session", session, method, path, odd=True)

    def log_out(self):
        rnd = self.rnd
        session = rnd.choice(self.sessions) if self.sessions and rnd.random() < 0.8 else None
        jar = Jar(csrf=session.csrf, session=session.cookie) if session else Jar()
        if rnd.random() < 0.7:
            answers = yield self.request("form before a log-out", "GET", LOGIN, Jar(csrf=jar.csrf))
            if answers is None:
                return
            self.open(jar, answers)
        label, path = "log-out", LOGOUT
        method = rnd.choice(["POST"] * 8 + ["GET"] * 3 + ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "FOO"])
        fields = []
        if rnd.random() < 0.5:
            fields.append(("next", self.filled(rnd.choice(shapes.NEXTS))))
        if rnd.random() < 0.3:
            path += "?" + self.query()
        if method == "POST":
            answers = yield self.post(label, path, jar, fields)
        else:
            answers = yield self.request(label, method, path, jar)
        if session is None:
            return
        if answers is None:
            self.forget(session)
            return
        if any(self.session_name in cookies_of(a) for a in answers) or rnd.random() < 0.3:
            if (yield self.api("session after " + label, session, "GET", "/customers/open/")) is None:
                self.forget(session)
        if any(self.session_name in cookies_of(a) for a in answers):
            self.forget(session)

    def page(self):
        """The pages with any method, with or without what they ask for."""
        rnd, jar = self.rnd, Jar()
        path = rnd.choice([LOGIN, LOGIN, LOGOUT, "/auth/login", "/auth/logout", "/accounts/profile/"])
        if rnd.random() < 0.6:
            path += "?" + self.query()
        method = rnd.choice(["GET"] * 6 + ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "FOO", "POST", "PROPFIND"])
        if rnd.random() < 0.4:
            jar.csrf = jar.token = ("A" * 64,) * 2
        label = method + " on a page"
        if rnd.random() < 0.4 and method in ("PUT", "POST", "PATCH"):
            jar.token = jar.csrf = ("AbCdEfGh" * 8,) * 2
            yield self.post(label, path, jar, self.credentials(rnd.choice(self.customers))[1], method)
        else:
            yield self.request(label, method, path, jar)

    def noise(self):
        """Cookies of all shapes, at any view."""
        rnd = self.rnd
        method, path = self.ruled()
        if rnd.random() < 0.4:
            method, path = "GET", rnd.choice([LOGIN, "/nothing/", "/auth/token", "/customers/me/", "/auth/token/"])
        made_up = ("AbCdEfGh" * 8,) * 2
        jar = Jar(made_up, made_up, rnd.choice([("x" * 32,) * 2] + [s.cookie for s in self.sessions]))
        yield self.request("cookies", method, path, jar, odd=1.0)

    # ------------------------------------------------------------ what the answers teach

    def open(self, jar, answers):
        """Takes what the page with the form gave."""
        jar.csrf = self.set_by(answers, self.csrf_name)
        token = tuple(facts(a.body)["inputs"].get("csrfmiddlewaretoken", "") for a in answers)
        jar.token = token if all(token) else None

    def set_by(self, answers, name):
        """The values of a cookie that both answers set, as a pair; None where one of them does not."""
        pair = tuple(cookies_of(a).get(name, "") for a in answers)
        return pair if all(pair) else None

    def forget(self, session):
        if session in self.sessions:
            self.sessions.remove(session)
