export { Follower, type FollowOptions } from "./follow.js";
export { Gate, protect, type GateOptions } from "./gate.js";
export type { JWK, Policy } from "./policy.js";
export {
  BundleRefused,
  PolicyError,
  Refused,
  type BundleCause,
  type Cause,
  type TokenCause,
  type Unable,
} from "./refused.js";
export {
  Verifier,
  type Claims,
  type CreateOptions,
  type Status,
  type VerifyOptions,
} from "./verifier.js";
