package abi

import "github.com/edgetoken/edgetoken/core/cause"

// causes are the causes by the number with which they cross the wall. A host that was built against another release
// knows them by these numbers, so a number never changes its meaning: append, and leave the rest as it is.
// testdata/causes.txt has the numbers with the names, for hosts in other languages.
var causes = [...]cause.Cause{
	0:  cause.OK,
	1:  cause.TooLong,
	2:  cause.Malformed,
	3:  cause.BadHeader,
	4:  cause.BadAlgorithm,
	5:  cause.UnknownKey,
	6:  cause.BadSignature,
	7:  cause.BadClaims,
	8:  cause.KeyForRefresh,
	9:  cause.KeyEnded,
	10: cause.BadIssuedAt,
	11: cause.NotYetIssued,
	12: cause.BadNotBefore,
	13: cause.NotYetValid,
	14: cause.BadExpiresAt,
	15: cause.Expired,
	16: cause.WrongIssuer,
	17: cause.WrongAudience,
	18: cause.BadSubject,
	19: cause.BadID,
	20: cause.NoExpiresAt,
	21: cause.NoID,
	22: cause.NoType,
	23: cause.WrongType,
	24: cause.Blacklisted,
	25: cause.Reused,
	26: cause.CutOff,
	27: cause.SessionEnded,
	28: cause.SessionIdle,
	29: cause.NoRefreshExp,
	30: cause.BadRefreshExp,
	31: cause.RefreshExpired,
	32: cause.NoCustomerClaim,
	33: cause.CustomerNotFound,
	34: cause.CustomerInactive,
	35: cause.RevokeClaim,
	36: cause.InactiveAccount,
	37: cause.BadCredentials,
	38: cause.NoHeader,
	39: cause.HeaderInParts,
	40: cause.MissingClaim,
	41: cause.NotConfigured,
	42: cause.NoBundle,
	43: cause.BadClock,
	44: cause.BundleExpired,
	45: cause.BundleNotYetValid,
	46: cause.SignatureNeeded,
	47: cause.Failed,
	48: cause.BundleMalformed,
	49: cause.BundleForged,
	50: cause.BundleOlder,
	51: cause.BundleBase,
	52: cause.BundleUnwanted,
}

// numbers are the numbers of the causes.
var numbers = func() (n [len(causes)]byte) {
	for number, c := range causes {
		n[c] = byte(number)
	}
	return n
}()

// causeOf is the cause with a number; not ok where none has it.
func causeOf(number byte) (c cause.Cause, ok bool) {
	if int(number) >= len(causes) {
		return cause.OK, false
	}
	return causes[number], true
}
