// Package claimmap maps the fields of a customer to claims, to members of the answer to a log-in, and to headers.
//
// A Field names one thing that is known of a customer. Members gives each field the name under which it is shown:
//
//	claims:
//	  email: email
//	  plan: attributes.billing.plan
//
// is Members{{"email", email}, {"plan", attributes.billing.plan}}, and of a customer
//
//	{"email":"ana@example.com","plan":"pro"}
//
// The one rule: a field that the customer does not have is null, never left out.
package claimmap
