// Command wazero runs the kit natively and over the module in wazero, and measures both beside golang-jwt.
//
//	wazero kit HOST        prints a line for each case
//	wazero figures HOST    prints what was measured
//
// HOST is native, wazero (the guest checks signatures) or wazero-helped (Go does, between ask and vouch). It runs in
// this folder, and needs dist/edgetoken-verify.wasm.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/edgetoken/edgetoken/testdata/kit"
)

// root is the top folder.
const root = "../../../"

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("it takes kit or figures, and a host"))
	}
	host := os.Args[2]
	var err error
	switch os.Args[1] {
	case "kit":
		err = runKit(host)
	case "figures":
		err = figures(host)
	default:
		err = fmt.Errorf("%s is neither kit nor figures", os.Args[1])
	}
	if err != nil {
		fail(err)
	}
}

// runKit prints what the host says of each case.
func runKit(host string) error {
	k, err := kit.Read(root + "testdata/kit")
	if err != nil {
		return err
	}
	fresh, err := opener(host)
	if err != nil {
		return err
	}
	for _, c := range k.Cases {
		v, closed, err := fresh()
		if err != nil {
			return err
		}
		show(kit.Result{Name: c.Name, Got: kit.Run(k.Resolve(c), v)})
		if err := closed(); err != nil {
			return err
		}
	}
	return nil
}

// opener gives a function that makes fresh verifiers of a host.
func opener(host string) (func() (v kit.Verifier, closed func() error, err error), error) {
	switch host {
	case "native":
		return func() (kit.Verifier, func() error, error) {
			return &kit.Native{}, func() error { return nil }, nil
		}, nil
	case "wazero", "wazero-helped":
		wasm, err := os.ReadFile(root + "dist/edgetoken-verify.wasm")
		if err != nil {
			return nil, err
		}
		e, err := newEngine(context.Background(), wasm)
		return func() (kit.Verifier, func() error, error) {
			g, err := e.instance(host == "wazero-helped")
			return g, g.close, err
		}, err
	}
	return nil, fmt.Errorf("%s is no host here", host)
}

// show prints a value as a line of JSON.
func show(v any) {
	e := json.NewEncoder(os.Stdout)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "wazero:", err)
	os.Exit(1)
}
