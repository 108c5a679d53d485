// Package engine runs the sandboxed module on wazero, in our own host and in other people's programs.
//
// The main type is Engine: a bounded pool of instances of the module, which implements core.Engine. New makes one, on
// the caller's wazero.Runtime or on a new one; Verify, Refresh and Issue are what most programs need; With makes an
// engine for other settings and keys on the same instances; Close closes what New opened and nothing else. An Engine
// is safe for concurrent use.
//
// By default no key enters the guest: it parses and decides with full strictness, and this package checks and makes
// signatures with Config.Keys. With Config.SelfContained the guest does it all.
//
// The guest has the host's real clock and entropy, and no files, arguments or network. No verdict and no token depends
// on either: time and randomness come with each request.
package engine

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// Config says what an Engine is made of. Settings and Keys are required.
type Config struct {
	// Settings are the settings that tokens depend on; core.DefaultSettings has the defaults. The engine keeps the
	// slices and pointers in it, so do not change what they hold afterwards.
	Settings core.Settings
	// Keys check and sign. With SelfContained they must also implement core.KeyMaterial.
	Keys core.Keys
	// SelfContained runs the module that checks and signs by itself: only the guest computes with keys. It is slower.
	SelfContained bool
	// Module is the WebAssembly module. Nil: the one that is embedded in this package.
	Module []byte
	// Runtime is the runtime to run in, beside its other guests; Close leaves it open. Nil: a new one, which bounds the
	// memory of an instance to 32 MiB. In a runtime made with WithCloseOnContextDone, each call takes several times as
	// long.
	Runtime wazero.Runtime
	// CacheDir is a directory for compiled code; New makes it if need be. The engine runs the code, so the directory
	// must belong to this user and nobody else may write to it; else the error is ErrUnsafeCache. A damaged, full or
	// read-only directory only costs time, and Log says so. Empty: no cache. A given Runtime has a cache of its own, so
	// leave CacheDir empty beside it.
	CacheDir string
	// Log gets messages about what makes the engine slow to start or to run. Nil: slog.Default.
	Log *slog.Logger
	// MaxInstances bounds the pool. 0: GOMAXPROCS.
	MaxInstances int
	// Now is the clock of Verify, Refresh and Issue. Nil: time.Now. It and Rand must be safe for concurrent use.
	Now func() time.Time
	// Rand is the entropy of Refresh and Issue. Nil: crypto/rand. One that repeats itself is a core.ErrEntropy.
	Rand io.Reader
}

// maxMemoryPages bounds the linear memory of an instance, in pages of 64 KiB: 32 MiB. A fresh instance has 3.6 MiB, a
// self-contained one 4.6 MiB. Once its garbage collector has run, as after some fifty changes of keys, it has up to
// 10 MiB.
const maxMemoryPages = 512

// Engine reads and writes tokens by one configuration. It shares its instances with the engines that With makes. See
// New.
type Engine struct {
	*sandbox
	config *config
}

// sandbox is a compiled module and the pool of its instances.
type sandbox struct {
	now           func() time.Time
	rand          io.Reader
	selfContained bool
	hash          string
	interpreted   bool

	code    wazero.CompiledModule
	runtime wazero.Runtime
	wasi    api.Module
	closers []func(context.Context) error // in the order that New opened things; closed from the last to the first
	once    sync.Once
	closed  error
	pool    *pool

	decisions sync.Pool // of *decision
}

// New compiles the module, checks it, and makes one instance at once, to fail early. It refuses a module that lacks an
// export, has an export of another signature, imports more than WASI or states another ABI version. The error names
// what is wrong.
func New(ctx context.Context, cfg Config) (*Engine, error) {
	e := &Engine{sandbox: &sandbox{now: cfg.Now, rand: cfg.Rand, selfContained: cfg.SelfContained,
		runtime: cfg.Runtime}}
	if e.now == nil {
		e.now = time.Now
	}
	if e.rand == nil {
		e.rand = rand.Reader
	}
	if err := e.open(ctx, cfg); err != nil {
		return nil, errors.Join(err, e.Close(ctx))
	}
	return e, nil
}

