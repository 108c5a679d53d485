package customerfile_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/customerfile"
)

// TestValues: the values that a record may have, as people and data bases write them.
func TestValues(t *testing.T) {
	const day = "2024-01-02"
	for _, c := range []struct{ column, value, want string }{
		{"id", "7", "7"}, {"id", "007", "007"}, {"id", "", ""},
		{"first_name", `" a,""b"" "`, ` a,"b" `}, {"first_name", "x\ry", "x\ry"},
		{"first_name", "\"x\r\ny\"", "x\r\ny"},
		{"is_active", "", "true"}, {"is_active", "F", "false"}, {"is_active", "0", "false"},
		{"is_active", "No", "false"},
		{"is_staff", "", "false"}, {"is_staff", "t", "true"}, {"is_staff", "1", "true"}, {"is_staff", "YES", "true"},
		{"last_login", "", "0001-01-01 00:00:00 +0000 UTC"},
		{"last_login", day + " 03:04:05.678901+00", day + " 03:04:05.678901 +0000 UTC"},
		{"last_login", day + " 03:04:05-0130", day + " 04:34:05 +0000 UTC"},
		{"last_login", day + "T03:04:05.000Z", day + " 03:04:05 +0000 UTC"},
		{"last_login", day, "last_login must be a time"},
		{"last_login", day + " 03:04", "last_login must be a time"},
		{"permissions", `"[""a.b""]"`, "[a.b]"}, {"permissions", "a.b", "permissions is no JSON"},
		{"groups", `" [""x y""]"`, "map[x y:[]]"}, {"groups", `"{""x"": [""a.b""]}"`, "map[x:[]]"},
		{"groups", `"[""\ud83d""]"`, "groups at [0] has half of a surrogate pair"},
		{"kept", `"{""groups"": [7]}"`, `{"groups": [7]}`}, {"kept", "[]", "kept must be an object"},
	} {
		list, _, err := rows(t, customerfile.Options{}, "email,password_hash,"+c.column+"\r\na@b,!,"+c.value+"\r\n")
		if err != nil || len(list) != 1 {
			t.Errorf("%s %q: %d rows, %v", c.column, c.value, len(list), err)
			continue
		}
		row := list[0]
		got := fmt.Sprint(map[string]any{
			"id": row.ID, "first_name": row.FirstName, "is_active": row.IsActive, "is_staff": row.IsStaff,
			"last_login": row.LastLogin, "permissions": row.Permissions, "groups": row.Groups, "kept": string(row.Kept),
		}[c.column])
		if row.Err != nil {
			got = row.Err.Error()
		}
		if got != c.want && (row.Err == nil || !strings.HasPrefix(got, c.want)) {
			t.Errorf("%s %q is read as %s, want %s", c.column, c.value, got, c.want)
		}
	}
}

// TestPasswords: a password is in clear, encoded, or none.
func TestPasswords(t *testing.T) {
	const file = "id,email,password,password_hash\n7,a@b,secret,\n8,c@d,,!x\n9,e@f,,\n10,g@h,secret,!x\n11,i@j,a$b$c,\n"
	list, _, err := rows(t, customerfile.Options{TextIDs: true}, file)
	if err != nil || len(list) != 5 {
		t.Fatalf("%d rows, %v", len(list), err)
	}
	if c := list[0]; c.Password == nil || *c.Password != "secret" || c.PasswordHash != "" || c.ID.Text != "7" {
		t.Errorf("a password in clear: %+v", c)
	}
	if c := list[1]; c.Password != nil || c.PasswordHash != "!x" || c.Unusable {
		t.Errorf("an encoded password: %+v", c)
	}
	if c := list[2]; c.Password != nil || c.PasswordHash != "" || c.Unusable || c.Err != nil {
		t.Errorf("none of both: %+v", c)
	}
	if c := list[3]; c.Err == nil || c.Err.Error() != "password and password_hash are both there: keep one" {
		t.Errorf("both: %v", c.Err)
	}
	list, _, err = rows(t, customerfile.Options{}, "email,password\na@b,\nc@d,argon2$x$y\n")
	if err != nil || len(list) != 2 || !list[0].Unusable || list[1].Err == nil ||
		list[1].Err.Error() != "password looks like a hash: give it as password_hash" {
		t.Errorf("no column of hashes: %+v, %v", list, err)
	}
}

// breaking is a file whose disk fails after a while.
type breaking struct{ io.ReadSeeker }

func (b breaking) Read(p []byte) (int, error) {
	n, err := b.ReadSeeker.Read(p)
	if errors.Is(err, io.EOF) {
		err = errors.New("the disk is broken")
	}
	return n, err
}

func TestBrokenDisk(t *testing.T) {
	for _, text := range []string{
		"email,password,groups\na@b,,\n", `{"email": "a@b", "password": null}`, "[", "[{", "",
	} {
		s := source("a", text)
		s.ReadSeeker = breaking{s.ReadSeeker}
		if _, err := customerfile.Open([]customerfile.Source{s}, customerfile.Options{}); err == nil ||
			!strings.HasSuffix(err.Error(), "the disk is broken") {
			t.Errorf("Open of %q = %v", text, err)
		}
	}
}
