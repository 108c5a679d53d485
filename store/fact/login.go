package fact

import "github.com/edgetoken/edgetoken/core/codec"

// id of the customer | u64 bits | i64 start, ms | i64 until, s | i64 used, ms | agent | address
func (f Login) appendTo(b []byte) []byte {
	b = codec.I64(codec.U64(appendID(b, f.Family.Customer), f.Family.Bits), f.Family.Start)
	return appendUse(codec.I64(b, f.Until), f.Used, f.Agent, f.Address)
}

func readLogin(r *reader) Fact {
	var f Login
	f.Family.Customer, f.Family.Bits, f.Family.Start = r.id(), r.U64(), r.familyStart()
	r.require(f.Family.Start != 0)
	f.Until = r.second()
	r.require(f.Until != 0)
	f.Used, f.Agent, f.Address = r.use()
	return f
}

// appendUse appends i64 used, ms | agent | address.
func appendUse(b []byte, used int64, agent, address string) []byte {
	return codec.Text(codec.Text(codec.I64(b, used), agent), address)
}

// use takes what appendUse has appended.
func (r *reader) use() (used int64, agent, address string) {
	used, agent, address = r.familyStart(), r.text(), r.text()
	r.require(len(agent) <= MaxAgent && len(address) <= MaxAddress)
	return used, agent, address
}

func (f Login) describe(o *object) {
	o.family(f.Family, f.Family.Start)
	o.seconds("until", f.Until)
	o.milliseconds("used", f.Used)
	o.secret("client")
}
