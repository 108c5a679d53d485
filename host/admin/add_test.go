package admin_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/claimmap/claimmaptest"
	"github.com/edgetoken/edgetoken/host/httpapi"
)

// TestImportsKeepOrRefuse holds what would come back otherwise than it was given, and what no log-in could carry, to
// be refused with the reason.
func TestImportsKeepOrRefuse(t *testing.T) {
	client := newClient(t, admin.Config{
		Claims:      claimmaptest.Members(t, "plan=attributes.plan may=permissions"),
		LoginAnswer: claimmaptest.Members(t, "rate=attributes.rate"),
		CheckAnswer: httpapi.CheckLoginAnswer,
	})
	add := func(text string) error {
		file := admin.Stream{Reader: strings.NewReader(text)}
		_, err := admin.AddCustomers.Call(t.Context(), client, admin.AddQuery{}, file)
		return err
	}
	deep := strings.Repeat("[", 63) + strings.Repeat("]", 63)
	for _, c := range []struct{ name, members, want string }{
		{"half of a pair", `"first_name": "A\ud83dB"`,
			`first_name has half of a surrogate pair, an escape from \ud800 to \udfff that stands alone`},
		{"the other half", `"last_name": "\uDE00"`, `last_name has half of a surrogate pair`},
		{"halves in the wrong order", `"last_name": "\ude00\ud83d"`, `last_name has half of a surrogate pair`},
		{"half of a pair before an escape", `"last_name": "\ud83d\\u"`, `last_name has half of a surrogate pair`},
		{"half of a pair deep in attributes", `"attributes": {"a": [0, {"b c": "\ud800"}]}`,
			`attributes cannot stand in tokens: at a[1]."b c" has half of a surrogate pair`},
		{"half of a pair in a name", `"attributes": {"a": {"\udfff": 1}}`, `has half of a surrogate pair`},
		{"half of a pair in a permission", `"permissions": ["a.b", "a.\ud800"]`,
			`permissions at [1] has half of a surrogate pair`},
		{"half of a pair in a group", `"groups": {"\ud800": []}`, `has half of a surrogate pair`},
		{"half of a pair in a password", `"password": "correct\ud83dhorse"`, `password has half of a surrogate pair`},
		{"no UTF-8", "\"first_name\": \"\xff\"", `is not UTF-8`},
		{"null character", `"first_name": "a\u0000b"`, `first name cannot be stored: it contains a null character`},
		{"year 1", `"date_joined": "0001-01-01T00:00:00Z"`, `date_joined is the first moment of the year 1`},
		{"year 1 in another zone", `"date_joined": "0001-01-01T01:00:00+01:00"`,
			`date_joined is the first moment of the year 1`},
		{"log-in in year 1", `"last_login": "0001-01-01T00:00:00.000000Z"`,
			`last_login is the first moment of the year 1`},
		{"year 0 in UTC", `"date_joined": "0001-01-01T00:00:00+00:01"`,
			`date_joined is not within the years 1 to 9999`},
		{"year 10000 in UTC", `"last_login": "9999-12-31T23:59:59-00:01"`,
			`last_login is not within the years 1 to 9999`},
		{"no time", `"date_joined": null`, `date_joined must be a time such as`},
		{"nanoseconds", `"date_joined": "2024-01-02T03:04:05.1234567Z"`, `date_joined is finer than a microsecond`},
		{"far finer", `"last_login": "2024-01-02T03:04:05.00000000000000000001Z"`,
			`last_login is finer than a microsecond`},
		{"no zone", `"date_joined": "2024-01-02T03:04:05"`, `date_joined must be a time such as`},
		{"a comma", `"date_joined": "2024-01-02T03:04:05,5Z"`, `date_joined must be a time such as`},
		{"an hour of one digit", `"date_joined": "2024-01-02T3:04:05Z"`, `date_joined must be a time such as`},
		{"a zone beyond a day", `"date_joined": "2024-01-02T03:04:05+24:00"`, `date_joined must be a time such as`},
		{"a number as time", `"date_joined": 1704164645`, `date_joined must be a time such as`},
		{"id with a fraction", `"id": 1.0`, `id must be an integer`},
		{"id with an exponent", `"id": 1e3`, `id must be an integer`},
		{"id of minus zero", `"id": -0`, `id must be an integer`},
		{"id beyond 64 bits", `"id": 9223372036854775808`, `id must be an integer from -2^63 to 2^63-1`},
		{"id as text", `"id": "7"`, `id cannot be stored: the store holds integers as ids`},
		{"no id", `"id": null`, `id must be an integer`},
		{"flag as number", `"is_active": 1`, `is_active must be true or false`},
		{"flag as text", `"is_staff": "true"`, `is_staff must be true or false`},
		{"name as number", `"first_name": 7`, `first_name must be a text`},
		{"name in another case", `"Is_staff": true`, `a member is unknown`},
		{"name twice", `"is_staff": true, "is_staff": false`, `is_staff is there twice`},
		{"name twice, escaped", `"is_staff": true, "is\u005fstaff": false`, `is_staff is there twice`},
		{"a member too many", `"is_admin": true`, `a member is unknown`},
		{"attributes with a name twice", `"attributes": {"a": {"b": 1, "\u0062": 2}}`,
			`attributes cannot stand in tokens: at a.b is there twice`},
		{"attributes that nest too deep", `"attributes": {"a": [` + deep + `]}`, `nests deeper than 64 levels`},
		{"attributes with too many names", `"attributes": {` + strings.TrimSuffix(names(1025), ",") + `}`,
			`more than 1024 names`},
		{"attributes with too long an integer", `"attributes": {"a": ` + strings.Repeat("7", 4301) + `}`,
			`at a is a number of 4301 digits, and 4300 are the most`},
		{"attributes in a list", `"attributes": [1]`, `they are no JSON object`},
		{"attributes too large", `"attributes": {"a": "` + strings.Repeat("x", 65536) + `"}`, `the most is 65536`},
		{"claim too large", `"attributes": {"plan": "` + strings.Repeat("x", 6200) + `"}`,
			`could not log in, with the claims that are configured: the configured members have more than 6144 bytes`},
		{"permissions too many for a claim", `"permissions": [` + permissions(400) + `]`,
			`could not log in, with the claims that are configured`},
		{"permissions of a group too many for a claim", `"groups": {"g": [` + permissions(400) + `]}`,
			`could not log in, with the claims that are configured`},
		{"answer that cannot be", `"attributes": {"rate": 1e400}`,
			`could not log in, with the login.answer that is configured`},
		{"hash with a line end", `"password_hash": "argon2$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$YWJj\n"`,
			`password_hash has a control character, or white space at an end`},
		{"password with a null character", `"password": "correct\u0000horse"`,
			`password has a null character, which log-in refuses`},
	} {
		password := `"password": null, `
		if strings.Contains(c.members, `"password`) {
			password = ""
		}
		err := add(`{"email": "x@example.com", ` + password + c.members + `}`)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "entry 1") {
			t.Errorf("%s: %.400v, want %q", c.name, err, c.want)
		}
	}
	// What begins like these and is good is kept.
	for i, members := range []string{
		`"attributes": {"a": ` + deep + `}`, `"attributes": {` + strings.TrimSuffix(names(1024), ",") + `}`,
		`"attributes": {"a": ` + strings.Repeat("7", 4300) + `}`,
		`"attributes": {"a": 1e400}`, `"first_name": "\\ud83d"`, `"first_name": "\ud83d\ude00"`,
		`"date_joined": "2024-01-02T03:04:05.120000000Z"`, `"last_login": null`,
		`"attributes": {"plan": "` + strings.Repeat("x", 6000) + `"}`,
	} {
		if err := add(fmt.Sprintf(`{"email": "good%d@example.com", "password": null, %s}`, i, members)); err != nil {
			t.Errorf("%.100s is refused: %.300v", members, err)
		}
	}
	good := admin.CustomerQuery{Key: "good0@example.com"}
	for _, attributes := range []string{
		`{"plan": "` + strings.Repeat("x", 6200) + `"}`, `{"a": "\ud800"}`, `{"rate": 1e400}`,
	} {
		change := admin.Details{Attributes: json.RawMessage(attributes)}
		if _, err := admin.SetDetails.Call(t.Context(), client, good, change); err == nil {
			t.Errorf("the attributes %.100s are taken", attributes)
		}
	}
	many := strings.Split(strings.ReplaceAll(permissions(400), `"`, ""), ",")
	granted, err := admin.ChangeRights.Call(t.Context(), client, good, admin.RightsChange{Grant: many})
	if err != nil || !strings.Contains(strings.Join(granted.Warnings, "\n"), "could not log in") {
		t.Errorf("a grant after which there are no log-ins: %v, %v", granted.Warnings, err)
	}
	made := admin.GroupChange{Name: "many", Permissions: many}
	group, err := admin.AddGroup.Call(t.Context(), client, admin.None{}, made)
	if err != nil || !strings.Contains(strings.Join(group.Warnings, "\n"), `members of group "many" could not log in`) {
		t.Errorf("a group whose members cannot log in: %v, %v", group.Warnings, err)
	}
	refused := admin.CustomerQuery{Key: "x@example.com"}
	if _, err := admin.ShowCustomer.Call(t.Context(), client, refused, admin.None{}); err == nil {
		t.Error("what was refused is there")
	}
}

