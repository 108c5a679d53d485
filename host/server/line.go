package server

// line is a line of connections. Unlike that of container/list, it takes no memory of its own when one comes back into
// it, as each does after each request.
type line struct{ front, back *place }

// place is one connection's place in a line.
type place struct {
	of         *connection
	in         *line // nil: in none
	prev, next *place
}

func (l *line) pushBack(p *place) {
	p.in, p.prev = l, l.back
	if l.back = p; p.prev == nil {
		l.front = p
	} else {
		p.prev.next = p
	}
}

func (l *line) pushFront(p *place) {
	p.in, p.next = l, l.front
	if l.front = p; p.next == nil {
		l.back = p
	} else {
		p.next.prev = p
	}
}

// leave ends p's place in its line.
func (p *place) leave() {
	if p.prev == nil {
		p.in.front = p.next
	} else {
		p.prev.next = p.next
	}
	if p.next == nil {
		p.in.back = p.prev
	} else {
		p.next.prev = p.prev
	}
	p.in, p.prev, p.next = nil, nil, nil
}
