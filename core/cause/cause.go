// Package cause names why tokens and requests are refused.
package cause

// Cause says exactly why something was refused. It is for logs and `token explain`; a client sees only the public name
// that core.Settings.Describe gives. The numbers here are of no meaning outside of the program: package abi has those
// that cross the wall to a guest.
type Cause uint8

const (
	OK Cause = iota // not refused

	// Open: form, header, key, signature, claims. Clients cannot tell these apart.
	TooLong       // longer than core.MaxTokenBytes
	Malformed     // not three canonical base64url parts (RFC 7515 §7.1)
	BadHeader     // the header is no strict JSON object, asks for what is not understood (crit, b64), or is a bundle's
	BadAlgorithm  // alg is absent or not the algorithm of the key
	UnknownKey    // no key has this kid
	BadSignature  // the signature is not the key's
	BadClaims     // the claims are no strict JSON object
	KeyForRefresh // the key checks refresh tokens alone (core.KeyInfo.RefreshOnly), and this is another one
	KeyEnded      // the end of the key has come (core.KeySet.Ends)
	BadIssuedAt   // iat is no number
	NotYetIssued  // iat is ahead
	BadNotBefore  // nbf is no number
	NotYetValid   // nbf is ahead
	BadExpiresAt  // exp is no number, or beyond the year 9999
	Expired       // exp is past
	WrongIssuer   // iss is absent or another
	WrongAudience // aud is absent or names others
	BadSubject    // sub is no text
	BadID         // jti is no text, or no blacklist can hold the id

	// Decide.
	NoExpiresAt      // no exp
	NoID             // no id
	NoType           // no token type
	WrongType        // another token type
	Blacklisted      // the family was revoked, or the refresh token is spent
	Reused           // a refresh token that is spent was presented again: its family is revoked
	CutOff           // the family began before the customer's or the node's cut-off
	SessionEnded     // the family began longer ago than core.Settings.MaxSession
	SessionIdle      // the refresh token was issued longer ago than core.Settings.RefreshIdle
	NoRefreshExp     // no refresh_exp
	BadRefreshExp    // refresh_exp is no number, or no time of Python's
	RefreshExpired   // refresh_exp is past
	NoCustomerClaim  // no USER_ID_CLAIM
	CustomerNotFound // header: the customer does not exist
	CustomerInactive // header: the customer is not active
	RevokeClaim      // header: the password was changed since
	InactiveAccount  // refresh, verify: the customer does not exist or is not active
	BadCredentials   // log-in: no such customer, not active, or another password

	// The Authorization header.
	NoHeader      // none, or of another scheme
	HeaderInParts // not two parts

	// Verifiers elsewhere, which have a policy and perhaps a trust bundle. No client of a node sees these.
	MissingClaim      // a claim that the policy requires is absent or null
	NotConfigured     // there is no policy yet
	NoBundle          // the policy pins a root, and no bundle has come yet
	BadClock          // the time given is before core.EarliestTime
	BundleExpired     // the bundle is past its end, and the policy fails closed
	BundleNotYetValid // the bundle is ahead
	SignatureNeeded   // the host checks signatures, and has not vouched for this one
	Failed            // a bug: nothing is known of the token

	// Why a verifier takes no bundle.
	BundleMalformed // no bundle, or a damaged one
	BundleForged    // no pinned root signed it
	BundleOlder     // its epoch is not after the present one, or before the least that the policy takes
	BundleBase      // a delta of another bundle, or one that gives another result than it says
	BundleUnwanted  // the policy pins no root

	causes // their number
)

// causeNames are the names of all causes, as logs and `token explain` show them.
var causeNames = [causes]string{
	OK: "ok", TooLong: "too_long", Malformed: "malformed", BadHeader: "bad_header", BadAlgorithm: "bad_algorithm",
	UnknownKey: "unknown_kid", BadSignature: "bad_signature", BadClaims: "bad_claims",
	KeyForRefresh: "key_for_refresh", KeyEnded: "key_ended",
	BadIssuedAt:  "bad_iat",
	NotYetIssued: "issued_in_future", BadNotBefore: "bad_nbf", NotYetValid: "not_yet_valid", BadExpiresAt: "bad_exp",
	Expired: "expired", WrongIssuer: "wrong_issuer", WrongAudience: "wrong_audience", BadSubject: "bad_sub",
	BadID:       "bad_jti",
	NoExpiresAt: "no_exp", NoID: "no_id", NoType: "no_type", WrongType: "wrong_type", Blacklisted: "blacklisted",
	Reused: "token_reused", CutOff: "cut_off", SessionEnded: "session_ended", SessionIdle: "session_idle",
	NoRefreshExp: "no_refresh_exp", BadRefreshExp: "bad_refresh_exp",
	RefreshExpired:   "refresh_expired",
	NoCustomerClaim:  "no_user",
	CustomerNotFound: "user_not_found", CustomerInactive: "user_inactive", RevokeClaim: "password_changed",
	InactiveAccount: "no_active_account", BadCredentials: "no_active_account",
	NoHeader: "not_authenticated", HeaderInParts: "bad_authorization_header",

	MissingClaim: "missing_claim", NotConfigured: "not_configured", NoBundle: "no_bundle", BadClock: "bad_clock",
	BundleExpired: "bundle_expired", BundleNotYetValid: "bundle_not_yet_valid", SignatureNeeded: "signature_needed",
	Failed:          "failed",
	BundleMalformed: "bundle_malformed", BundleForged: "bundle_forged", BundleOlder: "bundle_older",
	BundleBase: "bundle_base", BundleUnwanted: "bundle_unwanted",
}

// String is the name of the cause, such as bad_signature.
func (c Cause) String() string {
	if c < causes {
		return causeNames[c]
	}
	return "unknown"
}
