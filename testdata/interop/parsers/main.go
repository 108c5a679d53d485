// Command parsers holds host/httpapi/django against what Django's own parsers said of the same bodies, as oracle.py
// beside it writes it:
//
//	python3 oracle.py 1 1000000 100000 100000 | go run .
//
// It prints each difference (at most ten of a kind), then the number of bodies of each kind, and exits with 1 if any
// differs.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/edgetoken/edgetoken/core/python"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	total, differ, wanted := map[string]int{}, map[string]int{}, 0
	for lines.Scan() {
		kind, arguments, want := parts(lines.Text())
		got := read(kind, arguments)
		total[kind]++
		if got == want {
			continue
		}
		if brokenOff(kind, arguments, want) {
			wanted++
			continue
		}
		if differ[kind]++; differ[kind] <= 10 {
			fmt.Printf("%s %.400q\n  Django %.400q\n  here   %.400q\n", kind, arguments, want, got)
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	all, wrong := 0, 0
	for _, kind := range []string{"json", "form", "multipart"} {
		fmt.Printf("%s: %d bodies, %d differ\n", kind, total[kind], differ[kind])
		all, wrong = all+total[kind], wrong+differ[kind]
	}
	fmt.Printf("%d multipart bodies that break off within base64 are refused by Django "+
		"and read as far as they go here\n", wanted)
	if all == 0 || wrong > 0 {
		os.Exit(1)
	}
}

// brokenOff reports whether a multipart body ends without its last boundary and Django stumbled over base64 that it
// cut: it decodes such a part in pieces as they come, and here the part that has no end is dropped.
func brokenOff(kind string, arguments []string, want string) bool {
	return kind == "multipart" && strings.HasSuffix(want, "Could not decode base64 data.") &&
		!strings.Contains(arguments[1], "--x--")
}

// parts takes a line apart.
func parts(line string) (kind string, arguments []string, want string) {
	fields := strings.Split(line, "\t")
	for _, f := range fields[1:] {
		b, err := base64.StdEncoding.DecodeString(f)
		if err != nil {
			fmt.Fprintln(os.Stderr, "a line that is none of oracle.py's:", err)
			os.Exit(2)
		}
		arguments = append(arguments, string(b))
	}
	last := len(arguments) - 1
	return fields[0], arguments[:last], arguments[last]
}

// read has our own parser read a body, and spells what it makes of it as oracle.py does.
func read(kind string, a []string) string {
	switch kind {
	case "json":
		v, err := django.ParseJSON([]byte(a[0]), a[1])
		if err != nil {
			return failed(err)
		}
		return "V" + spell(v)
	case "form":
		return form(django.ParseForm([]byte(a[0]), a[1]))
	case "multipart":
		isNew := a[3] == "1"
		return form(django.ParseMultipart(a[0], []byte(a[1]), a[2], django.Rules{EmailHeaders: isNew,
			StrictParts: isNew}))
	}
	return "?"
}

func failed(err error) string {
	var parse *django.ParseError
	if errors.As(err, &parse) {
		return "E" + parse.Detail
	}
	return "E"
}

func form(f *django.Form, err error) string {
	if err != nil {
		return failed(err)
	}
	var names []string
	for _, name := range f.Names() {
		var values []string
		for _, v := range f.List(name) {
			if v.File == nil {
				values = append(values, text(v.Text))
				continue
			}
			values = append(values, fmt.Sprintf("F(%s|%s|%x)", text(v.File.Name), text(v.File.ContentType),
				v.File.Content))
		}
		names = append(names, text(name)+":["+strings.Join(values, ",")+"]")
	}
	return "V{" + strings.Join(names, ",") + "}"
}

func spell(v django.Value) string {
	switch v.Kind() {
	case django.KindNull:
		return "n"
	case django.KindBool:
		if v.Bool() {
			return "t"
		}
		return "f"
	case django.KindInt:
		return "i" + v.Digits()
	case django.KindFloat:
		return "d" + python.FloatRepr(v.Float())
	case django.KindString:
		return text(v.Text())
	case django.KindList:
		var items []string
		for _, x := range v.List() {
			items = append(items, spell(x))
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	var members []string
	for _, m := range v.Members() {
		members = append(members, text(m.Name)+":"+spell(m.Value))
	}
	return "{" + strings.Join(members, ",") + "}"
}

func text(s string) string { return "s" + hex.EncodeToString([]byte(s)) }
