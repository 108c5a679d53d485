"""Runs the kit in the package: kit.py cryptography|module, which says who checks signatures of key pairs."""

import sys

import cases
import edgetoken


class Verifier:
    """The package's Verifier, which has its policy from the beginning."""

    def __init__(self, case):
        alone = any(step.get("alone") for step in case["steps"])
        self.signatures, self.verifier = "module" if alone else sys.argv[1], None

    def configure(self, policy):
        try:
            self.verifier = edgetoken.Verifier(policy, signatures=self.signatures)
        except edgetoken.PolicyError as error:
            return str(error)

    def update(self, bundle):
        if self.verifier is None:
            return "not_configured"
        try:
            self.verifier.update(bundle)
        except edgetoken.Refused as refused:
            return refused.cause

    def verify(self, token, now):
        if self.verifier is None:
            return False, "not_configured"
        try:
            return True, self.verifier.verify_json(token, now)
        except edgetoken.Refused as refused:
            return False, refused.cause


if __name__ == "__main__":
    cases.run(Verifier)
