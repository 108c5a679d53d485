"""A request as it goes to both sides."""

MARK = "@@TOKEN@@"


class Case:
    """A request. tokens are what stands for MARK at the reference and at the node, of this pair; build gives headers and body for a side where
    they differ in more than that; own is what each side is sent of its own and may echo; id is that of a hand-made token (JSON text) that it
    asks to blacklist."""

    def __init__(self, label, method, path, headers=(), body=None, traits=(), tokens=None, build=None):
        self.label, self.method, self.path, self.headers, self.body = label, method, path, list(headers), body
        self.traits, self.tokens, self.build, self.own = set(traits), tokens, build, None
        self.pair, self.id, self.host = None, None, None

    def filled(self, side):
        """headers and body as they go to side 0, the reference, or 1, the node."""
        if self.build:
            return self.build(side)
        if self.tokens is None:
            return self.headers, self.body
        token = self.tokens[side]
        headers = [(n, v.replace(MARK, token)) for n, v in self.headers]
        return headers, None if self.body is None else self.body.replace(MARK.encode(), token.encode())

    def cookies(self, side):
        """The cookies that go to a side, as one text."""
        return "\n".join(v for n, v in self.filled(side)[0] if n == "Cookie")
