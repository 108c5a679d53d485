package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/terminal"
)

// importReport is what customers import prints at its end.
type importReport struct {
	Rows int `json:"rows"`
	admin.ImportCounts
	Groups   admin.ImportCounts `json:"groups"`
	DryRun   bool               `json:"dry_run"` // nothing was changed
	Warnings []string           `json:"warnings"`

	textIDs           int // rows whose ids are texts, where the store holds integers
	unnumbered        int // rows to which a dump gives no primary key
	admin.ImportNotes `json:"-"`
	bare, keptOf      []string // groups that grant nothing, and those of which no file explains all permissions
}

// trouble reports whether a row or a group is bad or in conflict.
func (r *importReport) trouble() bool {
	return r.Bad+r.Conflicts+r.Groups.Bad+r.Groups.Conflicts > 0
}

// finish prints the report. The error is why the import ended early, else errRefused where not all was imported as the
// files say.
func (i *importing) finish(err error) error {
	r := &i.report
	if err != nil && r.Rows == 0 {
		return err
	}
	if i.bar != nil {
		i.bar.Clear()
	}
	if err == nil && r.trouble() {
		err = errRefused
	}
	r.DryRun = i.query.Dry
	r.Warnings = append(append([]string{}, r.ImportNotes.Warnings()...), r.leftOut()...)
	printWarnings(i.cmd, r.Warnings)
	if wantsJSON(i.cmd) {
		return cmp.Or(printJSON(i.cmd.OutOrStdout(), r), err)
	}
	text := "imported customers: "
	if r.DryRun {
		text = "would import customers: "
	}
	text += countsText(r.ImportCounts) + "\n"
	if r.Groups != (admin.ImportCounts{}) {
		text += "groups: " + countsText(r.Groups) + "\n"
	}
	_, failed := fmt.Fprint(i.cmd.OutOrStdout(), text)
	return cmp.Or(failed, err)
}

func countsText(c admin.ImportCounts) string {
	return fmt.Sprintf("%d added, %d updated, %d unchanged, %d in conflict, %d removed here, %d bad",
		c.Added, c.Updated, c.Unchanged, c.Conflicts, c.Removed, c.Bad)
}

// leftOut warns of ids that the store cannot hold, and of what the files do not explain, which grants nothing.
func (r *importReport) leftOut() (warnings []string) {
	if r.textIDs > 0 {
		warnings = append(warnings, fmt.Sprintf("%d of the ids are texts, such as UUIDs, and this store holds "+
			"integers: import into a new one, with customers.ids: text", r.textIDs))
	}
	if r.unnumbered > 0 && r.Added > 0 {
		warnings = append(warnings, fmt.Sprintf("the dump has no primary keys for customers (of %d), so those added "+
			"got ids of this store: a token that Django issued names somebody else here; dump without "+
			"--natural-primary", r.unnumbered))
	}
	if r.Rows == 0 && r.Groups == (admin.ImportCounts{}) {
		warnings = append(warnings, "there are no customers and no groups in what was read")
	}
	if len(r.bare) > 0 {
		warnings = append(warnings, "no file says which permissions these groups have, so that they grant none: "+
			someNames(r.bare)+"; import a dump of auth.group too")
	}
	const explain = ": they are kept for the export, and grant nothing; import dumps of auth.group, auth.permission " +
		"and contenttypes.contenttype too, or dump with --natural-foreign"
	if len(r.keptOf) > 0 {
		warnings = append(warnings, "no file explains the numbers of some permissions of the groups "+
			someNames(r.keptOf)+explain)
	}
	if r.Kept > 0 {
		warnings = append(warnings, fmt.Sprintf("no file explains the numbers of some groups or permissions of "+
			"customers (of %d)%s", r.Kept, explain))
	}
	return warnings
}

// someNames lists names, the first few of them.
func someNames(names []string) string {
	const most = 5
	var some []string
	for _, name := range names[:min(len(names), most)] {
		some = append(some, terminal.Brief(name))
	}
	if more := len(names) - most; more > 0 {
		some = append(some, fmt.Sprintf("%d more", more))
	}
	return strings.Join(some, ", ")
}
