"""PyJWT, as a peer of the benchmark: see ../setup. The only argument is a file of tokens."""
import json
import platform
import sys
import time
from importlib.metadata import version

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_public_key


def serve(tokens, verify):
    """Says its versions, and answers "run N" and "try TOKEN"."""
    position = 0
    say("PyJWT %s, cryptography %s, %s %s" % (version("pyjwt"), version("cryptography"),
                                              platform.python_implementation(), platform.python_version()))
    for line in sys.stdin:
        verb, argument = line.split()
        if verb == "run":
            before = time.process_time()
            for _ in range(int(argument)):
                verify(tokens[position])
                position = (position + 1) % len(tokens)
            say("%f" % ((time.process_time() - before) * 1e6))
        elif verb == "try":
            try:
                verify(argument)
                say("yes")
            except jwt.InvalidTokenError as refusal:
                say("no: %s" % refusal)
        else:
            sys.exit("unknown line %r" % line)


def say(line):
    print(line.replace("\n", " "), flush=True)


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        doc = json.load(f)
    key = doc["secret"].encode() if "secret" in doc else load_pem_public_key(doc["public_key"].encode())
    library = jwt.PyJWT(options={"require": ["exp"]})
    algorithms, issuer, audience = [doc["alg"]], doc.get("iss"), doc.get("aud")

    def verify(token):
        return library.decode(token, key, algorithms, audience=audience, issuer=issuer)

    serve(doc["tokens"], verify)


if __name__ == "__main__":
    main()
