package main

import (
	"bufio"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
)

// dumpStep is how many customers there are to one who can log in, in a dump of n: a thousand can, or all.
func dumpStep(n int) int { return max(n/1000, 1) }

// dumped is the e-mail address of a customer of a dump.
func dumped(i int) string { return fmt.Sprintf("customer%d@example.com", i) }

// writeDump writes what Django's dumpdata writes of n customers: with three groups, a permission of their own here and
// there, and a telephone number, which Django's user does not have. One in dumpStep, from the first on, has
// the password of this program, under one iteration of PBKDF2. The hashes of the others are random.
func writeDump(path string, n int) {
	f, err := os.Create(path)
	check(err)
	out := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprint(out, `[
{"model": "contenttypes.contenttype", "pk": 7, "fields": {"app_label": "customers", "model": "customer"}},
{"model": "auth.permission", "pk": 25, "fields": {"name": "Can add customer", "content_type": 7, "codename": "add_customer"}},
{"model": "auth.permission", "pk": 26, "fields": {"name": "Can change customer", "content_type": 7, "codename": "change_customer"}}`)
	for i, name := range []string{"editors", "sellers", "buyers"} {
		fmt.Fprintf(out, ",\n"+`{"model": "auth.group", "pk": %d, "fields": {"name": %q, "permissions": [26]}}`, i+1, name)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		var salt [16]byte
		var sum [32]byte
		for j := range salt {
			salt[j] = byte('a' + random.IntN(26))
		}
		iterations := 600_000
		if i%dumpStep(n) == 0 {
			iterations = 1
			key, err := pbkdf2.Key(sha256.New, password, salt[:], iterations, len(sum))
			check(err)
			copy(sum[:], key)
		} else {
			for j := range sum {
				sum[j] = byte(random.Uint32())
			}
		}
		own := ""
		if i%50 == 0 {
			own = "25"
		}
		fmt.Fprintf(out, `,
{
  "model": "customers.customer",
  "pk": %d,
  "fields": {
    "password": "pbkdf2_sha256$%d$%s$%s",
    "last_login": "2026-03-%02dT10:11:12.%03dZ",
    "is_superuser": false,
    "email": %q,
    "first_name": "Ana",
    "last_name": "Ruiz %d",
    "is_staff": false,
    "is_active": true,
    "date_joined": "2022-03-02T01:00:00Z",
    "phone": "+34 600 %06d",
    "groups": [
      %d
    ],
    "user_permissions": [%s]
  }
}`, i+1, iterations, salt, base64.StdEncoding.EncodeToString(sum[:]), i%28+1, i%1000, dumped(i), i, i%1_000_000, i%3+1, own)
	}
	fmt.Fprint(out, "\n]\n")
	check(out.Flush())
	check(f.Close())
}
