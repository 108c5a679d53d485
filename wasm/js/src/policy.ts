/** A JSON Web Key (RFC 7517). */
export interface JWK {
  kty: string;
  kid?: string;
  alg?: string;
  [member: string]: unknown;
}

/**
 * What a verifier goes by. It has either the keys themselves (`jwks`), which stay as they are, or the
 * root key of a node's trust bundles (`root`), which bring keys, settings and revocations.
 */
export interface Policy {
  /** The keys that sign tokens; secrets too. */
  jwks?: { keys: JWK[] };
  /** What `edgetoken bundle root` prints: the public key that signs bundles, or several. */
  root?: JWK | { keys: JWK[] };
  /** A first bundle. Without one all tokens are refused with `no_bundle` until the first update. */
  bundle?: string;
  /** Who must have issued the token: its iss. */
  issuer?: string;
  /** For whom the token must be: one of these must be in its aud. */
  audience?: string | string[];
  /**
   * How far other clocks may be off, in whole seconds up to 3600; a bundle allows a minute more than its own.
   * Default: what the bundle says, or 0.
   */
  leeway?: number;
  /** The types of tokens to accept. Default: access tokens only, or what the bundle says. */
  types?: ("access" | "sliding")[];
  /** Claims that a token must have. */
  required?: string[];
  /** No bundle is taken with an epoch before this one. */
  min_epoch?: number;
  /** Refuse everything when the bundle is past its end. Default: true. */
  fail_closed?: boolean;
  /** Who checks signatures but HMAC: WebCrypto ("host", the default here), or the module itself. */
  signatures?: "host" | "guest";
  /** With jwks only: the claims that have user, type and id, null for none; whose reading of them. */
  user_id_claim?: string | null;
  token_type_claim?: string | null;
  jti_claim?: string | null;
  compat?: "5.5" | "5.2";
}
