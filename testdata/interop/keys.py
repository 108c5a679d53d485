#!/usr/bin/env python3
"""Compares the table of keys with what the reference's PyJWT says of each.

  keys.py VERSION TABLE [--write]

TABLE is host/keyring/testdata/keys.json: a list of keys with the name of the case, the algorithm, the texts of SIGNING_KEY and perhaps VERIFYING_KEY, what PyJWT
says under "pyjwt" by the version of simplejwt it comes with ("reads" or "refuses"), under "signature" one of PyJWT's over "x", and under "refused" what edgetoken
says, "" where it reads the key. To read is to sign and, with the key that checks, to find the signature good. --write puts PyJWT's words into the table. Runs in the reference's virtual
environment (setup --install). Exit status 1 where the table is wrong.
"""
import base64
import json
import sys

from jwt.algorithms import get_default_algorithms


def content(text):
    return base64.b64decode(text["base64"]) if "base64" in text else text["text"].encode()


def verdict(row, write):
    algorithm = get_default_algorithms()[row["algorithm"]]
    try:
        key = algorithm.prepare_key(content(row["signing"]))
        signature = algorithm.sign(b"x", key)
        if "signature" in row and not algorithm.verify(b"x", key.public_key(), base64.b64decode(row["signature"])):
            return "reads another key of"
        if write:
            row.setdefault("signature", base64.b64encode(signature).decode())
        if "verifying" in row and not algorithm.verify(b"x", algorithm.prepare_key(content(row["verifying"])), signature):
            return "refuses"
    except Exception:  # of many kinds: whatever it is, Django answers 500
        return "refuses"
    return "reads"


def main():
    version, path, write = sys.argv[1], sys.argv[2], sys.argv[3:] == ["--write"]
    with open(path, encoding="utf-8") as f:
        rows = json.load(f)
    wrong = 0
    for row in rows:
        found, written = verdict(row, write), row.setdefault("pyjwt", {}).get(version)
        if write:
            row["pyjwt"][version] = found
        elif found != written:
            print("%s: PyJWT %s it, and the table says %r" % (row["name"], found, written))
            wrong += 1
    if write:
        with open(path, "w", encoding="utf-8") as f:
            json.dump(rows, f, indent=1, ensure_ascii=False)
            f.write("\n")
    print("%d keys, %d of which PyJWT says something else than the table" % (len(rows), wrong))
    return 1 if wrong else 0


sys.exit(main())
