import type { Question } from "./guest.js";

/** How WebCrypto imports the key of an algorithm, and how it checks a signature with it. */
type Algorithm = [
  key: EcKeyImportParams | RsaHashedImportParams | { name: "Ed25519" },
  check: EcdsaParams | RsaPssParams | { name: string },
];

const ED25519: Algorithm = [{ name: "Ed25519" }, { name: "Ed25519" }];

const algorithms: Record<string, Algorithm> = {
  ES256: ecdsa("P-256", 256),
  ES384: ecdsa("P-384", 384),
  ES512: ecdsa("P-521", 512),
  RS256: rsa("RSASSA-PKCS1-v1_5", 256),
  RS384: rsa("RSASSA-PKCS1-v1_5", 384),
  RS512: rsa("RSASSA-PKCS1-v1_5", 512),
  PS256: rsa("RSA-PSS", 256),
  PS384: rsa("RSA-PSS", 384),
  PS512: rsa("RSA-PSS", 512),
  EdDSA: ED25519,
  Ed25519: ED25519,
};

function ecdsa(namedCurve: string, bits: number): Algorithm {
  return [
    { name: "ECDSA", namedCurve },
    { name: "ECDSA", hash: `SHA-${bits}` },
  ];
}

function rsa(name: string, bits: number): Algorithm {
  return [
    { name, hash: `SHA-${bits}` },
    { name, saltLength: bits / 8 }, // which RSASSA-PKCS1-v1_5 does not look at
  ];
}

const MOST_KEYS = 64;

const encoder = new TextEncoder();

/** Checks signatures with WebCrypto, and remembers the keys that it imported. */
export class Signatures {
  readonly #keys = new Map<string, Promise<CryptoKey>>();

  /** Says whether the signature is good; undefined where this runtime cannot use the key. */
  async check({ key, algorithm, input }: Question, token: string): Promise<boolean | undefined> {
    const row = algorithms[algorithm];
    if (row === undefined) return undefined;
    let imported: CryptoKey;
    try {
      imported = await this.#import(key, row[0]);
    } catch {
      return undefined;
    }
    try {
      const signed = encoder.encode(token.slice(0, input));
      return await crypto.subtle.verify(row[1], imported, decode(token.slice(input + 1)), signed);
    } catch {
      return false; // such as for a signature of another length
    }
  }

  #import(jwk: string, algorithm: Algorithm[0]): Promise<CryptoKey> {
    const known = this.#keys.get(jwk);
    if (known !== undefined) return known;
    // Other members, such as use, would only give a runtime something to object to.
    const { kty, crv, x, y, n, e } = JSON.parse(jwk);
    const imported = crypto.subtle.importKey("jwk", { kty, crv, x, y, n, e }, algorithm, false, [
      "verify",
    ]);
    if (this.#keys.size >= MOST_KEYS) this.#keys.clear();
    this.#keys.set(jwk, imported);
    return imported;
  }
}

/** Decodes base64url, which the guest has found to be canonical. */
function decode(text: string): Uint8Array<ArrayBuffer> {
  const characters = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
