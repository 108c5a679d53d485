package main

import (
	"context"
	"encoding/base64"
	"errors"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/jwk"
	"github.com/edgetoken/edgetoken/testdata/kit"
)

// Exports of dist/edgetoken-verify.wasm.
const (
	verifier   = "edgetoken:verify/verifier@0.1.0#"
	signatures = "edgetoken:verify/signatures@0.1.0#"
)

// engine has the module compiled. It gives guests wazero's own clock, which stands in 2022, and its fixed entropy.
type engine struct {
	ctx     context.Context
	runtime wazero.Runtime
	module  wazero.CompiledModule
}

func newEngine(ctx context.Context, wasm []byte) (*engine, error) {
	r := wazero.NewRuntime(ctx)
	wasi_snapshot_preview1.MustInstantiate(ctx, r)
	module, err := r.CompileModule(ctx, wasm)
	return &engine{ctx, r, module}, err
}

// guest is an instance; it implements kit.Verifier.
type guest struct {
	ctx    context.Context
	module api.Module
	helps  bool               // the host checks signatures
	keys   map[string]jwk.Key // that were asked about, by their JWK
}

func (e *engine) instance(helps bool) (*guest, error) {
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize")
	m, err := e.runtime.InstantiateModule(e.ctx, e.module, config)
	return &guest{e.ctx, m, helps, map[string]jwk.Key{}}, err
}

// call takes a text to an export, and gives the address of its answer.
func (g *guest) call(export, text string, more ...uint64) (uint32, error) {
	p, err := g.module.ExportedFunction("cabi_realloc").Call(g.ctx, 0, 0, 1, uint64(len(text)))
	if err != nil {
		return 0, err
	}
	g.module.Memory().WriteString(uint32(p[0]), text)
	r, err := g.module.ExportedFunction(export).Call(g.ctx, append([]uint64{p[0], uint64(len(text))}, more...)...)
	if err != nil || len(r) == 0 {
		return 0, err
	}
	return uint32(r[0]), nil
}

// result is call for an export that gives a result of two texts.
func (g *guest) result(export, text string, more ...uint64) (string, error) {
	at, err := g.call(export, text, more...)
	if err != nil {
		return "", errors.New("broken: " + err.Error())
	}
	answer := g.text(at + 4)
	if tag, _ := g.module.Memory().ReadByte(at); tag != 0 {
		return "", errors.New(answer)
	}
	return answer, nil
}

// text is the text whose address and length stand at an address.
func (g *guest) text(at uint32) string {
	p, _ := g.module.Memory().ReadUint32Le(at)
	n, _ := g.module.Memory().ReadUint32Le(at + 4)
	b, _ := g.module.Memory().Read(p, n)
	return string(b)
}

func (g *guest) Configure(policy string) error {
	if g.helps {
		policy = kit.HostSignatures(policy)
	}
	_, err := g.result(verifier+"configure", policy)
	return err
}

func (g *guest) Update(bundle string) error {
	_, err := g.result(verifier+"update", bundle)
	return err
}

func (g *guest) Verify(token string, now int64, alone bool) (string, error) {
	bad := false
	if g.helps && !alone {
		var err error
		if bad, err = g.help(token); err != nil {
			return "", err
		}
	}
	claims, err := g.result(verifier+"verify", token, uint64(now))
	if bad && err != nil && err.Error() == cause.SignatureNeeded.String() {
		return "", errors.New(cause.BadSignature.String())
	}
	return claims, err
}

// help checks the signature of a token if the guest asks for that, and vouches for it unless it is bad.
func (g *guest) help(token string) (bad bool, err error) {
	at, err := g.call(signatures+"ask", token)
	if err != nil {
		return false, errors.New("broken: " + err.Error())
	}
	if tags, _ := g.module.Memory().ReadUint32Le(at); tags&0xff != 0 {
		return false, nil // verify refuses it
	}
	if some, _ := g.module.Memory().ReadByte(at + 4); some == 0 {
		return false, nil
	}
	text, name := g.text(at+8), g.text(at+28)
	input, _ := g.module.Memory().ReadUint32Le(at + 24)
	key, known := g.keys[text]
	if !known {
		if key, err = jwk.Read([]byte(text)); err != nil {
			return false, err
		}
		g.keys[text] = key
	}
	signature, err := base64.RawURLEncoding.DecodeString(token[input+1:])
	if err != nil || !key.Check([]byte(token[:input]), signature) {
		return true, nil
	}
	_, err = g.call(signatures+"vouch", name)
	return false, err
}

func (g *guest) close() error { return g.module.Close(g.ctx) }
