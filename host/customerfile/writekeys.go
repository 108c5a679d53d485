package customerfile

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/edgetoken/edgetoken/core/python"
)

// compareGroups compares groups by their primary keys there; one without a key comes last.
func (d *dumpForm) compareGroups(a, b string) int {
	return cmp.Compare(uint64(d.Groups[a].PK)-1, uint64(d.Groups[b].PK)-1)
}

// groupKeys appends groups, and then keys that nothing explains.
func (d *dumpForm) groupKeys(dst []byte, names []string, kept []int64) []byte {
	if len(names) > 1 {
		names = slices.Clone(names)
		slices.SortStableFunc(names, d.compareGroups)
	}
	l := list{dst: dst}
	for _, name := range names {
		if pk := d.Groups[name].PK; d.primaryKeys && pk != 0 {
			l.key(pk)
		} else {
			l.natural(name)
		}
	}
	return l.end(kept)
}

// permissionKeys appends permissions as Django sorts them, by app, model and codename, and then keys that nothing
// explains. It calls left where the model of one is not known, without which there is no key.
func (d *dumpForm) permissionKeys(dst []byte, names []string, kept []int64, left func()) []byte {
	if len(names) > 1 {
		names = slices.Clone(names)
		slices.SortStableFunc(names, func(a, b string) int {
			appA, codenameA, _ := strings.Cut(a, ".")
			appB, codenameB, _ := strings.Cut(b, ".")
			return cmp.Or(cmp.Compare(appA, appB), cmp.Compare(d.model(a), d.model(b)),
				cmp.Compare(codenameA, codenameB))
		})
	}
	l := list{dst: dst}
	unknown := false
	for _, name := range names {
		app, codename, _ := strings.Cut(name, ".")
		pk, model := d.Permissions[name].PK, d.model(name)
		switch {
		case pk != 0 && (d.primaryKeys || model == ""):
			l.key(pk)
		case model != "":
			l.natural(codename, app, model)
		default:
			unknown = true
		}
	}
	if unknown {
		left()
	}
	return l.end(kept)
}

// model is that of a permission's content type; empty where it is not known. Django itself makes add_customer,
// change_customer, delete_customer and view_customer for the model customer.
func (d *dumpForm) model(name string) string {
	if p := d.Permissions[name]; p.Model != "" {
		return p.Model
	}
	_, codename, _ := strings.Cut(name, ".")
	action, model, _ := strings.Cut(codename, "_")
	if slices.Contains([]string{"add", "change", "delete", "view"}, action) {
		return model
	}
	return ""
}

// list appends a list of keys.
type list struct {
	dst  []byte
	some bool
}

func (l *list) next() {
	if l.some {
		l.dst = append(l.dst, ",\n      "...)
	} else {
		l.dst = append(l.dst, "[\n      "...)
	}
	l.some = true
}

func (l *list) key(pk int64) {
	l.next()
	l.dst = strconv.AppendInt(l.dst, pk, 10)
}

func (l *list) natural(texts ...string) {
	l.next()
	for i, s := range texts {
		l.dst = append(l.dst, "[,"[min(i, 1)])
		l.dst = python.AppendUnicodeJSON(append(l.dst, "\n        "...), s)
	}
	l.dst = append(l.dst, "\n      ]"...)
}

// end appends further primary keys, and the end.
func (l *list) end(kept []int64) []byte {
	for _, pk := range kept {
		l.key(pk)
	}
	if !l.some {
		return append(l.dst, "[]"...)
	}
	return append(l.dst, "\n    ]"...)
}
