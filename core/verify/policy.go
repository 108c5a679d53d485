package verify

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/jwk"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// Policy is what the operator of a verifier says, in JSON:
//
//	{
//	  "jwks":      {"keys": […]},           the keys, which may be secrets (RFC 7517 §5), or
//	  "root":      {"kty": …},              the JWK of the bundle's root, or a set of several
//	  "bundle":    "eyJ…",                  the first bundle; else it comes by Update
//	  "issuer":    "https://…",             ISSUER
//	  "audience":  "shop" or ["shop", …],   AUDIENCE
//	  "leeway":    30,                      LEEWAY, whole seconds up to 3600; a minute more than a bundle's at most
//	  "types":     ["access"],              AUTH_TOKEN_CLASSES, of access and sliding
//	  "required":  ["exp", "email"],        claims that must be there
//	  "min_epoch": 1790000000000,           no bundle before this one
//	  "fail_closed": true,                  past the bundle's not-after nothing is accepted
//	  "signatures": "guest",                who checks signatures of key pairs: "host" after Ask
//	  "compat": "5.5",                      whose reading of claims: simplejwt "5.5" or "5.2"
//	  "user_id_claim": "user_id",           USER_ID_CLAIM, TOKEN_TYPE_CLAIM, JTI_CLAIM; null: none
//	  "token_type_claim": "token_type",
//	  "jti_claim": "jti"
//	}
//
// One of jwks and root must be there. The last four are for jwks alone: a bundle has them. The bundle's issuer,
// audience, leeway and types hold unless the policy has its own.
type policy struct {
	keys       []jwk.Key // jwks
	roots      []jwk.Key
	bundle     string
	minEpoch   uint64
	failClosed bool
	hostSigns  bool // signatures: host
	required   []string

	// overrides of settings; nil: the policy has none
	issuer   *string
	audience *[]string
	list     bool // audience is a list
	leeway   *time.Duration
	types    []core.TokenType
	names    core.Settings // compat and the names of claims
}

// maxRequired bounds the claims that a policy requires.
const maxRequired = 64

