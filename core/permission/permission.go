// Package permission says who may use an endpoint. Its rules are Django REST framework's permission classes.
package permission

import (
	"slices"
	"strings"
)

// Rule is a permission class. It grants nothing beyond the request it is asked about, and a token's claims play no part
// in it: who the caller is was settled before.
type Rule uint8

const (
	AllowAny Rule = iota
	IsAuthenticated
	IsAdminUser               // is_staff: who may use Django's admin, not who may do everything
	IsAuthenticatedOrReadOnly // anyone may read
	DjangoModelPermissions    // whoever has authenticated may read; who writes needs the right for the model
	DjangoModelPermissionsOrAnonReadOnly

	ruleCount // their number
)

// Caller is who makes a request. The zero value is an anonymous one; of a caller who has not authenticated nothing
// else counts.
type Caller struct {
	Authenticated, Active, Staff, Superuser bool
	// effective ones, "app_label.codename", such as customers.add_customer
	Rights []string
}

// Verdict is what a rule says of a request.
type Verdict uint8

const (
	Allowed          Verdict = iota
	Unauthenticated          // refused, and the caller is anonymous: core.NotAuthenticated, 401
	Forbidden                // refused, and the caller is known: 403
	MethodNotAllowed         // the rule knows no right for the method: 405

	verdictCount // their number
)

// need is what a rule asks of a caller, a set.
type need uint8

const (
	needLogin  need = 1 << iota // to have authenticated
	needStaff                   // to be staff
	needRight                   // the right that the method stands for
	needMethod                  // another method: there is no right for this one
)

// rules is the whole of the policy: what each rule needs to read, to write, and for methods that are neither
// (rest_framework/permissions.py, the same in 3.14 and 3.18).
var rules = [ruleCount]struct {
	name               string
	read, write, other need
}{
	AllowAny:                  {"AllowAny", 0, 0, 0},
	IsAuthenticated:           {"IsAuthenticated", needLogin, needLogin, needLogin},
	IsAdminUser:               {"IsAdminUser", needStaff, needStaff, needStaff},
	IsAuthenticatedOrReadOnly: {"IsAuthenticatedOrReadOnly", 0, needLogin, needLogin},
	DjangoModelPermissions: {"DjangoModelPermissions", needLogin, needLogin | needRight,
		needLogin | needMethod},
	DjangoModelPermissionsOrAnonReadOnly: {"DjangoModelPermissionsOrAnonReadOnly", 0, needRight, needMethod},
}

// methods are those that a rule tells apart, with the beginning of the right's name; empty for those that only read
// (SAFE_METHODS and perms_map).
var methods = [...]struct{ name, right string }{
	{"GET", ""}, {"HEAD", ""}, {"OPTIONS", ""}, {"POST", "add_"}, {"PUT", "change_"}, {"PATCH", "change_"},
	{"DELETE", "delete_"},
}

// Decide says whether the caller may make a request of a method, in capitals as Django makes them, to an endpoint of
// a model, "customers.customer"; rules that know no rights need no model. An unknown rule refuses everything.
func (r Rule) Decide(method, model string, c Caller) Verdict {
	if r >= ruleCount {
		return c.refused()
	}
	needs, verb := rules[r].other, ""
	for _, m := range methods {
		switch {
		case m.name != method:
		case m.right == "":
			needs = rules[r].read
		default:
			needs, verb = rules[r].write, m.right
		}
	}
	return c.meets(needs, verb, model)
}

func (c *Caller) meets(needs need, verb, model string) Verdict {
	switch {
	case needs&needLogin != 0 && !c.Authenticated, needs&needStaff != 0 && !(c.Authenticated && c.Staff):
		return c.refused()
	case needs&needMethod != 0:
		return MethodNotAllowed
	case needs&needRight != 0 && !c.has(verb, model):
		return c.refused()
	}
	return Allowed
}

// refused is the answer to a caller whom a rule turns away (APIView.permission_denied).
func (c *Caller) refused() Verdict {
	if !c.Authenticated {
		return Unauthenticated
	}
	return Forbidden
}

// OfModel are the permissions that Django makes for a model: customers.customer has customers.add_customer and so on.
func OfModel(model string) (list []string) {
	app, name, _ := strings.Cut(model, ".")
	for _, verb := range []string{"add_", "change_", "delete_", "view_"} {
		list = append(list, app+"."+verb+name)
	}
	return list
}

// has is Django's has_perm (django/contrib/auth): an active superuser has every right, an inactive caller none.
func (c *Caller) has(verb, model string) bool {
	if !c.Authenticated || !c.Active {
		return false
	}
	if c.Superuser {
		return true
	}
	app, name, _ := strings.Cut(model, ".")
	return slices.Contains(c.Rights, app+"."+verb+name)
}

// Known reports whether r is one of the rules.
func (r Rule) Known() bool { return r < ruleCount }

// String is the name of the rule: that of the permission class.
func (r Rule) String() string {
	if r < ruleCount {
		return rules[r].name
	}
	return "unknown"
}

// Known reports whether v is one of the verdicts.
func (v Verdict) Known() bool { return v < verdictCount }
