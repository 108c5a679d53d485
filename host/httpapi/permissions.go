package httpapi

import (
	"github.com/edgetoken/edgetoken/core/permission"
)

// Permissions are those that Django makes for the one model here, which is all that endpoints ask for. A customer
// may have others: they stand in claims for other services, and open nothing here.
func Permissions() []string { return permission.OfModel(customerModel) }
