package admin_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/backup"
)

// A backup comes as it is made, with the sealed keys that were sent. Who closes it early holds up nothing: the store is
// closed with the test.
func TestBackup(t *testing.T) {
	client := newClient(t, admin.Config{})
	early, err := admin.Backup.Call(t.Context(), client, admin.None{}, admin.Stream{Reader: http.NoBody})
	if err != nil {
		t.Fatal(err)
	}
	if err := early.Close(); err != nil {
		t.Fatal(err)
	}
	d, err := admin.Backup.Call(t.Context(), client, admin.None{}, admin.Stream{Reader: strings.NewReader("sealed")})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	path := filepath.Join(t.TempDir(), "shop.backup")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := backup.NewReader(io.TeeReader(d, f))
	if err == nil {
		err = b.Extract(io.Discard)
	}
	if err := errors.Join(err, f.Close()); err != nil || string(b.Keys) != "sealed" {
		t.Fatalf("the backup has the keys %q, %v", b.Keys, err)
	}
	if r, err := store.Check(path); err != nil || !r.Sound() || !r.Keys {
		t.Errorf("Check = %+v, %v", r, err)
	}
	long := admin.Stream{Reader: strings.NewReader(strings.Repeat("k", backup.MaxKeys+1))}
	if _, err := admin.Backup.Call(t.Context(), client, admin.None{}, long); err == nil {
		t.Error("too many bytes of keys were taken")
	}
}
