package core

import "github.com/edgetoken/edgetoken/core/cause"

// Writes reports whether an operation writes tokens. Those that do not are decided without any engine, by Decide.
func (op Op) Writes() bool { return op.LogsIn() || op == Refresh || op == SlidingRefresh }

// takes is the type of the tokens that an operation takes, but for a header, where the settings name their types.
func (op Op) takes() TokenType {
	if op == SlidingRefresh {
		return SlidingToken
	}
	return RefreshToken
}

// Decide decides a request and writes nothing: all that there is to operations that write no token, and of the others
// whether they would. The checks and their order are a table: checks.go and order.go.
func Decide(s *Settings, req *Request) Outcome {
	var o Outcome
	d := newDecision(s, req)
	d.decide(&o)
	return o
}

// decide sets all of o but the tokens and the effects of those that are written.
func (d *decision) decide(o *Outcome) {
	o.Refusals = nil
	if d.req.Op == Authenticate {
		o.Refusals = d.authenticate()
	} else if _, c := d.walk(d.order(d.req.Op.takes()), d.req.Op.takes()); c != cause.OK {
		o.Refusals = []Refusal{{Cause: c}}
		if c == cause.Reused {
			o.revoke(d)
		}
	} else {
		o.revoke(d)
	}
	o.Effects.Node = d.s.Node
	o.reads(d)
}

// authenticate tries each class of AUTH_TOKEN_CLASSES; one that accepts is enough. Then its customer decides.
func (d *decision) authenticate() []Refusal {
	var refusals []Refusal
	for _, class := range d.s.AuthTokenClasses {
		list := d.order(class)
		at, c := d.walk(list, class)
		switch {
		case c == cause.OK:
			return nil
		case list[at].ofCustomer():
			return []Refusal{{Cause: c}}
		}
		refusals = append(refusals, Refusal{Cause: c, Class: class})
	}
	return refusals
}

// holder is the customer in the name of the token's family, even one who was removed.
func (d *decision) holder() CustomerID {
	if id := d.req.State.Customer.ID; !id.IsZero() {
		return id
	}
	return d.req.State.Unheld
}

// reads notes what the decision depends on.
func (o *Outcome) reads(d *decision) {
	r := &o.Effects.Reads
	*r = Reads{}
	r.Customer = d.holder()
	r.CustomerVersion = d.req.State.Customer.Version
	r.CutOff = d.req.State.CutOff
	if !d.req.Op.LogsIn() && d.fam.Listed {
		r.HasFamily = true
		r.Family = d.fam.Key(d.o.Issuer, r.Customer)
		r.FamilyVersion = d.req.State.Family.Version
	}
}
