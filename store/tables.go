package store

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// person reads the record of the customer who holds an id, by key; ok is false if nobody does.
func (t tables) person(key []byte) (p person, ok bool, err error) {
	if len(key) == 0 {
		return person{}, false, nil
	}
	value := t.get(customersBucket, key)
	if value == nil {
		return person{}, false, nil
	}
	p, err = decodePerson(value)
	return p, err == nil, err
}

// customer reads a customer with last_login, permissions and groups; ok is false if there is none.
func (t tables) customer(id core.CustomerID) (c Customer, ok bool, err error) {
	key := idKey(id)
	p, ok, err := t.person(key)
	if err != nil || !ok {
		return Customer{}, false, err
	}
	c = p.customer(id)
	last, err := t.lastLogin(key)
	if err != nil {
		return Customer{}, false, err
	}
	if last.made == p.made {
		c.LastLogin = time.UnixMicro(last.at).UTC()
	}
	c.Groups, err = t.memberships(p.groups)
	return c, err == nil, err
}

// memberships are the names of the groups in which a customer is, sorted. A membership counts only while the group of
// that name is the one that the customer entered: a group that was removed and made again has no former members.
func (t tables) memberships(groups members) (names []string, err error) {
	if len(groups) == 0 {
		return nil, nil
	}
	bucket := t.tx.Bucket(groupsBucket)
	for _, m := range groups {
		if !m.has {
			continue
		}
		made, err := madeAs(bucket.Get([]byte(m.name)))
		if err != nil {
			return nil, fmt.Errorf("group %q: %w", m.name, err)
		}
		if made == m.number {
			names = append(names, m.name)
		}
	}
	return names, nil
}

// effective returns all permissions that a customer has, its own and those of its groups, sorted. An inactive customer
// has none (django.contrib.auth ModelBackend). A superuser may do everything; the list does not say so.
func (t tables) effective(c Customer) ([]string, error) {
	if !c.IsActive {
		return nil, nil
	}
	all := slices.Clone(c.Permissions)
	bucket := t.tx.Bucket(groupsBucket)
	for _, name := range c.Groups {
		g, err := groupIn(bucket, name)
		if err != nil {
			return nil, err
		}
		all = append(all, g.permissions.names()...)
	}
	return sorted(all), nil
}

// lastLogin is the record of a customer's last log-in.
type lastLogin struct {
	made fact.Stamp // of the customer
	at   int64      // Unix microseconds
}

func (t tables) lastLogin(key []byte) (lastLogin, error) {
	value := t.get(lastLoginBucket, key)
	if value == nil {
		return lastLogin{}, nil
	}
	return decodeLastLogin(value)
}

// owner returns the id of the customer with an e-mail address; zero if there is none.
func (t tables) owner(kind core.IDKind, email string) (core.CustomerID, error) {
	key, err := t.ownerKey(email)
	if err != nil || key == nil {
		return core.CustomerID{}, err
	}
	return readIDKey(kind, key)
}

// ownerKey returns the key of the customer with an e-mail address; nil if there is none.
func (t tables) ownerKey(email string) ([]byte, error) {
	if email == "" || len(email) > maxText {
		return nil, nil
	}
	value := t.get(emailsBucket, []byte(email))
	if value == nil {
		return nil, nil
	}
	return decodeOwner(value)
}

// mayHave reports whether there may be a record of a family, by the index where there is one.
func (t tables) mayHave(k core.FamilyKey) bool {
	return t.known == nil || t.known.mayHave(t.tx.ID(), k)
}

// familyOf reads the family of a customer's token: version is that of the latest change, and anyStart says that there
// is a record under the name without a start.
//
// A family may be recorded under several names, and each record counts. Names have the customer or not, since whoever
// revokes a family may know only one: a foreign token gives the name without, access tokens that came from it the name
// with the customer, and a node may not know the customer yet. Names of foreign families, and of all that were recorded
// before schema 5, have no start: such a record is about every start. So a name without a start finds all starts.
func (t tables) familyOf(k core.FamilyKey, customer core.CustomerID) (f family, anyStart bool, err error) {
	if !t.mayHave(k) {
		return family{}, false, nil
	}
	if f, anyStart, err = t.familyNamed(k); err != nil || customer.IsZero() {
		return f, anyStart, err
	}
	switch {
	case k.Customer.IsZero():
		k.Customer = customer
	case k.Issuer == "":
		k.Customer = core.CustomerID{}
	default:
		return f, anyStart, nil
	}
	other, whole, err := t.familyNamed(k)
	return f.and(other), anyStart || whole, err
}

// familyNamed is familyOf for names with the customer that k has, or with none. All starts of a name lie together.
func (t tables) familyNamed(k core.FamilyKey) (f family, anyStart bool, err error) {
	full, ok := familyKey(k)
	if !ok {
		return family{}, false, nil
	}
	k.Start = 0
	prefix, _ := familyKey(k)
	cursor := t.tx.Bucket(familiesBucket).Cursor()
	for key, value := cursor.Seek(prefix); bytes.HasPrefix(key, prefix); key, value = cursor.Next() {
		whole := len(key) == len(prefix)
		if !whole && len(full) > len(prefix) && !bytes.Equal(key, full) {
			continue // it began at another time
		}
		one, err := decodeFamily(value)
		if err != nil {
			return family{}, false, err
		}
		f, anyStart = f.and(one), anyStart || whole
	}
	return f, anyStart, nil
}

// family reads the record of a family; the zero value if there is none.
func (t tables) family(k core.FamilyKey) (family, error) {
	key, ok := familyKey(k)
	if !ok || !t.mayHave(k) {
		return family{}, nil
	}
	value := t.get(familiesBucket, key)
	if value == nil {
		return family{}, nil
	}
	return decodeFamily(value)
}

// named says which customer an error is about.
func named(id core.CustomerID, err error) error { return fmt.Errorf("customer %q: %w", id, err) }
