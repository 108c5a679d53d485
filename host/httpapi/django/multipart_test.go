package django_test

import (
	"encoding/base64"
	"errors"
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

const formType = "multipart/form-data; boundary=x"

// parts writes a multipart body; each part is its headers, an empty line and its content.
func parts(list ...string) string {
	var b strings.Builder
	for _, part := range list {
		b.WriteString("--x\r\n" + part + "\r\n")
	}
	return b.String() + "--x--\r\n"
}

const (
	fieldA = "Content-Disposition: form-data; name=\"a\"\r\n\r\n"
	fileF  = "Content-Disposition: form-data; name=\"f\"; filename=\"n.txt\"\r\nContent-Type: Text/Plain; " +
		"charset=x\r\n\r\n"
	inBase64 = "Content-Transfer-Encoding: base64\r\n"
)

func TestParseMultipart(t *testing.T) {
	tests := []struct {
		name, body, charset string
		rules               django.Rules
		want                string
	}{
		{"no body", "", "", newRules, ""},
		{"fields", parts(fieldA+"1", fieldA+"2"), "", newRules, "a=1|a=2"},
		{"fields, old", parts(fieldA+"1", fieldA+"2"), "", oldRules, "a=1|a=2"},
		{"line feeds in a value", parts(fieldA + "1\r\n\r\n2\n"), "", newRules, "a=1\r\n\r\n2\n"},
		{"file", parts(fileF+"1\n2", fieldA+"v"), "", newRules, "a=v|f=<n.txt text/plain 1\n2>"},
		{"empty file", parts(fileF), "", newRules, "f=<n.txt text/plain >"},
		{"a file comes after a text of its name", parts(fileF+"1", strings.Replace(fieldA, `"a"`, "f", 1)+"2"), "",
			newRules, "f=2|f=<n.txt text/plain 1>"},
		{"file that nothing follows", strings.TrimSuffix(parts(fileF+"1"), "--\r\n"), "", newRules, ""},
		{"file without a field's name", parts(strings.Replace(fileF, `"f"`, `""`, 1) + "1"), "", newRules, ""},
		{"folders in a file's name", parts(strings.Replace(fileF, "n.txt", `..\/&#47;b\\c.txt`, 1) + "1"), "",
			newRules, "f=<c.txt text/plain 1>"},
		{"nothing but folders", parts(strings.Replace(fileF, "n.txt", `a/..`, 1) + "1"), "", newRules, ""},
		{"unprintable file name", parts(strings.Replace(fileF, "n.txt", "a\x01\u200eb", 1) + "1"), "", newRules,
			"f=<ab text/plain 1>"},
		{"unprintable file name, old", parts(strings.Replace(fileF, "n.txt", "a\x01b", 1) + "1"), "", oldRules,
			"f=<a\x01b text/plain 1>"},
		{"encoded file name", parts("Content-Disposition: form-data; name=f; filename*=utf-8''%C3%A9\r\n\r\n1"), "",
			newRules, "f=<é  1>"},
		{"encoded file name, old", parts("Content-Disposition: form-data; name=f; filename*=utf-8''%C3%A9\r\n\r\n1"),
			"latin-1", oldRules, "f=<é  1>"},
		{"names are in the form's charset", parts(strings.Replace(fieldA, `"a"`, "é", 1) + "\xe9"), "latin-1",
			newRules, "Ã©=é"},
		{"invalid UTF-8", parts(fieldA + "\xe9"), "", newRules, "a=\ufffd"},
		{"field in base64", parts(inBase64 + fieldA + "YW\r\nJj"), "", newRules, "a=abc"},
		{"field in broken base64", parts(inBase64 + fieldA + "YWI"), "", newRules, "a=YWI"},
		{"file in base64", parts(inBase64 + fileF + "YW\r\nJj"), "", newRules, "f=<n.txt text/plain abc>"},
		{"file in base64 with foreign bytes, old", parts(inBase64 + fileF + "Y?WJj"), "", oldRules,
			"f=<n.txt text/plain abc>"},
		{"wrong boundary", strings.ReplaceAll(parts(fieldA+"1"), "--x", "--y"), "", newRules, "a=1\r\n--y--\r\n"},
		{"not multipart", "email=a&password=b", "", newRules, ""},
		{"headers of 1100 bytes, old", parts("X: " + strings.Repeat("y", 1100) + "\r\n" + fieldA + "1"), "", oldRules,
			""},
		{"headers without a colon", parts("nonsense\r\n" + fieldA + "1"), "", newRules, "a=1"},
		{"part without disposition", parts("X: y\r\n\r\n1"), "", newRules, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			form, err := django.ParseMultipart(formType, []byte(test.body), test.charset, test.rules)
			if err != nil {
				t.Fatalf("ParseMultipart(%q): %v", test.body, err)
			}
			if got := show(form); got != test.want {
				t.Errorf("ParseMultipart(%q) = %q, want %q", test.body, got, test.want)
			}
		})
	}
}

