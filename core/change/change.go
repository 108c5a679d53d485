// Package change says which log-ins end when an operator or a customer changes an account. It is the only place that
// does: a store carries out what it says.
package change

import "github.com/edgetoken/edgetoken/core"

// Change is a change of one customer, or of all. The zero value ends nothing.
type Change uint8

const (
	LogOut    Change = iota + 1 // a customer logs out everywhere, or is logged out
	Password                    // a customer has another password
	Disable                     // a customer may not log in any more
	Enable                      // a customer may log in again
	Remove                      // a customer is gone
	Address                     // a customer has another e-mail address
	LogOutAll                   // every customer is logged out
)

// ends are the effects of each change.
var ends = [...][]core.EffectKind{
	LogOut:   {core.EndLogins}, // R3
	Password: {core.EndLogins}, // R5
	Disable:  {core.EndLogins}, // R4
	// R4: nothing that was issued before comes back, not even what an import or a restored backup disabled without a
	// cut-off.
	Enable: {core.EndLogins},
	// R4: tokens name either; both may be another's one day.
	Remove: {core.EndLogins, core.EndAddress},
	// R4: the old address may be another's one day. Tokens that name the id, and sessions, go on.
	Address:   {core.EndAddress},
	LogOutAll: {core.EndAll}, // R3: a restored backup does not know what was revoked after it was made
}

// Ends gives the effects of a change of the customer id, which has, or had until now, an e-mail address.
func (c Change) Ends(id core.CustomerID, address string) []core.Effect {
	if int(c) >= len(ends) {
		return nil
	}
	list := make([]core.Effect, len(ends[c]))
	for i, kind := range ends[c] {
		list[i].Kind = kind
		switch kind {
		case core.EndLogins:
			list[i].Customer = id
		case core.EndAddress:
			list[i].Customer = core.Text(address)
		}
	}
	return list
}
