// Makes keys and tokens with WebCrypto.

const encoder = new TextEncoder();

const rows = {
  HS256: [{ name: "HMAC", hash: "SHA-256" }, "HMAC"],
  ES256: [
    { name: "ECDSA", namedCurve: "P-256" },
    { name: "ECDSA", hash: "SHA-256" },
  ],
  ES384: [
    { name: "ECDSA", namedCurve: "P-384" },
    { name: "ECDSA", hash: "SHA-384" },
  ],
  ES512: [
    { name: "ECDSA", namedCurve: "P-521" },
    { name: "ECDSA", hash: "SHA-512" },
  ],
  RS256: [rsa("RSASSA-PKCS1-v1_5"), "RSASSA-PKCS1-v1_5"],
  PS256: [rsa("RSA-PSS"), { name: "RSA-PSS", saltLength: 32 }],
  EdDSA: [{ name: "Ed25519" }, "Ed25519"],
};

function rsa(name) {
  return { name, hash: "SHA-256", modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
}

export const algorithms = Object.keys(rows);

/** A key of an algorithm: the JWK that verifies (of HS256 the secret itself), and what signs. */
export async function newKey(alg, kid = alg) {
  const [how, use] = rows[alg];
  const made = await crypto.subtle.generateKey(how, true, ["sign", "verify"]);
  const jwk = await crypto.subtle.exportKey("jwk", made.publicKey ?? made);
  const { kty, crv, x, y, n, e, k } = jwk;
  return { jwk: { kty, crv, x, y, n, e, k, alg, kid }, use, signs: made.privateKey ?? made };
}

/** A token with these claims, beside those that every token has. */
export async function token(key, claims = {}) {
  const header = { alg: key.jwk.alg, kid: key.jwk.kid, typ: "JWT" };
  const input = `${encode(header)}.${encode({ ...standard(), ...claims })}`;
  const signature = await crypto.subtle.sign(key.use, key.signs, encoder.encode(input));
  return `${input}.${base64url(new Uint8Array(signature))}`;
}

function standard() {
  return {
    token_type: "access",
    exp: Math.floor(Date.now() / 1000) + 3600,
    jti: crypto.randomUUID(),
    user_id: "7",
  };
}

/** The token with other claims, and the signature of before. */
export function forged(token, claims) {
  const [header, , signature] = token.split(".");
  return `${header}.${encode({ ...standard(), ...claims })}.${signature}`;
}

function encode(value) {
  return base64url(encoder.encode(JSON.stringify(value)));
}

function base64url(bytes) {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