func (e *Engine) open(ctx context.Context, cfg Config) (err error) {
	if cfg.Keys == nil {
		return errors.New("engine: Config.Keys is missing")
	}
	if cfg.CacheDir != "" && cfg.Runtime != nil {
		return errors.New("engine: Config.CacheDir goes with a new runtime only: " +
			"give the Runtime a cache of its own, or leave one of the two out")
	}
	if e.config, err = newConfig(cfg.Settings, cfg.Keys, cfg.SelfContained); err != nil {
		return err
	}
	module := cfg.Module
	if module == nil {
		if module, err = embedded(cfg.SelfContained); err != nil {
			return err
		}
	}
	e.hash = hash(module)
	if !bytes.HasPrefix(module, []byte("\x00asm\x01\x00\x00\x00")) {
		return errors.New("engine: the bytes given are no WebAssembly module; take the module of this release")
	}
	if err := e.openRuntime(ctx, cfg, module); err != nil {
		return err
	}
	if err := checkModule(e.code, cfg.SelfContained); err != nil {
		return err
	}
	instances := cfg.MaxInstances
	if instances <= 0 {
		instances = runtime.GOMAXPROCS(0)
	}
	e.pool = newPool(instances)
	e.closers = append(e.closers, e.pool.close)
	return e.use(ctx, func(*instance) error { return nil })
}

// Close closes the instances, the compiled module and, if New made it, the runtime. It waits for calls in flight. If
// ctx ends first, it leaves open what they use and says so. Further calls of Close return the same error.
func (e *Engine) Close(ctx context.Context) error {
	e.once.Do(func() { e.closed = e.closeAll(ctx) })
	return e.closed
}

// closeAll closes what New opened, from the last to the first. It stops at what a call in flight still uses.
func (e *Engine) closeAll(ctx context.Context) (errs error) {
	for i := len(e.closers) - 1; i >= 0; i-- {
		err := e.closers[i](ctx)
		errs = errors.Join(errs, err)
		if errors.Is(err, errInFlight) {
			break
		}
	}
	e.closers = nil
	return errs
}

// Interpreted reports whether wazero interprets the module, which takes several times as long. It does so where the
// system lets no program run code that it has made. With a given Runtime this is not known: it reports false.
func (e *Engine) Interpreted() bool { return e.interpreted }

// ModuleHash is the SHA-256 of the module's bytes, in hex.
func (e *Engine) ModuleHash() string { return e.hash }

// KeySet implements core.Engine.
func (e *Engine) KeySet() core.KeySet { return e.config.set }

// Open implements core.Engine.
func (e *Engine) Open(ctx context.Context, token []byte, o *core.Opened) error {
	if len(token) > core.MaxTokenBytes {
		refuse(o, cause.TooLong)
		return nil
	}
	if e.selfContained {
		return e.use(ctx, func(i *instance) error { return i.open(e.config, token, o) })
	}
	if key, first, ok := e.config.headers.find(token); ok {
		return e.openKnown(ctx, key, first, token, o)
	}
	return e.use(ctx, func(i *instance) error { return i.inspectAndAccept(ctx, e.config, token, o) })
}

// openKnown opens a token whose header, which ends at first, is known to name a key: the host checks the signature, and
// then the guest reads the claims. A forged token needs no instance.
func (e *Engine) openKnown(ctx context.Context, key, first int, token []byte, o *core.Opened) error {
	part := token[first+1:]
	size := bytes.IndexByte(part, '.')
	if size < 0 {
		refuse(o, cause.Malformed)
		return nil
	}
	var ok bool
	if o.Claims, ok = decodePart(o.Claims, part[size+1:]); !ok { // room for the signature, too
		refuse(o, cause.Malformed)
		return nil
	}
	good, err := e.config.keys.Check(ctx, key, token[:first+1+size], o.Claims)
	if err != nil {
		return err
	}
	if !good {
		refuse(o, cause.BadSignature)
		return nil
	}
	if o.Claims, ok = decodePart(o.Claims, part[:size]); !ok {
		refuse(o, cause.Malformed)
		o.Key = key
		return nil
	}
	return e.use(ctx, func(i *instance) error { return i.read(e.config, key, o) })
}

