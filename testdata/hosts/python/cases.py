"""Runs the kit in a verifier of Python's, and prints a line of JSON for each case, as testdata/kit/README.md says."""

import json
import os

KIT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "kit")


def load(name):
    with open(os.path.join(KIT, name), encoding="utf-8") as file:
        return json.load(file)


def run(fresh):
    """fresh makes a verifier for a case. It has three methods:

    configure(policy)   a text or an object; gives the error or None
    update(bundle)      gives the cause or None
    verify(token, now)  gives True and the claims, or False and the cause
    """
    policies, bundles = load("policies.json"), load("bundles.json")
    for case in load("cases.json"):
        verifier, got = fresh(case), []
        for step in case["steps"]:
            try:
                if "configure" in step:
                    error = verifier.configure(policies[step["configure"]])
                    got.append("ok" if error is None else f"error: {error}")
                elif "update" in step:
                    got.append(verifier.update(bundles[step["update"]]) or "ok")
                else:
                    good, text = verifier.verify(step["verify"], step["now"])
                    got.append(f"ok {text}" if good else text)
            except Exception as error:  # the kit goes on
                got.append(f"broken: {error!r}")
        print(json.dumps({"name": case["name"], "got": got}))
