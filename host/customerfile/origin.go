package customerfile

// Origin is what files said of the system that customers come from: all that an export needs to write a dump as it
// came. It is kept as JSON.
type Origin struct {
	Model  string   `json:"model,omitempty"`  // the label of the customers' model, such as customers.customer
	Email  string   `json:"email,omitempty"`  // the field that holds the e-mail address
	Fields []string `json:"fields,omitempty"` // of the model, in order
	// Groups are by name, and Permissions by "app_label.codename".
	Groups      map[string]Group      `json:"groups,omitempty"`
	Permissions map[string]Permission `json:"permissions,omitempty"`
}

// Group is a group there.
type Group struct {
	PK int64 `json:"pk,omitempty"` // 0: not known
	// Explained: a file had the group with its permissions. Else only its name is known.
	Explained   bool     `json:"explained,omitempty"`
	Permissions []string `json:"permissions,omitempty"` // "app_label.codename"
	Kept        []int64  `json:"kept,omitempty"`        // keys of permissions that nothing explains
}

// Permission is a permission there.
type Permission struct {
	PK    int64  `json:"pk,omitempty"`    // 0: not known
	Model string `json:"model,omitempty"` // of its content type, such as customer
}
