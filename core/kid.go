package core

// kids find the key that checks a token: by kid, or the one for tokens without it.
type kids struct {
	named    map[string]int // the first key of each ID
	any      int            // of the keys, for a kid that names none; -1: none
	fallback int            // for no kid; -1: none
}

func newKids(keys []KeyInfo) kids {
	k := kids{named: make(map[string]int, len(keys)), any: -1, fallback: -1}
	for i := range keys {
		key := &keys[i]
		if _, taken := k.named[key.ID]; key.ID != "" && !taken {
			k.named[key.ID] = i
		}
		if key.AnyID {
			k.any = i
		}
		if key.Default {
			k.fallback = i
		}
	}
	return k
}

// find is the index of the key that checks a token with this kid or without one; -1 where there is none.
func (k *kids) find(kid []byte, named bool) int {
	if !named {
		return k.fallback
	}
	if i, ok := k.named[string(kid)]; ok {
		return i
	}
	return k.any
}