// Decide implements core.Engine. It decides natively, and has the guest write the tokens that are granted; the
// self-contained module decides and writes everything itself.
func (e *Engine) Decide(ctx context.Context, req core.Request) (core.Outcome, error) {
	switch {
	case e.selfContained:
		return e.decideInside(ctx, req)
	case !req.Op.Writes():
		return core.Decide(&e.config.settings, &req), nil
	}
	d, _ := e.decisions.Get().(*decision)
	if d == nil {
		d = &decision{}
	}
	defer func() {
		d.request, d.draft = core.Request{}, core.Draft{Tokens: d.draft.Tokens} // what is the caller's
		e.decisions.Put(d)
	}()
	d.request = req
	if err := core.Prepare(&e.config.settings, e.config.set, &d.request, &d.prepared, &d.draft); err != nil {
		return core.Outcome{}, err
	}
	if !d.prepared.Refused() {
		if err := e.use(ctx, func(i *instance) error { return i.write(d) }); err != nil {
			return core.Outcome{}, err
		}
	}
	return d.prepared.Sign(ctx, e.config.keys, req.Entropy)
}

// decision is a call of Decide in flight, with buffers that later calls reuse.
type decision struct {
	request  core.Request
	draft    core.Draft
	answer   []byte
	prepared core.Prepared
}

// decideInside has the self-contained module decide.
func (e *Engine) decideInside(ctx context.Context, req core.Request) (o core.Outcome, err error) {
	if req.Op.Writes() && !core.HasEntropy(req.Entropy) {
		return core.Outcome{}, core.ErrEntropy // a guest that is given known entropy writes nothing more
	}
	err = e.use(ctx, func(i *instance) (err error) {
		o, err = i.decide(e.config, &req)
		return err
	})
	if err == nil {
		return o, o.CheckWritten()
	}
	if req.Op.Writes() {
		// The guest says only that it cannot write, so ask core why.
		if mistake := core.CheckWriting(&e.config.settings, e.config.set, &req); mistake != nil {
			err = mistake
		}
	}
	return core.Outcome{}, err
}

// use runs f with an instance that is configured for e. If the instance traps, panics or answers nonsense, it alone is
// closed, and f runs again with another one.
func (e *Engine) use(ctx context.Context, f func(*instance) error) error {
	const tries = 2 // an input that breaks instances must not cost many
	for try := 1; ; try++ {
		err := e.attempt(ctx, f)
		if err == nil || !isBroken(err) || try == tries || ctx.Err() != nil {
			return err
		}
	}
}

// attempt runs f with an instance from the pool, or a new one.
func (e *Engine) attempt(ctx context.Context, f func(*instance) error) (err error) {
	l, err := e.pool.take(ctx)
	if err != nil {
		return err
	}
	sound := false
	defer func() { e.pool.put(l, sound) }() // also where f panics: then the instance is dropped
	if l.instance == vacant {
		i, err := e.instantiate(ctx)
		if err != nil {
			return err
		}
		l.instance = i
		e.pool.counts.alive.Add(1)
	}
	if l.config != e.config {
		err = l.configure(e.config)
	}
	if err == nil {
		err = f(l.instance)
	}
	broken := err != nil && isBroken(err)
	if broken {
		e.pool.counts.broken.Add(1)
	}
	sound = !broken && !l.grown()
	return err
}

func (e *Engine) instantiate(ctx context.Context) (*instance, error) {
	// A WASI module has the default clock of 2022-01-01 and fixed entropy unless told otherwise.
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions(abi.InitializeName).
		WithSysWalltime().WithSysNanotime().WithSysNanosleep().WithRandSource(rand.Reader)
	// The instance serves other requests too, so it must outlive this one.
	m, err := e.runtime.InstantiateModule(e.resolve(context.WithoutCancel(ctx)), e.code, config)
	if err != nil {
		return nil, fmt.Errorf("engine: make an instance: %w", err)
	}
	return newInstance(m)
}

var _ core.Engine = (*Engine)(nil)
var _ api.Closer = (*Engine)(nil)
