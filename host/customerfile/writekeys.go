package customerfile

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/edgetoken/edgetoken/core/python"
)

// compareGroups sorts groups by their primary keys in Django; those without a key come last.
func (d *dumpForm) compareGroups(a, b string) int {
	return cmp.Compare(uint64(d.Groups[a].PK)-1, uint64(d.Groups[b].PK)-1)
}

// groupKeys appends the keys of groups, and then those that nothing explains.
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

// permissionKeys appends the keys of permissions in Django's order, which is by app, model and codename, and then those
// that nothing explains. A permission whose model is not known has no key: then it calls left.
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

// model is the model of a permission's content type; empty if it is not known. For a model customer Django makes the
// permissions add_customer, change_customer, delete_customer and view_customer.
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

// end appends further primary keys, and ends the list.
func (l *list) end(kept []int64) []byte {
	for _, pk := range kept {
		l.key(pk)
	}
	if !l.some {
		return append(l.dst, "[]"...)
	}
	return append(l.dst, "\n    ]"...)
}
