package admin

import "net/http"

// The operations.
var (
	AddCustomers   = Operation[AddQuery, Stream, Added]{http.MethodPost, "/customers", addQueryOf, (*server).addCustomers}
	ListCustomers  = Operation[PageQuery, None, Page]{http.MethodGet, "/customers", pageQueryOf, (*server).listCustomers}
	ShowCustomer   = Operation[CustomerQuery, None, Customer]{http.MethodGet, "/customer", customerQueryOf, (*server).showCustomer}
	SetAccess      = Operation[CustomerQuery, Access, Customer]{http.MethodPost, "/customer", customerQueryOf, (*server).setAccess}
	SetDetails     = Operation[CustomerQuery, Details, Customer]{http.MethodPatch, "/customer", customerQueryOf, (*server).setDetails}
	RemoveCustomer = Operation[CustomerQuery, None, Customer]{http.MethodDelete, "/customer", customerQueryOf, (*server).removeCustomer}

	ChangeRights = Operation[CustomerQuery, RightsChange, RightsChanged]{http.MethodPost, "/rights", customerQueryOf, (*server).changeRights}
	ListGroups   = Operation[None, None, Groups]{http.MethodGet, "/groups", noQuery, (*server).listGroups}
	AddGroup     = Operation[None, GroupChange, GroupChanged]{http.MethodPost, "/groups", noQuery, (*server).addGroup}
	PutGroup     = Operation[None, GroupChange, GroupChanged]{http.MethodPut, "/groups", noQuery, (*server).putGroup}
	ChangeGroup  = Operation[None, GroupChange, GroupChanged]{http.MethodPatch, "/groups", noQuery, (*server).changeGroup}
	RemoveGroup  = Operation[GroupQuery, None, Group]{http.MethodDelete, "/groups", groupQueryOf, (*server).removeGroup}

	ExplainToken = Operation[None, TokenRequest, Explanation]{http.MethodPost, "/token", noQuery, (*server).explainToken}
	Revoke       = Operation[None, RevokeRequest, Revocation]{http.MethodPost, "/revoke", noQuery, (*server).revoke}

	Compact     = Operation[None, None, Compaction]{http.MethodPost, "/compact", noQuery, (*server).compact}
	ShowClock   = Operation[None, None, Clock]{http.MethodGet, "/clock", noQuery, (*server).showClock}
	AcceptClock = Operation[None, None, Clock]{http.MethodPost, "/clock", noQuery, (*server).acceptClock}

	// Reload is of a running node, which answers it itself: see Operation.Handle.
	Reload = Operation[None, None, Reloaded]{http.MethodPost, "/reload", noQuery, nil}
)

// routes are the operations that a server does.
var routes = []interface {
	route(*http.ServeMux, *server)
}{
	AddCustomers, ListCustomers, ShowCustomer, SetAccess, SetDetails, RemoveCustomer,
	ChangeRights, ListGroups, AddGroup, PutGroup, ChangeGroup, RemoveGroup,
	ExplainToken, Revoke, Compact, ShowClock, AcceptClock,
}

// Reloaded answers Reload.
type Reloaded struct {
	// Changed are the keys of the configuration with new values, and "signing.key" where that file holds another key.
	Changed  []string `json:"changed"`
	Restart  []string `json:"restart"`  // keys whose new values are read at the start only
	Warnings []string `json:"warnings"` // of the new configuration
}
