// Package claimmap takes members of customers out of their records: what configured claims and the answer to a log-in show.
//
// A Field names one thing that is known of a customer, and Members give fields the names that they are shown under:
//
//	claims:
//	  email: email
//	  plan: attributes.billing.plan
//
// is Members{{"email", email}, {"plan", attributes.billing.plan}}, and of a customer
//
//	{"email":"ana@example.com","plan":"pro"}
//
// The one rule: values are always those of the customer that is given, and a field that the customer does not have is null.
package claimmap
