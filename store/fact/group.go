package fact

import "github.com/edgetoken/edgetoken/core/codec"

// name | stamp made | stamp | granted | withdrawn
func (f Group) appendTo(b []byte) []byte {
	b = f.Stamp.Append(f.Made.Append(codec.Text(b, f.Name)))
	return codec.Texts(codec.Texts(b, f.Granted), f.Withdrawn)
}

func readGroup(r *reader) Fact {
	f := Group{Name: r.name()}
	f.Made, f.Stamp = r.stamps()
	f.Granted, f.Withdrawn = r.names(), r.names()
	r.require(disjoint(f.Granted, f.Withdrawn))
	return f
}

// name | stamp | i64 until, s
func (f RemoveGroup) appendTo(b []byte) []byte {
	return codec.I64(f.Stamp.Append(codec.Text(b, f.Name)), f.Until)
}

func readRemoveGroup(r *reader) Fact {
	return RemoveGroup{Name: r.name(), Stamp: r.stamp(), Until: r.until()}
}
