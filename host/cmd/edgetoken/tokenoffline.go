package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/core/bundle"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/verify"
)

// offlineVerdict is what verify prints with --bundle and --json.
type offlineVerdict struct {
	Accepted bool            `json:"accepted"`
	Cause    string          `json:"cause"`  // "ok", or the name of the cause of the refusal
	Claims   json.RawMessage `json:"claims"` // null where it is refused
	Epoch    uint64          `json:"epoch"`  // of the bundle
}

// elsewhere are the flags by which verify judges as a verifier elsewhere does, without a node or its files.
type elsewhere struct {
	bundle, root string
	now          moment
}

func (e *elsewhere) addTo(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&e.bundle, "bundle", "", "judge by the trust bundle in this `FILE` alone, without a node")
	f.StringVar(&e.root, "root", "", "`FILE` with the public root key that signed it (edgetoken bundle root)")
	f.Var(&e.now, "now", "judge as at this time instead of now: "+momentForms)
}

// given reports whether the token is to be judged so.
func (e *elsewhere) given(c *cobra.Command) bool {
	return c.Flags().Changed("bundle") || c.Flags().Changed("root") || c.Flags().Changed("now")
}

// verify judges a token and prints what came of it. The error is errRefused where the token is refused.
func (e *elsewhere) verify(c *cobra.Command, token string) error {
	if e.bundle == "" || e.root == "" {
		return misusef("--bundle and --root go together: the file of a trust bundle, and that of the root that " +
			"signed it")
	}
	trust, err := e.trust()
	if err != nil {
		return err
	}
	if token, err = readToken(c, token); err != nil {
		return err
	}
	now := time.Now()
	if e.now.time != nil {
		now = *e.now.time
	}
	var v verify.Verifier
	v.Use(trust)
	opened, refused := v.Verify([]byte(token), now.Unix())
	verdict := offlineVerdict{Accepted: refused == cause.OK, Cause: refused.String(), Epoch: trust.Epoch()}
	if verdict.Accepted {
		verdict.Claims = opened.Claims
	}
	switch {
	case wantsJSON(c):
		err = printJSON(c.OutOrStdout(), verdict)
	case verdict.Accepted:
		_, err = fmt.Fprintln(c.OutOrStdout(), "accepted")
	default:
		_, err = fmt.Fprintf(c.OutOrStdout(), "refused: %s\n", verdict.Cause)
	}
	if err == nil && !verdict.Accepted {
		err = errRefused
	}
	return err
}

// trust reads the files.
func (e *elsewhere) trust() (*verify.Trust, error) {
	root, err := readTrimmed(e.root)
	if err != nil {
		return nil, err
	}
	trust, err := verify.Read([]byte(`{"root":` + root + `}`))
	if err != nil {
		return nil, fmt.Errorf("%s is no public root key: %s", e.root, strings.TrimPrefix(err.Error(), "policy: "))
	}
	text, err := readTrimmed(e.bundle)
	if err != nil {
		return nil, err
	}
	trust, refused := trust.Update(text)
	switch refused {
	case cause.OK:
		return trust, nil
	case cause.BundleForged:
		return nil, fmt.Errorf("%s is not signed by the root in %s, nor by a successor of it (%s)", e.bundle, e.root,
			refused)
	case cause.BundleBase:
		return nil, fmt.Errorf("%s is a delta: give a whole bundle (%s)", e.bundle, refused)
	}
	return nil, fmt.Errorf("%s is no trust bundle (%s)", e.bundle, refused)
}

// readTrimmed reads a file that is no longer than a bundle may be, without the blanks around its text.
func readTrimmed(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, bundle.MaxBytes+2))
	return strings.TrimSpace(string(b)), err
}
