"""Debian's fix of PyJWT 2.6, which the recordings of 5.2 were made with and the registry has not: a token's header is checked, and
`crit` (RFC 7515 §4.1.11) is heeded."""
from jwt.api_jws import PyJWS
from jwt.exceptions import InvalidTokenError

KNOWN = {"b64"}


def check_headers():
    """Has PyJWT refuse a token whose header is malformed, or says that something must be understood that PyJWT does not know."""
    load = PyJWS._load

    def load_and_check(self, jwt):
        loaded = load(self, jwt)
        header = loaded[2]
        self._validate_headers(header)
        if "crit" in header:
            check_crit(header)
        return loaded

    PyJWS._load = load_and_check


def check_crit(header):
    names = header["crit"]
    if not isinstance(names, list) or not names:
        raise InvalidTokenError("crit is no list of names")
    for name in names:
        if not isinstance(name, str) or name not in KNOWN or name not in header:
            raise InvalidTokenError("crit names what is not understood")
