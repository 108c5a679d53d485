package django

// memberSet collects the members of an object by name: a later value replaces an earlier one in its
// place. A few names are compared one by one, more are found by a map.
type memberSet struct {
	list  []Member
	index map[string]int
}

// fewMembers is how many names are compared one by one before a map is made.
const fewMembers = 16

func (m *memberSet) put(name string, value Value) {
	if i := m.find(name); i >= 0 {
		m.list[i].Value = value
		return
	}
	m.list = append(m.list, Member{name, value})
	switch {
	case m.index != nil:
		m.index[name] = len(m.list) - 1
	case len(m.list) > fewMembers:
		m.index = make(map[string]int, 2*len(m.list))
		for i, member := range m.list {
			m.index[member.Name] = i
		}
	}
}

func (m *memberSet) find(name string) int {
	if m.index != nil {
		if i, ok := m.index[name]; ok {
			return i
		}
		return -1
	}
	for i, member := range m.list {
		if member.Name == name {
			return i
		}
	}
	return -1
}
