/**
 * Why a token was refused. Most names say what is wrong with the token. `blacklisted` and `cut_off`
 * say that it was revoked. Those of {@link Unable} say that the verifier could not tell.
 */
export type Cause = TokenCause | Unable;

export type TokenCause =
  | "too_long"
  | "malformed"
  | "bad_header"
  | "bad_algorithm"
  | "unknown_kid"
  | "bad_signature"
  | "bad_claims"
  | "key_for_refresh"
  | "key_ended"
  | "bad_iat"
  | "issued_in_future"
  | "bad_nbf"
  | "not_yet_valid"
  | "bad_exp"
  | "expired"
  | "wrong_issuer"
  | "wrong_audience"
  | "bad_sub"
  | "bad_jti"
  | "no_exp"
  | "no_id"
  | "no_type"
  | "wrong_type"
  | "blacklisted"
  | "cut_off"
  | "no_user"
  | "missing_claim";

/** Why nothing can be said of any token now. A service answers it with 503, not 401. */
export const unable = [
  "not_configured",
  "bad_clock",
  "no_bundle",
  "bundle_expired",
  "bundle_not_yet_valid",
  "signature_needed",
  "failed",
] as const;

export type Unable = (typeof unable)[number];

/** Why a bundle was not taken. */
export type BundleCause =
  "bundle_malformed" | "bundle_forged" | "bundle_older" | "bundle_base" | "bundle_unwanted";

/** Thrown where a token is not good. */
export class Refused extends Error {
  declare readonly cause: Cause;

  constructor(cause: Cause) {
    super(`token refused: ${cause}`, { cause });
    this.name = "Refused";
  }
}

/** Thrown where a bundle is not taken. The verifier is as it was before. */
export class BundleRefused extends Error {
  declare readonly cause: BundleCause | Unable;

  constructor(cause: BundleCause | Unable) {
    super(`bundle refused: ${cause}`, { cause });
    this.name = "BundleRefused";
  }
}

/** Thrown where a policy has a mistake. The message names the place and what is wrong there. */
export class PolicyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "PolicyError";
  }
}
