package customerfile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/customerfile"
)

// dumped is an object of a dump with these fields, after the password.
func dumped(pk, fields string) string {
	return `{"model": "shop.customer", "pk": ` + pk + `, "fields": {"password": "!", ` + fields + `}}`
}

// TestBadRows: a row that cannot be read is named by its line, and the rows around it are read.
func TestBadRows(t *testing.T) {
	const good, last = `{"email": "a@b", "password": null}`, `{"email": "z@b", "password_hash": ""}`
	for _, c := range []struct{ name, row, want string }{
		{"not JSON", `what`, "is no JSON"},
		{"broken", `{"email" "x@b"}`, "is no JSON"},
		{"a backslash at the end", `{"email": "x@b\`, "is no JSON"},
		{"never closed", `{"email": "x@b", "attributes": {`, "is no JSON"},
		{"a text that is never closed", `{"email": "x@b`, "is no JSON"},
		{"a member twice", `{"email": "x@b", "email": "y@b", "password": null}`, "at email is there twice"},
		{"half of a pair", `{"email": "x@b", "password": "\ud83d"}`, "at password has half of a surrogate pair"},
		{"not UTF-8", "{\"email\": \"x\xff@b\", \"password\": null}", "is not UTF-8"},
		{"another member", `{"email": "x@b", "password": null, "age": 7}`, "a member is unknown"},
		{"no e-mail address", `{"password": null}`, "email is missing"},
		{"much too long", `{"email": "` + strings.Repeat("x", 5<<20) + `"}`, "is longer than 1048576 bytes"},
		{"two things", `{"is_active": 1, "password": null}`, "is_active must be true or false; email is missing"},
		{"too long", `{"email": "` + strings.Repeat("x", 1<<20) + `"}`, "is longer than 1048576 bytes"},
		{"a dump without a zone", dumped(`1`, `"email": "x@b", "last_login": "2024-01-02T03:04:05.678"`),
			"last_login has no zone, as dumpdata writes times where USE_TZ is False"},
		{"a dump with another type", dumped(`1`, `"email": 7`), "email must be a text"},
		{"a dump with a fraction as key", dumped(`1.5`, `"email": "x@b"`), "pk must be an integer"},
		{"a dump with a field twice", dumped(`1`, `"email": "x@b", "email": "y@b"`), "at fields.email is there twice"},
		{"a dump with no e-mail address", dumped(`1`, `"username": "x"`), "email is missing or empty"},
		{"a dump with other groups", dumped(`1`, `"email": "x@b", "groups": [["a", "b"]]`),
			"groups must be a list of primary keys"},
		{"a dump with other permissions", dumped(`1`, `"email": "x@b", "user_permissions": [null]`),
			"user_permissions must be a list of primary keys"},
		{"a dump with attributes too deep", dumped(`1`, `"email": "x@b", "d": `+strings.Repeat("[", 70)+
			strings.Repeat("]", 70)), "the fields that become attributes cannot stand in tokens"},
	} {
		list, _, err := rows(t, customerfile.Options{}, good+"\n\n"+c.row+"\n"+last+"\n")
		if err != nil || len(list) != 3 || list[0].Err != nil || list[2].Err != nil || list[2].Email != "z@b" {
			t.Errorf("%s: %d rows, %v", c.name, len(list), err)
			continue
		}
		if bad := list[1]; bad.Err == nil || !strings.Contains(bad.Err.Error(), c.want) || bad.Line != 3 ||
			strings.Contains(bad.Err.Error(), "x@b") {
			t.Errorf("%s: line %d: %v, want %q", c.name, bad.Line, bad.Err, c.want)
		}
	}
}

// TestBadRecords is TestBadRows for CSV.
func TestBadRecords(t *testing.T) {
	for _, c := range []struct{ name, record, want string }{
		{"too long", strings.Repeat("x", 3<<20), "is longer than 1048576 bytes"},
		{"a quote that is never closed", `"x` + strings.Repeat("x", 3<<20), "is longer than 1048576 bytes"},
		{"too many values", `x@b,!,,,,`, "has 6 values, and the header 5"},
		{"too few values", `x@b`, "has 1 values, and the header 5"},
		{"a quote within", `x"y@b,,,,`, "has a quote within a value"},
		{"a quote too early", `"x"y@b,,,,`, "has a quote within a value"},
		{"a quote too many", `"x@b,,,,`, "has a quote that is not closed"},
		{"not UTF-8", "x\xff@b,,,,", "email is not UTF-8"},
		{"no e-mail address", `,!,,,`, "email is empty"},
		{"a flag", `x@b,!,maybe,,`, "is_active must be true or false, t or f"},
		{"no zone", `x@b,!,,2024-01-02 03:04:05,`, "last_login must be a time"},
		{"no JSON", `x@b,!,,,{a`, "attributes is no JSON"},
		{"too deep", `x@b,!,,,"{""d"":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}"`,
			"attributes cannot stand in tokens"},
	} {
		text := "email,password_hash,is_active,last_login,attributes\na@b,,,,\n" + c.record + "\nz@b,,f,,{}\n"
		list, _, err := rows(t, customerfile.Options{}, text)
		if err != nil || len(list) != 3 || list[0].Err != nil || list[2].Err != nil || list[2].IsActive {
			t.Errorf("%s: %d rows, %v", c.name, len(list), err)
			continue
		}
		if bad := list[1]; bad.Err == nil || !strings.Contains(bad.Err.Error(), c.want) || bad.Line != 3 {
			t.Errorf("%s: line %d: %v, want %q", c.name, bad.Line, bad.Err, c.want)
		}
	}
}

// TestBadFiles: what cannot be read as a whole says where, or what to do.
func TestBadFiles(t *testing.T) {
	customer := dumped("1", `"email": "x@b"`)
	for _, c := range []struct {
		name, text string
		options    customerfile.Options
		want       string
	}{
		{name: "XML", text: "<?xml version=\"1.0\"?>", want: "it looks like XML: dump customers as JSON"},
		{name: "YAML", text: "- model: shop.customer", want: "it looks like YAML: dump customers as JSON"},
		{name: "UTF-16", text: "\xff\xfe[\x00", want: "it is not in UTF-8"},
		{name: "zip", text: "PK\x03\x04", want: "it is compressed"},
		{name: "cut array", text: "[\n" + customer + ",\n", want: "line 3: the file ends within the array"},
		{name: "cut object", text: "[\n" + customer[:50], want: "line 2: an object begins here, and the file ends"},
		{name: "no comma", text: "[" + customer + "\n" + customer + "]", want: "line 2: is no JSON"},
		{name: "no object", text: "[\n7]", want: "line 2: an object must stand here"},
		{name: "two arrays", text: "[]\n[]", want: "line 2: something follows the array"},
		{name: "broken in an array", text: "[\n{\"a\" 1}]", want: "line 2: the object that begins here is no JSON"},
		{name: "two models", text: customer + strings.Replace(customer, "shop.customer", "auth.user", 1),
			want: "objects of several models have a password: name the model of the customers, one of auth.user, shop"},
		{name: "no such model", text: customer, options: customerfile.Options{Model: "auth.user"},
			want: "no object is of the model auth.user, but of shop.customer"},
		{name: "another format", text: customer, options: customerfile.Options{Format: customerfile.CSV},
			want: "it is not of the format csv"},
		{name: "damaged permission", text: `{"model": "auth.permission", "pk": 1, "fields": {"codename": "x"}}`,
			want: "line 1: a permission must have a codename"},
		{name: "damaged content type", text: `{"model": "contenttypes.contenttype", "pk": 1, "fields": {}}`,
			want: "line 1: a content type must have app_label and model"},
		{name: "damaged line of a group", text: `{"group": "x", "permissions": 7}`, want: "line 1: a group must be {"},
		{name: "blanks", text: strings.Repeat(" ", 100_000) + "[]", want: "it begins with too many blanks"},
		{name: "damaged group", text: `{"model": "auth.group", "pk": 1, "fields": {"name": 7}}`,
			want: "line 1: a group must have a name"},
		{name: "semicolons", text: "id;email\n", want: "its columns are not separated by commas"},
		{name: "no header", text: "1,ana@example.com,secret\n",
			want: "column 1 is unknown: the first line must name the columns"},
		{name: "no password", text: "id,email\n", want: "there must be a column password"},
		{name: "no e-mail address", text: "id,password\n", want: "the column email is missing"},
		{name: "a column twice", text: "id,id\n", want: "the column id is there twice"},
	} {
		_, _, err := rows(t, c.options, c.text)
		if err == nil || !strings.Contains(err.Error(), "a: "+c.want) && !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// TestTooMuch: what is kept of the files is bounded in bytes, whatever they have so much of.
func TestTooMuch(t *testing.T) {
	long := strings.Repeat("x", 60_000)
	for _, line := range []string{
		`{"model": "x", "pk": 1, "fields": {"NAME": 1}}`,
		`{"group": "x", "permissions": ["NAME"]}`,
	} {
		var text strings.Builder
		for i := range 600 {
			text.WriteString(strings.ReplaceAll(line, "NAME", fmt.Sprint(i, long)) + "\n")
		}
		if _, _, err := rows(t, customerfile.Options{}, text.String()); err == nil ||
			!strings.Contains(err.Error(), "the files have more than 32 MiB of groups") {
			t.Errorf("%s: %.200v", line, err)
		}
	}
}

// TestManyLines: an object may take several lines, or share one, and what is bad costs no other row.
func TestManyLines(t *testing.T) {
	text := "\ufeff" + `{"email": "a@b",
  "password": null,
  "attributes": {"list": [
    {"x": "}"}]}
}{"email": "b@b", "password": null} {"email": "c@b", "password": null}
{"email": "torn",
{"email": "d@b", "password": null}`
	list, _, err := rows(t, customerfile.Options{}, text)
	got := ""
	for _, row := range list {
		got += fmt.Sprintf("%d:%s:%v ", row.Line, row.Email, row.Err == nil)
	}
	if want := "1:a@b:true 5:b@b:true 5:c@b:true 6::false 7:d@b:true "; got != want || err != nil {
		t.Errorf("rows are %s, %v, want %s", got, err, want)
	}
}

// TestLongInArray: an object that is too long costs no other row, in an array neither.
func TestLongInArray(t *testing.T) {
	text := "[" + dumped("1", `"email": "x@b", "note": "`+strings.Repeat("x", 5<<20)+`"`) + ",\n" +
		dumped("2", `"email": "y@b"`) + "]"
	list, _, err := rows(t, customerfile.Options{}, text, " \n", "")
	if err != nil || len(list) != 2 || list[0].Err == nil || list[1].Err != nil || list[1].Line != 2 {
		t.Errorf("rows are %d, %v", len(list), err)
	}
}

// TestNoPassword: a customer of a dump has a password, since the others of its model have.
func TestNoPassword(t *testing.T) {
	const without = `{"model": "shop.customer", "pk": 1, "fields": {"email": "x@b"}}`
	list, _, err := rows(t, customerfile.Options{}, without+dumped("2", `"email": "y@b"`))
	if err != nil || len(list) != 2 || list[0].Err == nil || list[0].Err.Error() != "password is missing" {
		t.Errorf("rows are %+v, %v", list, err)
	}
}

// TestNoDump: where a dump is asked for, another object is a bad row.
func TestNoDump(t *testing.T) {
	list, _, err := rows(t, customerfile.Options{Format: customerfile.Dumpdata}, `{"email": "x@b", "password": null}`)
	if err != nil || len(list) != 1 || list[0].Err == nil || list[0].Err.Error() !=
		"is no object of dumpdata, which has model, pk and fields" {
		t.Errorf("rows are %+v, %v", list, err)
	}
}
