package customerfile

import (
	"encoding/json"

	"github.com/edgetoken/edgetoken/host/exactjson"
)

// object has those members of a JSON object that tell what it is.
type object struct {
	model, pk, fields json.RawMessage // of an object of a dump
	group             json.RawMessage // of a group that is a line of its own
	groups            json.RawMessage // of a customer
	others            bool            // it has other members than a group
}

func (o *object) read(raw []byte) {
	for name, value := range exactjson.Members(raw) {
		switch name {
		case "model":
			o.model = value
		case "pk":
			o.pk = value
		case "fields":
			o.fields = value
		case "group":
			o.group = value
		case "permissions":
		case "groups":
			o.groups = value
			fallthrough
		default:
			o.others = true
		}
	}
}

func (o *object) isGroup() bool { return o.group != nil && !o.others }

func (o *object) isDump() bool {
	return len(o.model) > 2 && o.model[0] == '"' && len(o.fields) > 0 && o.fields[0] == '{'
}

// label is that of the model. No label has escapes.
func (o *object) label() []byte { return o.model[1 : len(o.model)-1] }

// number is the primary key, or 0 for one that is no integer, which explains nothing.
func (o *object) number() (pk int64) {
	_ = json.Unmarshal(o.pk, &pk)
	return pk
}
