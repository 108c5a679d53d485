package store_test

import (
	"fmt"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// What a customer lost is remembered, but not without bound: the record would not be readable.
func TestManyWithdrawnPermissions(t *testing.T) {
	db, _ := fresh(t)
	ada := add(t, db, core.Integer(1), "ada")
	var err error
	for i := 0; i < 11 && err == nil; i++ {
		var list []string
		for j := range 7000 {
			list = append(list, fmt.Sprintf("%x.%x", i, j))
		}
		if err = db.ChangeRights(bg, ada.ID, store.RightsChange{Grant: list}); err == nil {
			err = db.ChangeRights(bg, ada.ID, store.RightsChange{Withdraw: list})
		}
	}
	wantErr(t, "ChangeRights", err, store.ErrInvalid)
	if _, err := db.Get(bg, ada.ID); err != nil {
		t.Errorf("Get = %v", err)
	}
}
