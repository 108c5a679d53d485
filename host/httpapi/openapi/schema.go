package openapi

import (
	"maps"
	"slices"
)

// object is a JSON object.
type object = map[string]any

// Schema is the shape of a value. The zero Schema stands for no body.
type Schema struct {
	name  string   // of a component; "": the schema is written where it is used
	shape object   // as the document has it
	uses  []Schema // the schemas within
}

// Text is a string, Flag a boolean, and Time a string in the format of RFC 3339.
func Text() Schema { return Schema{shape: object{"type": "string"}} }
func Flag() Schema { return Schema{shape: object{"type": "boolean"}} }
func Time() Schema { return Schema{shape: object{"type": "string", "format": "date-time"}} }

// Int32 and Int64 are integers. Generators choose a size for an integer without one.
func Int32() Schema { return Schema{shape: object{"type": "integer", "format": "int32"}} }
func Int64() Schema { return Schema{shape: object{"type": "integer", "format": "int64"}} }

// Any is any JSON, null included. Only the description says what it is.
func Any(description string) Schema {
	return Schema{shape: object{"nullable": true}}.About(description)
}

// List is an array.
func List(items Schema) Schema {
	return Schema{shape: object{"type": "array", "items": items.use()}, uses: []Schema{items}}
}

// Map is an object with any names, and values of one schema.
func Map(values Schema) Schema {
	return Schema{shape: object{"type": "object", "additionalProperties": values.use()}, uses: []Schema{values}}
}

// Empty is an object without members.
func Empty() Schema { return Schema{shape: object{"type": "object", "additionalProperties": false}} }

// Member is a member of an object.
type Member struct {
	Name     string
	Schema   Schema
	Optional bool
}

// Has is a member that is always there, MayHave one that may be missing.
func Has(name string, s Schema) Member     { return Member{Name: name, Schema: s} }
func MayHave(name string, s Schema) Member { return Member{Name: name, Schema: s, Optional: true} }

// Object is an object with these members and a name.
func Object(name string, members ...Member) Schema {
	s := Schema{name: name}
	properties, required := object{}, []string(nil)
	for _, m := range members {
		properties[m.Name] = m.Schema.use()
		s.uses = append(s.uses, m.Schema)
		if !m.Optional {
			required = append(required, m.Name)
		}
	}
	s.shape = object{"type": "object", "properties": properties}
	if required != nil {
		slices.Sort(required)
		s.shape["required"] = required
	}
	return s
}

// Named makes s a component with a name.
func (s Schema) Named(name string) Schema {
	s.name = name
	return s
}

// About is s with a description.
func (s Schema) About(text string) Schema { return s.with("description", text) }

// Titled is s with a title.
func (s Schema) Titled(text string) Schema { return s.with("title", text) }

// Nullable is s or null.
func (s Schema) Nullable() Schema { return s.with("nullable", true) }

// NotEmpty is a text that has at least one character.
func (s Schema) NotEmpty() Schema { return s.with("minLength", 1) }

// Password is a text that no screen should show.
func (s Schema) Password() Schema { return s.with("format", "password") }

// NotNegative is a number that is at least 0.
func (s Schema) NotNegative() Schema { return s.with("minimum", 0) }

func (s Schema) with(keyword string, value any) Schema {
	s.shape = maps.Clone(s.shape)
	s.shape[keyword] = value
	return s
}

// use is s where it is used: a reference, or s itself if it has no name.
func (s Schema) use() object {
	if s.name == "" {
		return s.shape
	}
	return object{"$ref": "#/components/schemas/" + s.name}
}

// collect adds s and all schemas within that have names to the components.
func (s Schema) collect(components object) {
	if s.name != "" {
		components[s.name] = s.shape
	}
	for _, used := range s.uses {
		used.collect(components)
	}
}
