package node_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/testdata/faultdisk"
)

var errDisk = errors.New("input/output error of this test")

// R9: whichever write or sync of an operation fails, and however many after it, the operation fails as a whole or is
// done, nothing is answered that is not durable, and once the disk works the next one is answered as ever.
func TestDiskFailsInEveryOperation(t *testing.T) {
	if faultdisk.Rerun(t) {
		return
	}
	for _, p := range operations {
		t.Run(p.name, func(t *testing.T) {
			faultdisk.Use(faultdisk.Sound)
			base := p.prepare(t, nil)
			want := p.expect(t, base)
			for _, stays := range []bool{false, true} {
				n := 0
				for failed := true; failed; {
					n++
					failed = false
					o := base.again(t)
					done := 0
					faultdisk.Use(faultdisk.Before(func(faultdisk.Op) error {
						if done++; done == n || stays && done > n {
							failed = true
							return errDisk
						}
						return nil
					}))
					r, err := p.do(o)
					faultdisk.Use(faultdisk.Sound)
					for o.store.Health() != nil { // until the file is open anew
						runtime.Gosched()
					}
					if (err != nil) != failed || failed && !errors.Is(err, store.ErrUnavailable) {
						t.Errorf("operation %d of the disk fails: the answer is %v", n, err)
					}
					p.judge(o, want, r, err)
					is := o.state()
					o.restart(t)
					if again := o.state(); again != is {
						t.Errorf("operation %d of the disk failed: the state in the file is\n%s\nwant\n%s", n,
							again, is)
					}
				}
				t.Logf("%d writes and syncs", n-1)
			}
		})
	}
}