func TestParseMultipartErrors(t *testing.T) {
	tests := []struct {
		name, contentType, body string
		rules                   django.Rules
		want                    string
	}{
		{"no boundary", "multipart/form-data", "x", newRules, "Invalid boundary in multipart: None"},
		{"no boundary, old", "multipart/form-data", "x", oldRules, "Invalid boundary in multipart: None"},
		{"empty boundary", "multipart/form-data; boundary=", "x", newRules, "Invalid boundary in multipart: "},
		{"space at the end", `multipart/form-data; boundary="a b "`, "x", newRules,
			"Invalid boundary in multipart: a b "},
		{"long boundary", "multipart/form-data; boundary=" + strings.Repeat("a", 202), "x", newRules,
			"Invalid boundary in multipart: " + strings.Repeat("a", 202)},
		{"not ASCII", "multipart/form-data; boundary=\"a\xc3\xa9\"", "x", newRules,
			`Invalid non-ASCII Content-Type in multipart: multipart/form-data; boundary="aÃ©"`},
		{"capital letter", "Multipart/form-data; boundary=x", "x", newRules,
			"Invalid Content-Type: Multipart/form-data; boundary=x"},
		{"headers of 1100 bytes", formType, parts("X: " + strings.Repeat("y", 1100) + "\r\n" + fieldA + "1"),
			newRules, "Request max total header size exceeded."},
		{"cut base64", formType, parts(inBase64 + fileF + "YWJ"), newRules, "Could not decode base64 data."},
		{"cut base64, old", formType, parts(inBase64 + fileF + "YWJ"), oldRules, "Could not decode base64 data."},
		{"base64 with foreign bytes", formType, parts(inBase64 + fileF + "Y?WJj"), newRules,
			"Could not decode base64 data."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			form, err := django.ParseMultipart(test.contentType, []byte(test.body), "", test.rules)
			want := "Multipart form parse error - " + test.want
			if err == nil || err.Error() != want {
				t.Errorf("ParseMultipart(%q, %.80q) = %v, %v, want %v", test.contentType, test.body, form, err, want)
			}
		})
	}
}

func TestParseMultipartLimits(t *testing.T) {
	repeat := func(part string, n int) string {
		return parts(strings.Split(strings.Repeat(part+"\x00", n)[:n*(len(part)+1)-1], "\x00")...)
	}
	tests := []struct {
		name, body string
		want       error
	}{
		{"1000 fields", repeat(fieldA+"1", 1000), nil},
		{"1001 fields", repeat(fieldA+"1", 1001), django.ErrTooManyFields},
		{"2000 empty parts", strings.Repeat("--x", 2000), django.ErrTooManyFields},
		{"100 files", repeat(fileF+"1", 100), nil},
		{"101 files", repeat(fileF+"1", 101), django.ErrTooManyFiles},
		{"as long as may be", parts(fieldA + strings.Repeat("1", django.MaxBodySize-3)), nil},
		{"one byte more", parts(fieldA + strings.Repeat("1", django.MaxBodySize-2)), django.ErrBodyTooLarge},
		{"files do not count", parts(fileF + strings.Repeat("1", django.MaxBodySize+1)), nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := django.ParseMultipart(formType, []byte(test.body), "", newRules); !errors.Is(err, test.want) {
				t.Errorf("ParseMultipart = %v, want %v", err, test.want)
			}
		})
	}
}