func names(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"n%d":0,`, i)
	}
	return b.String()
}

func permissions(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`"shop.permission_%d"`, i))
	}
	return strings.Join(list, ",")
}

// TestImportsComeBack adds random customers, every member of which is shown as it was given.
func TestImportsComeBack(t *testing.T) {
	api := newAPI(t, admin.Config{})
	random := rand.New(rand.NewPCG(11, 7))
	text := func() string {
		runes := make([]rune, random.IntN(12))
		for i := range runes {
			kinds := []rune{
				rune(random.IntN(0x80)), rune(0xd800 + random.IntN(0x800)), rune(random.IntN(0x10ffff)),
				0xfffd, 0x2028, '<',
			}
			if runes[i] = kinds[random.IntN(len(kinds))]; 0xd800 <= runes[i] && runes[i] < 0xe000 {
				runes[i] = 0xe000
			}
		}
		return strings.ReplaceAll(string(runes), "\x00", "")
	}
	type customer struct {
		ID          int64           `json:"id"`
		Email       string          `json:"email"`
		FirstName   string          `json:"first_name"`
		LastName    string          `json:"last_name"`
		IsActive    bool            `json:"is_active"`
		IsStaff     bool            `json:"is_staff"`
		IsSuperuser bool            `json:"is_superuser"`
		LastLogin   *time.Time      `json:"last_login"`
		DateJoined  time.Time       `json:"date_joined"`
		Attributes  json.RawMessage `json:"attributes"`
		Permissions []string        `json:"permissions"`
		Groups      []string        `json:"groups"`
	}
	moment := func() time.Time {
		return time.UnixMicro(-62135596799_999999 + random.Int64N(315537897599_999999)).UTC()
	}
	var given []customer
	for i := range 200 {
		c := customer{
			ID:          int64(random.Uint64()),
			Email:       fmt.Sprintf("%d@%s.example", i, text()),
			FirstName:   text(),
			LastName:    text(),
			IsActive:    random.IntN(2) == 0,
			IsStaff:     random.IntN(2) == 0,
			IsSuperuser: random.IntN(2) == 0,
			DateJoined:  moment(),
			Permissions: []string{},
			Groups:      []string{},
		}
		if at := moment(); random.IntN(2) == 0 {
			c.LastLogin = &at
		}
		value, err := json.Marshal(map[string]string{text(): text()})
		if err != nil {
			t.Fatal(err)
		}
		c.Attributes = value
		given = append(given, c)
	}
	var file strings.Builder
	for _, c := range given {
		b, err := json.Marshal(struct {
			customer
			Password *string `json:"password"`
		}{customer: c})
		if err != nil {
			t.Fatal(err)
		}
		file.Write(append(b, '\n'))
	}
	if status, answer := call(t, api, "POST", "/customers", file.String()); status != http.StatusOK {
		t.Fatal(answer)
	}
	for _, want := range given {
		status, answer := call(t, api, "GET", fmt.Sprint("/customer?key=", want.ID), "")
		var got customer
		if err := json.Unmarshal([]byte(answer), &got); err != nil || status != http.StatusOK {
			t.Fatalf("GET /customer of %d: %s %v", want.ID, answer, err)
		}
		var attributes, wanted map[string]string
		if json.Unmarshal(got.Attributes, &attributes) != nil || json.Unmarshal(want.Attributes, &wanted) != nil ||
			!reflect.DeepEqual(attributes, wanted) {
			t.Errorf("attributes of %d are %s, want %s", want.ID, got.Attributes, want.Attributes)
		}
		got.Attributes, want.Attributes = nil, nil
		if !reflect.DeepEqual(got, want) {
			t.Errorf("it is shown as %+v, want %+v", got, want)
		}
	}
}
