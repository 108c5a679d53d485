"""Runs the kit: kit.py cryptography|module. Prints a line of JSON for each case, as testdata/kit/README.md says."""

import json
import os
import sys

import edgetoken

KIT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "kit")


def load(name):
    with open(os.path.join(KIT, name), encoding="utf-8") as file:
        return json.load(file)


class Unconfigured:
    """Stands for a verifier without a policy, which the package does not have."""

    def verify_json(self, token, now):
        raise edgetoken.Refused("not_configured")

    def update(self, bundle):
        raise edgetoken.Refused("not_configured")


def run(case, policies, bundles, mode):
    verifier, got = Unconfigured(), []
    for step in case["steps"]:
        try:
            if "configure" in step:
                alone = any(s.get("alone") for s in case["steps"])
                verifier = edgetoken.Verifier(policies[step["configure"]], signatures="module" if alone else mode)
                got.append("ok")
            elif "update" in step:
                verifier.update(bundles[step["update"]])
                got.append("ok")
            else:
                got.append("ok " + verifier.verify_json(step["verify"], step["now"]))
        except edgetoken.PolicyError as error:
            got.append(f"error: {error}")
        except edgetoken.Refused as refused:
            got.append(refused.cause)
        except Exception as error:  # the kit goes on
            got.append(f"broken: {error!r}")
    return {"name": case["name"], "got": got}


def main():
    policies, bundles = load("policies.json"), load("bundles.json")
    for case in load("cases.json"):
        print(json.dumps(run(case, policies, bundles, sys.argv[1])))


if __name__ == "__main__":
    main()