func TestFormValueOfFiles(t *testing.T) {
	for content, want := range map[string]string{
		"":                            `{"f":[]}`,
		"1\n2\r\n3\r4":                `{"f":["1\n","2\r\n","3\r","4"]}`,
		"\n\r\r\n\u2028":              `{"f":["\n","\r","\r\n","\u2028"]}`,
		"one line, \u00e9, no end \v": `{"f":["one line, é, no end \u000b"]}`,
	} {
		form, err := django.ParseMultipart(formType, []byte(parts(fileF+content)), "", newRules)
		if err != nil {
			t.Fatal(err)
		}
		value, err := form.Value()
		if got, _ := django.Render(value, 0); err != nil || string(got) != want {
			t.Errorf("Value with a file of %q = %s, %v, want %s", content, got, err, want)
		}
	}
	form, err := django.ParseMultipart(formType, []byte(parts(fileF+"\xff")), "", newRules)
	if err != nil {
		t.Fatal(err)
	}
	if value, err := form.Value(); !errors.Is(err, django.ErrFileNotText) {
		t.Errorf("Value with a file of 0xff = %v, %v, want %v", value, err, django.ErrFileNotText)
	}
	if files := filesOf(form); len(files) != 1 || files[0].Name != "f" || len(files[0].Content) != 1 {
		t.Errorf("Files = %v, want one file of one byte", files)
	}
}

// FuzzParseMultipart parses a form, writes it anew with contents in base64 and names percent-encoded, and checks that
// this parses to the same form.
func FuzzParseMultipart(f *testing.F) {
	for _, seed := range []string{
		parts(fieldA+"1", fileF+"2", fieldA+"3"), parts(inBase64 + fileF +
			"YWJj"), parts("X\r\n\r\n"), "--x--x--x", "\r\n\r\n",
		parts("Content-Disposition: form-data; name*=utf-8''%0A; filename=\"&amp;amp;\"\r\n\r\n"),
	} {
		f.Add([]byte(seed), "", true)
		f.Add([]byte(seed), "latin-1", false)
	}
	f.Fuzz(func(t *testing.T, body []byte, charset string, recent bool) {
		rules := oldRules
		if recent {
			rules = newRules
		}
		form, err := django.ParseMultipart(formType, body, charset, rules)
		if err != nil || len(body) > 1<<16 {
			return
		}
		var list []string
		write := func(name, fileName, content string) {
			head := "Content-Disposition: form-data; name*=utf-8''" + url.PathEscape(name)
			if fileName != "" {
				head += "; filename*=utf-8''" + url.PathEscape(html.EscapeString(fileName))
			}
			list = append(list, head+"\r\n"+inBase64+"\r\n"+base64.StdEncoding.EncodeToString([]byte(content)))
		}
		for _, name := range form.Names() {
			for _, field := range form.List(name) {
				if field.File == nil {
					write(name, "", field.Text)
				} else {
					field.File.ContentType = ""
				}
			}
		}
		for _, file := range filesOf(form) {
			write(file.Name, file.FileName, string(file.Content))
		}
		for _, part := range list {
			if strings.Index(part, "\r\n\r\n") > 1000 {
				return
			}
		}
		again, err := django.ParseMultipart(formType, []byte(parts(list...)), "", newRules)
		if err != nil || (rules == newRules && show(again) != show(form)) {
			t.Errorf("ParseMultipart(%q, %q) = %q, then %q, %v", body, charset, show(form), show(again), err)
		}
	})
}

// filesOf returns all files of a form, by the names of their fields and then in order.
func filesOf(form *django.Form) (files []*django.File) {
	for _, name := range form.Names() {
		for _, field := range form.List(name) {
			if field.File != nil {
				files = append(files, field.File)
			}
		}
	}
	return files
}
