package admin

import "net/http"

// The operations of a server. Those that are atHub change what the hub of a fleet alone may change: an edge refuses
// them. What changes, or is held, is answered when another node of the fleet has it too. Imports are not: they are
// repeated from their files.
var (
	AddCustomers = Operation[AddQuery, Stream, Added]{
		"POST", "/customers", addQueryOf, changes((*server).addCustomers),
	}
	ListCustomers = Operation[CustomersQuery, None, Page]{
		"GET", "/customers", customersQueryOf, (*server).listCustomers,
	}
	ShowCustomer = Operation[CustomerQuery, None, Customer]{
		"GET", "/customer", customerQueryOf, (*server).showCustomer,
	}
	SetAccess = Operation[CustomerQuery, Access, Customer]{
		"POST", "/customer", customerQueryOf, changes((*server).setAccess),
	}
	SetDetails = Operation[CustomerQuery, Details, Customer]{
		"PATCH", "/customer", customerQueryOf, changes((*server).setDetails),
	}
	RemoveCustomer = Operation[CustomerQuery, None, Customer]{
		"DELETE", "/customer", customerQueryOf, changes((*server).removeCustomer),
	}

	ImportCustomers = Operation[ImportQuery, Stream, Imported]{
		"POST", "/customers/import", importQueryOf, atHub((*server).importCustomers),
	}
	ImportGroups = Operation[ImportQuery, GroupsImport, GroupsImported]{
		"POST", "/groups/import", importQueryOf, atHub((*server).importGroups),
	}
	ExportCustomers = Operation[PageQuery, None, ExportedPage]{
		"GET", "/customers/export", pageQueryOf, (*server).exportCustomers,
	}
	ShowOrigin = Operation[None, None, Origin]{
		"GET", "/origin", noQuery, (*server).showOrigin,
	}
	KeepOrigin = Operation[None, Stream, None]{
		"POST", "/origin", noQuery, atHub((*server).keepOrigin),
	}

	ListConflicts = Operation[ConflictsQuery, None, Conflicts]{
		"GET", "/conflicts", conflictsQueryOf, (*server).listConflicts,
	}

	ChangeRights = Operation[CustomerQuery, RightsChange, RightsChanged]{
		"POST", "/rights", customerQueryOf, changes((*server).changeRights),
	}
	ListGroups = Operation[None, None, Groups]{
		"GET", "/groups", noQuery, (*server).listGroups,
	}
	AddGroup = Operation[None, GroupChange, GroupChanged]{
		"POST", "/groups", noQuery, changes((*server).addGroup),
	}
	PutGroup = Operation[None, GroupChange, GroupChanged]{
		"PUT", "/groups", noQuery, changes((*server).putGroup),
	}
	ChangeGroup = Operation[None, GroupChange, GroupChanged]{
		"PATCH", "/groups", noQuery, changes((*server).changeGroup),
	}
	RemoveGroup = Operation[GroupQuery, None, Group]{
		"DELETE", "/groups", groupQueryOf, changes((*server).removeGroup),
	}

	ExplainToken = Operation[None, TokenRequest, Explanation]{
		"POST", "/token", noQuery, (*server).explainToken,
	}
	Revoke = Operation[None, RevokeRequest, Revocation]{
		"POST", "/revoke", noQuery, held((*server).revoke),
	}
	EndTokens = Operation[ListQuery, Stream, Listed]{
		"POST", "/blacklist", listQueryOf, (*server).endTokens,
	}
	ListEnded = Operation[PageQuery, None, EndedPage]{
		"GET", "/blacklist", pageQueryOf, (*server).listEnded,
	}

	ListFacts = Operation[PageQuery, None, FactsPage]{
		"GET", "/facts", pageQueryOf, (*server).listFacts,
	}
	Acknowledge = Operation[AcknowledgeQuery, None, Acknowledged]{
		"DELETE", "/facts", acknowledgeQueryOf, (*server).acknowledge,
	}

	Compact = Operation[None, None, Compaction]{
		"POST", "/compact", noQuery, (*server).compact,
	}
	Backup = Operation[None, Stream, Download]{
		"POST", "/backup", noQuery, atHub((*server).backup),
	}
	ShowClock = Operation[None, None, Clock]{
		"GET", "/clock", noQuery, (*server).showClock,
	}
	AcceptClock = Operation[None, None, Clock]{
		"POST", "/clock", noQuery, (*server).acceptClock,
	}

	ListKeys = Operation[KeysQuery, None, Keys]{
		"GET", "/keys", keysQueryOf, (*server).listKeys,
	}
	GenerateKey = Operation[None, KeyRequest, KeyChanged]{
		"POST", "/keys", noQuery, changes((*server).generateKey),
	}
	ImportKeys = Operation[None, KeysImport, KeysImported]{
		"POST", "/keys/import", noQuery, changes((*server).importKeys),
	}
	ActivateKey = Operation[None, KeyActivation, KeyChanged]{
		"POST", "/keys/activate", noQuery, changes((*server).activateKey),
	}
	RetireKey = Operation[None, KeyRetirement, KeyChanged]{
		"POST", "/keys/retire", noQuery, changes((*server).retireKey),
	}
	PublicKeys = Operation[None, None, KeySet]{
		"GET", "/keys/public", noQuery, (*server).publicKeys,
	}
	PrivateKeys = Operation[None, None, KeySet]{
		"GET", "/keys/private", noQuery, (*server).privateKeys,
	}
	ExportKey = Operation[None, KeyExport, ExportedKey]{
		"POST", "/keys/export", noQuery, (*server).exportKey,
	}

	ShowBundle = Operation[BundleQuery, None, Bundle]{
		"GET", "/bundle", bundleQueryOf, (*server).showBundle,
	}
	ShowRoot = Operation[None, None, Root]{
		"GET", "/bundle/root", noQuery, atHub((*server).showRoot),
	}
	RotateRoot = Operation[None, None, Root]{
		"POST", "/bundle/root", noQuery, atHub((*server).rotateRoot),
	}

	ShowFleet = Operation[None, None, Fleet]{
		"GET", "/fleet", noQuery, (*server).showFleet,
	}
	InviteNode = Operation[None, InvitationRequest, Invited]{
		"POST", "/fleet/invitations", noQuery, inFleet((*server).inviteNode),
	}
	WithdrawNode = Operation[None, Withdrawal, Withdrawn]{
		"POST", "/fleet/withdraw", noQuery, inFleet(held((*server).withdrawNode)),
	}
	RecoverFleet = Operation[None, None, Recovery]{
		"POST", "/fleet/recover", noQuery, inFleet((*server).recoverFleet),
	}
	ResumeFleet = Operation[None, Resumption, Recovery]{
		"POST", "/fleet/resume", noQuery, inFleet((*server).resumeFleet),
	}
)

