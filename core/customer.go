package core

import (
	"bytes"
	"strconv"

	"github.com/edgetoken/edgetoken/core/python"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// IDKind says what a CustomerID holds.
type IDKind uint8

const (
	NoCustomer IDKind = iota // no customer: the zero value
	IntegerID                // Django's AutoField and BigAutoField
	TextID                   // UUIDs, slugs, e-mail addresses
)

// CustomerID is the primary key of a customer, an integer or a text, and also the value of USER_ID_FIELD.
// The zero value is no customer. It is comparable: == is equality of customers.
type CustomerID struct {
	Kind IDKind
	Int  int64
	Text string
}

// Integer is the id of a customer with an integer primary key.
func Integer(id int64) CustomerID { return CustomerID{Kind: IntegerID, Int: id} }

// Text is the id of a customer with a text as primary key.
func Text(id string) CustomerID { return CustomerID{Kind: TextID, Text: id} }

// IsZero reports whether there is no customer.
func (id CustomerID) IsZero() bool { return id.Kind == NoCustomer }

// String is Python's str() of the id; "" for no customer.
func (id CustomerID) String() string {
	switch id.Kind {
	case IntegerID:
		return strconv.FormatInt(id.Int, 10)
	case TextID:
		return id.Text
	}
	return ""
}

// Customer is what core needs to know of a customer to check or issue a token.
type Customer struct {
	// ID is the primary key; its zero value says that no such customer exists.
	ID CustomerID
	// UserID is the value of USER_ID_FIELD, which USER_ID_CLAIM carries.
	UserID CustomerID
	// Active is Django's is_active.
	Active bool
	// RevokeClaim is the value of REVOKE_TOKEN_CLAIM: the MD5 of the encoded password hash,
	// 32 upper-case hex digits (simplejwt get_md5_hash_password).
	RevokeClaim string
	// Version changes with every change of the customer but last_login. 0 where there is none.
	Version uint64
}

// CustomerKey is the value of USER_ID_FIELD that the token names, read as Django reads it into a field of the given
// kind: Python's int() for integers (" 1 ", 1.5 and true are 1), str() for texts. ok is false where no customer can
// have it.
func (o *Opened) CustomerKey(kind IDKind) (id CustomerID, ok bool) {
	c := o.Customer
	switch kind {
	case IntegerID:
		v, ok := pythonInteger(o.Claims, c)
		if !ok || v.beyond {
			return CustomerID{}, false
		}
		return Integer(v.value), true
	case TextID:
		switch c.Form {
		case strictjson.String:
			return Text(string(c.Text(o.Claims))), true
		case strictjson.Number:
			return Text(string(numberStr(o.Claims[c.Start:c.End]))), true
		case strictjson.True:
			return Text("True"), true
		case strictjson.False:
			return Text("False"), true
		}
	}
	return CustomerID{}, false
}

// UnreadableCustomer reports whether Django could make no value of a field of the given kind of the token's customer
// claim, where it is there: a text that is no integer, a list, an object.
func (o *Opened) UnreadableCustomer(kind IDKind) bool {
	if kind != IntegerID || o.Customer.Form == strictjson.Absent || o.Customer.Form == strictjson.Null {
		return false
	}
	_, ok := pythonInt(o.Claims, o.Customer)
	return !ok
}

// truthy is Python's bool() of a claim.
func truthy(claims []byte, c strictjson.Value) bool {
	raw := claims[c.Start:c.End]
	switch c.Form {
	case strictjson.True:
		return true
	case strictjson.String:
		return len(raw) > 0
	case strictjson.Number:
		return python.Float(raw) != 0
	case strictjson.Array, strictjson.Object:
		return len(bytes.TrimSpace(raw[1:len(raw)-1])) > 0
	}
	return false
}