// readPolicy reads the JSON.
func readPolicy(text []byte) (p *policy, err error) {
	p = &policy{failClosed: true, names: core.DefaultSettings()}
	var named string // a member that is for jwks alone
	fail := func(name string, e error) {
		if err == nil && e != nil {
			err = errors.New("policy: " + name + ": " + e.Error())
		}
	}
	whole := strictjson.Members(text, func(name string, value []byte) {
		row, known := policyMembers[name]
		if !known {
			fail(name, errors.New("no such member is known"))
			return
		}
		fail(name, row.read(p, value))
		if row.ofJWKS {
			named = name
		}
	})
	switch {
	case !whole:
		return nil, errors.New("policy: it is no strict JSON object (RFC 8259) of less than 64 KiB, " +
			"or has a name twice")
	case err != nil:
	case p.keys == nil && p.roots == nil:
		err = errors.New("policy: it has no keys: give jwks, or the root of the bundle")
	case p.keys != nil && p.roots != nil:
		err = errors.New("policy: it has both jwks and root: give one")
	case p.roots == nil && (p.bundle != "" || p.minEpoch != 0):
		err = errors.New("policy: bundle and min_epoch need the bundle's root")
	case p.roots != nil && named != "":
		err = errors.New("policy: " + named + ": the bundle has it")
	case p.issuer != nil && *p.issuer == "":
		err = errors.New("policy: issuer: it must not be empty; leave it out to accept any")
	}
	if err == nil && p.keys != nil {
		err = p.checkNames()
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// checkNames refuses an unknown version, and names of claims that have another meaning, or two.
func (p *policy) checkNames() error {
	s := &p.names
	if s.Compat != core.V55 && s.Compat != core.V52 {
		return errors.New(`policy: compat: it must be "5.5" or "5.2"`)
	}
	taken := []string{"exp", "iat", "nbf", "aud", "iss", s.SlidingTokenRefreshExpClaim, s.RevokeTokenClaim}
	for _, claim := range []struct{ member, name string }{
		{"user_id_claim", s.UserIDClaim}, {"token_type_claim", s.TokenTypeClaim}, {"jti_claim", s.IDClaim},
	} {
		if slices.Contains(taken, claim.name) {
			return errors.New("policy: " + claim.member + ": " + strconv.Quote(claim.name) +
				" has a meaning of its own; choose another name")
		}
		if claim.name != "" {
			taken = append(taken, claim.name)
		}
	}
	return nil
}

// policyMembers are the members of a policy.
var policyMembers = map[string]struct {
	read   func(p *policy, value []byte) error
	ofJWKS bool // with a root the bundle has it
}{
	"jwks": {read: func(p *policy, value []byte) (err error) {
		if p.keys, err = jwk.ReadSet(value); err == nil {
			err = distinct(p.keys)
		}
		return err
	}},
	"root": {read: func(p *policy, value []byte) (err error) {
		if p.roots, err = jwk.ReadSet(value); err == nil {
			err = distinct(p.roots)
		}
		for _, k := range p.roots {
			if k.Symmetric() {
				return errors.New("a root is the public key of a pair, never a secret")
			}
		}
		return err
	}},
	"bundle": {read: func(p *policy, value []byte) (err error) {
		p.bundle, err = text(value)
		return err
	}},
	"issuer": {read: func(p *policy, value []byte) error {
		issuer, err := text(value)
		p.issuer = &issuer
		return err
	}},
	"audience": {read: func(p *policy, value []byte) error {
		list := []string{}
		if one, ok := strictjson.TextOf(value); ok {
			list = append(list, one)
		} else if err := texts(value, &list); err != nil {
			return errors.New("it must be a text or a list of texts")
		} else {
			p.list = true
		}
		if len(list) == 0 {
			return errors.New("an empty list refuses every token; name an audience or leave it out")
		}
		p.audience = &list
		return nil
	}},
	"leeway": {read: func(p *policy, value []byte) error {
		seconds, ok := strictjson.WholeOf(value)
		if !ok || seconds > maxLeeway {
			return errors.New("it must be whole seconds, at most " + strconv.Itoa(maxLeeway))
		}
		leeway := time.Duration(seconds) * time.Second
		p.leeway = &leeway
		return nil
	}},
	"types": {read: func(p *policy, value []byte) error {
		var list []string
		if err := texts(value, &list); err != nil || len(list) == 0 || len(list) > 2 {
			return errors.New(`it must be a list of "access", "sliding" or both`)
		}
		for _, name := range list {
			t := core.TokenType(name)
			if t != core.AccessToken && t != core.SlidingToken {
				return errors.New(strconv.Quote(name) + " is no type of tokens in a header: use access or sliding")
			}
			p.types = append(p.types, t)
		}
		return nil
	}},
	"required": {read: func(p *policy, value []byte) error {
		if err := texts(value, &p.required); err != nil || len(p.required) > maxRequired {
			return errors.New("it must be a list of at most " + strconv.Itoa(maxRequired) + " names of claims")
		}
		return nil
	}},
	"min_epoch": {read: func(p *policy, value []byte) error {
		epoch, ok := strictjson.WholeOf(value)
		if !ok {
			return errors.New("it must be the epoch of a bundle, a whole number")
		}
		p.minEpoch = uint64(epoch)
		return nil
	}},
	"fail_closed": {read: func(p *policy, value []byte) error {
		p.failClosed = string(value) != "false"
		if p.failClosed && string(value) != "true" {
			return errors.New("it must be true or false")
		}
		return nil
	}},
	"signatures": {read: func(p *policy, value []byte) error {
		p.hostSigns = string(value) == `"host"`
		if !p.hostSigns && string(value) != `"guest"` {
			return errors.New(`it must be "guest" or "host"`)
		}
		return nil
	}},
	"compat": {ofJWKS: true, read: func(p *policy, value []byte) error {
		version, err := text(value)
		p.names.Compat = core.Version(version)
		return err
	}},
	"user_id_claim": {ofJWKS: true, read: func(p *policy, value []byte) error {
		return claim(value, &p.names.UserIDClaim)
	}},
	"token_type_claim": {ofJWKS: true, read: func(p *policy, value []byte) error {
		return claim(value, &p.names.TokenTypeClaim)
	}},
	"jti_claim": {ofJWKS: true, read: func(p *policy, value []byte) error {
		return claim(value, &p.names.IDClaim)
	}},
}

// maxLeeway bounds leeway, in seconds.
const maxLeeway = 3600

func text(value []byte) (string, error) {
	t, ok := strictjson.TextOf(value)
	if !ok {
		return "", errors.New("it must be a text")
	}
	return t, nil
}

func texts(value []byte, list *[]string) error {
	return strictjson.Elements(value, func(element []byte) error {
		t, err := text(element)
		*list = append(*list, t)
		return err
	})
}

// claim reads the name of a claim, or null for none.
func claim(value []byte, name *string) (err error) {
	if string(value) == "null" {
		*name = ""
		return nil
	}
	if *name, err = text(value); err == nil && *name == "" {
		err = errors.New("it must not be empty; null says that there is none")
	}
	return err
}

// distinct refuses two keys of one kid.
func distinct(keys []jwk.Key) error {
	seen := map[string]bool{}
	for _, k := range keys {
		if seen[k.ID] {
			return errors.New("two keys have the kid " + strconv.Quote(k.ID))
		}
		seen[k.ID] = true
	}
	return nil
}