// Reload is the one operation that only a running node has. The node answers it itself (Operation.Handle).
var Reload = Operation[None, None, Reloaded]{method: "POST", path: "/reload", query: noQuery}

// routes are all operations of a server.
var routes = []interface {
	route(*http.ServeMux, *server)
}{
	AddCustomers, ListCustomers, ShowCustomer, SetAccess, SetDetails, RemoveCustomer, ListConflicts,
	ImportCustomers, ImportGroups, ExportCustomers, ShowOrigin, KeepOrigin,
	ChangeRights, ListGroups, AddGroup, PutGroup, ChangeGroup, RemoveGroup,
	ExplainToken, Revoke, EndTokens, ListEnded, ListFacts, Acknowledge, Compact, Backup, ShowClock, AcceptClock,
	ListKeys, GenerateKey, ImportKeys, ActivateKey, RetireKey, PublicKeys, PrivateKeys, ExportKey,
	ShowBundle, ShowRoot, RotateRoot,
	ShowFleet, InviteNode, WithdrawNode, RecoverFleet, ResumeFleet,
}

// Reloaded answers Reload.
type Reloaded struct {
	// Changed are the keys of the configuration with new values.
	Changed  []string `json:"changed"`
	Restart  []string `json:"restart"`  // keys whose new values are read at the start only
	Warnings []string `json:"warnings"` // of the new configuration
}
