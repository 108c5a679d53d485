"""A node, and keys that it and openssl make."""
import base64
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
COMMAND = os.path.join(HERE, "..", "..", "..", "bin", "edgetoken")
ALGORITHMS = ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384",
              "ES512", "EdDSA", "Ed25519"]
SECONDS = 60  # the most that a start takes, a stop and an answer
CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}

# How openssl writes the keys that are imported: PKCS#8 in PEM, but for these.
FORMS = {"RS256": ["-traditional"], "RS384": ["-outform", "DER"], "RS512": ["-traditional", "-outform", "DER"],
         "ES256": ["-traditional"], "ES384": ["-traditional", "-outform", "DER"], "Ed25519": ["-outform", "DER"]}


def base64url(b):
    return base64.urlsafe_b64encode(b).decode().rstrip("=")


def execute(*command, **how):
    """What a command prints; its errors end the run."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how)
    if done.returncode:
        said = (done.stderr + done.stdout).decode("utf-8", "replace").strip()  # mvn complains on standard output
        sys.exit("%s: %s" % (" ".join(command[:4]), said[-3000:]))
    return done.stdout


class Key:
    """A key, as the node, the libraries and openssl have it."""

    def __init__(self, algorithm, kid, secret=None, private=None, public=None):
        self.algorithm, self.kid = algorithm, kid
        if secret:
            self.parts = {"secret": secret}  # base64url
        else:
            self.parts = {"private": private, "public": public}  # PKCS#8 and SPKI in PEM


class Node:
    """A running node with one customer."""

    def __init__(self, folder, engine):
        self.config, log = os.path.join(folder, "edgetoken.yaml"), os.path.join(folder, "log")
        with open(self.config, "w", encoding="utf-8") as f:
            json.dump({"listen": "127.0.0.1:0", "data": os.path.join(folder, "data"), "allowed_hosts": ["127.0.0.1"],
                       "engine": engine, "password": {"memory": 8, "iterations": 1, "parallelism": 1}}, f)
        execute(COMMAND, "customers", "add", "ana@example.com", "--password-stdin", "--config", self.config,
                input=b"correct horse 1\n")
        with open(log, "wb") as out:
            self.process = subprocess.Popen([COMMAND, "serve", "--config", self.config], stdout=out, stderr=out)
        deadline, self.url = time.monotonic() + SECONDS, None
        while not self.url:
            if self.process.poll() is not None or time.monotonic() > deadline:
                with open(log, encoding="utf-8") as f:
                    sys.exit("the node does not start: " + f.read()[-3000:])
            time.sleep(0.05)
            with open(log, encoding="utf-8") as f:
                found = re.search(r"listening on (http:[^,]*),", f.read())
            self.url = found and found.group(1)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            sys.exit("the node does not end within %d s" % SECONDS)

    def post(self, path, body):
        """Status and body of the answer."""
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as e:
            return e.code, json.load(e)

    def keys(self, *arguments, kid=None, **how):
        """What a command about keys prints. A kid may begin with -, like a flag."""
        about = ["--", kid] if kid else []
        return execute(COMMAND, "keys", *arguments, "--config", self.config, *about, **how)

    def token(self, key):
        """An access token that the key signed."""
        self.keys("activate", kid=key.kid)
        status, pair = self.post("/auth/token/", {"email": "ana@example.com", "password": "correct horse 1"})
        if status != 200:
            sys.exit("no log-in with %s: %s" % (key.algorithm, pair))
        return pair["access"]

    def verify(self, token):
        status, answer = self.post("/auth/token/verify/", {"token": token})
        return status == 200 and answer == {}

    def jwks(self):
        """The public keys by their ids."""
        with urllib.request.urlopen(self.url + "/.well-known/jwks.json", timeout=SECONDS) as response:
            return {key["kid"]: key for key in json.load(response)["keys"]}


def parts(token):
    header, claims, signature = token.split(".")
    unpacked = (json.loads(base64.urlsafe_b64decode(p + "==")) for p in (header, claims))
    return (*unpacked, header, signature)


def forged(token):
    """The token with another customer in it."""
    _, claims, header, signature = parts(token)
    return ".".join((header, base64url(json.dumps(dict(claims, user_id="2")).encode()), signature))


def openssl_key(node, algorithm):
    """A key that openssl made, imported."""
    if algorithm.startswith("HS"):
        secret = base64url(execute("openssl", "rand", str(int(algorithm[2:]) // 8)))
        text = json.dumps({"kty": "oct", "k": secret, "alg": algorithm}).encode()
        return Key(algorithm, imported(node, text, algorithm), secret=secret)
    if algorithm in CURVES:
        how = ["EC", "-pkeyopt", "ec_paramgen_curve:" + CURVES[algorithm]]
    elif algorithm.startswith("Ed"):
        how = ["ED25519"]
    else:
        how = ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
    private = execute("openssl", "genpkey", "-algorithm", *how)
    public = execute("openssl", "pkey", "-pubout", input=private)
    text = execute("openssl", "pkey", *FORMS.get(algorithm, []), input=private)
    return Key(algorithm, imported(node, text, algorithm), private=private.decode(), public=public.decode())


def imported(node, text, algorithm):
    """The id of a key that the node takes."""
    return json.loads(node.keys("import", "-", "--algorithm", algorithm, "--json", input=text))["keys"][0]["id"]


def made_key(node, algorithm):
    """A key that the node made, exported."""
    kid = json.loads(node.keys("generate", "--algorithm", algorithm, "--json"))["key"]["id"]
    if algorithm.startswith("HS"):
        text = node.keys("export", "--format", "jwk", "--private", kid=kid)
        return Key(algorithm, kid, secret=json.loads(text)["k"])
    private = node.keys("export", "--format", "pem", "--private", kid=kid).decode()
    return Key(algorithm, kid, private=private, public=node.keys("export", "--format", "pem", kid=kid).decode())
