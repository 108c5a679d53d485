package store

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/edgetoken/edgetoken/core/change"
	"github.com/edgetoken/edgetoken/store/fact"
)

// merge joins a row with a customer, member by member.
type merge struct {
	*importing
	there, here Customer
	unsaid      []string
	p           person
	f           fact.Customer // what the customer takes
	facts       resolved
	ends        []change.Change
	said        []byte // digests for the next import
	result      *Imported
}

// members takes what has changed there alone. It leaves in m.said what counts as said from now on.
func (m *merge) members(there []byte, last lastImport) (resolved, error) {
	imported := len(last.digests) == len(there)
	here := digestsOf(&m.here)
	m.said = slices.Clone(there)
	for i, member := range importedMembers {
		from, to := i*digestBytes, (i+1)*digestBytes
		row, now := there[from:to], here[from:to]
		if bytes.Equal(row, now) {
			continue
		}
		if !imported && slices.Contains(m.unsaid, member.name) {
			copy(m.said[from:to], now)
			continue
		}
		if member.name == "password" && m.there.PasswordHash == m.here.PasswordHash {
			copy(m.said[from:to], now) // a hash that was made anew here has come back, and its claim is an older one
			continue
		}
		if imported {
			before := last.digests[from:to]
			if bytes.Equal(row, before) {
				continue
			}
			if !bytes.Equal(now, before) && !m.Overwrite {
				copy(m.said[from:to], before)
				m.conflict(member.name, nil)
				continue
			}
		} else if !m.Overwrite {
			m.conflict(member.name, nil)
			continue
		}
		err := m.take(member.name)
		switch {
		case errors.Is(err, ErrInvalid), errors.Is(err, ErrNoGroup):
			*m.result = Imported{ID: m.here.ID, Status: ImportBad, Err: err}
			return nil, nil
		case errors.Is(err, ErrExists):
			if imported {
				copy(m.said[from:to], last.digests[from:to])
			}
			m.conflict(member.name, err)
		case err != nil:
			return nil, err
		default:
			m.result.Changed = append(m.result.Changed, member.name)
		}
	}
	return m.resolve()
}

func (m *merge) conflict(member string, err error) {
	m.result.Conflicts = append(m.result.Conflicts, member)
	if err == nil {
		err = errBoth
	}
	if m.result.Err == nil {
		m.result.Err = err
	}
}

// errBoth says why a member stays as it is.
var errBoth = errors.New("it has changed here as well, or was never imported: what is here stays")

// take has the customer take one member of the row.
func (m *merge) take(member string) (err error) {
	f := &m.f
	switch member {
	case "email":
		return m.readdress()
	case "first_name":
		f.Set, f.FirstName = f.Set|fact.FirstName, m.there.FirstName
	case "last_name":
		f.Set, f.LastName = f.Set|fact.LastName, m.there.LastName
	case "is_active":
		f.Set, f.Active = f.Set|fact.Active, m.there.IsActive
		if m.there.IsActive {
			m.ends = append(m.ends, change.Enable)
		} else {
			m.ends = append(m.ends, change.Disable)
		}
	case "is_staff":
		f.Set, f.Staff = f.Set|fact.Staff, m.there.IsStaff
	case "is_superuser":
		f.Set, f.Superuser = f.Set|fact.Superuser, m.there.IsSuperuser
	case "password":
		f.Set |= fact.Password
		f.PasswordHash, f.RevokeClaim = m.there.PasswordHash, m.there.RevokeClaim
		m.ends = append(m.ends, change.Password)
	case "attributes":
		f.Set, f.Attributes = f.Set|fact.Attributes, m.there.Attributes
	case "permissions":
		f.Granted = without(m.there.Permissions, m.here.Permissions)
		f.Withdrawn = without(m.here.Permissions, m.there.Permissions)
	case "groups":
		numbers, err := m.numbers(m.there.Groups)
		if err != nil {
			return err
		}
		for _, name := range without(m.there.Groups, m.here.Groups) {
			f.Entered = append(f.Entered, fact.Entry{Group: name, Number: numbers[name]})
		}
		f.Left = without(m.here.Groups, m.there.Groups)
	default: // only the fact that makes a customer says when it joined
		return fmt.Errorf("%s is %w with another value, and never changes", member, ErrExists)
	}
	return nil
}

func (m *merge) readdress() error {
	if err := m.come.takes(m.there.Email, m.here.Email); err != nil {
		return err
	}
	existing, err := m.w.cutOffOf(m.here.ID, m.here.Email)
	if err != nil {
		return err
	}
	facts, err := m.w.readdress(m.here, m.there, existing, m.Keep)
	if err != nil {
		return err
	}
	m.facts = append(m.facts, facts...)
	m.f.Set, m.f.Email = m.f.Set|fact.Email, m.there.Email
	return nil
}

// resolve returns the facts of what was taken.
func (m *merge) resolve() (resolved, error) {
	f := &m.f
	if f.Set != 0 || len(f.Granted)+len(f.Withdrawn)+len(f.Entered)+len(f.Left) > 0 {
		f.Stamp = m.w.stamp()
		if err := m.p.checkRights(*f); err != nil {
			*m.result = Imported{ID: m.here.ID, Status: ImportBad, Err: err}
			return nil, nil
		}
		m.facts = append(m.facts, *f)
	}
	if len(m.ends) > 0 {
		existing, err := m.w.cutOffOf(m.here.ID, m.here.Email)
		if err != nil {
			return nil, err
		}
		for _, what := range m.ends {
			ends := what.Ends(m.here.ID, m.here.Email)
			m.facts = append(m.facts, cutOffs(ends, cutOff{at: m.w.newCutOff(existing)})...)
		}
	}
	return m.facts, nil
}
