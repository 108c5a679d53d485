package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/tetratelabs/wazero/api"
)

// instance is one instance of the module. It serves one call at a time. A call into the guest is short and bounded by
// its input, so it never ends with the context of a request: in some runtimes that would destroy the instance.
type instance struct {
	module    api.Module
	memory    api.Memory
	layout    abi.Layout
	functions map[string]api.Function
	inspect   api.Function // of functions, found once; nil where the module has it not
	accept    api.Function
	reads     api.Function
	writes    api.Function
	decides   api.Function
	ctx       context.Context // never ends
	stack     [2]uint64
	config    *config // what it was configured with last
	signature []byte
	draws     core.Draws
}

// brokenError says that an instance must not be used again.
type brokenError struct{ cause error }

func (e *brokenError) Error() string { return "engine: an instance broke: " + e.cause.Error() }
func (e *brokenError) Unwrap() error { return e.cause }

func broken(format string, args ...any) error { return &brokenError{fmt.Errorf(format, args...)} }

// isBroken reports whether err says that the instance which was used must not be used again.
func isBroken(err error) bool {
	var broken *brokenError
	return errors.As(err, &broken)
}

// errNonsense is the cause where a guest's answer is not what the ABI says.
var errNonsense = errors.New("the guest's answer is out of its bounds")

// newInstance checks version and layout of a fresh module; on an error it is closed.
func newInstance(m api.Module) (*instance, error) {
	i := &instance{module: m, memory: m.Memory(), functions: map[string]api.Function{}, ctx: context.Background()}
	for name := range m.ExportedFunctionDefinitions() {
		i.functions[name] = m.ExportedFunction(name)
	}
	i.inspect, i.accept = i.functions[abi.InspectName], i.functions[abi.AcceptName]
	i.reads = i.functions[abi.ReadName]
	i.writes, i.decides = i.functions[abi.WriteName], i.functions[abi.DecideName]
	err := i.greet()
	if err != nil {
		return nil, errors.Join(err, m.Close(i.ctx))
	}
	return i, nil
}

func (i *instance) greet() error {
	version, err := i.value(abi.VersionName)
	switch {
	case err != nil:
		return err
	case version != abi.Version:
		return fmt.Errorf("engine: the module speaks ABI version %d and this host version %d; use a module of this "+
			"release",
			version, abi.Version)
	}
	at, err := i.value(abi.LayoutName)
	if err != nil {
		return err
	}
	b, ok := i.memory.Read(at, abi.LayoutBytes)
	if ok {
		i.layout, ok = abi.ReadLayout(b, i.memory.Size())
	}
	if !ok {
		return errors.New("engine: the module's layout lies outside its memory " +
			"or has other sizes than this ABI version")
	}
	return nil
}

// value calls a function without parameters for its number.
func (i *instance) value(name string) (uint32, error) {
	i.stack[0] = 0
	if err := i.functions[name].CallWithStack(i.ctx, i.stack[:]); err != nil {
		return 0, broken("%s: %w", name, err)
	}
	return uint32(i.stack[0]), nil
}

// call writes a message and calls an export with its size.
func (i *instance) call(name string, message []byte) error {
	return i.callFunction(name, i.functions[name], message)
}

func (i *instance) callFunction(name string, f api.Function, message []byte) error {
	copy(i.input(), message)
	return i.invoke(name, f, len(message))
}

// input is the guest's input area. It is read anew for each call: memory may have grown.
func (i *instance) input() []byte {
	b, _ := i.memory.Read(i.layout.Input, abi.InputBytes)
	return b[:len(b):len(b)]
}

// invoke calls an export with the size of the message that lies in the input area, or that did not fit into it.
func (i *instance) invoke(name string, f api.Function, size int) error {
	if size > abi.InputBytes {
		return fmt.Errorf("engine: %s: the message has %d bytes and the module has room for %d", name, size,
			abi.InputBytes)
	}
	i.stack[0] = uint64(size)
	if err := f.CallWithStack(i.ctx, i.stack[:]); err != nil {
		return broken("%s: %w", name, err)
	}
	return i.status(name)
}

func (i *instance) status(name string) error {
	switch s := abi.Status(i.stack[0]); s {
	case abi.StatusOK:
		return nil
	case abi.StatusPanicked, abi.StatusNotConfigured, abi.StatusOutOfOrder:
		return broken("%s: %w", name, s)
	case abi.StatusTooLong: // of tokens alone, which are then longer than is read
		return fmt.Errorf("engine: %s: %w: %w", name, core.ErrTooLong, s)
	default:
		return fmt.Errorf("engine: %s: %w", name, s)
	}
}

// output is the guest's output area. It is read anew after each call: memory may have grown.
func (i *instance) output(size uint32) []byte {
	b, _ := i.memory.Read(i.layout.Output, size)
	return b
}

func (i *instance) configure(c *config) error {
	i.config = nil
	if err := i.call(abi.ConfigureName, c.message); err != nil {
		return err
	}
	i.config = c
	return nil
}

// read has the guest read o.Claims, of a token that has a good signature by a key, into o.
func (i *instance) read(c *config, key int, o *core.Opened) error {
	if !i.memory.Write(i.layout.Claims, o.Claims) {
		return broken("%s: %w", abi.ReadName, errNonsense)
	}
	i.stack[0], i.stack[1] = uint64(key), uint64(len(o.Claims))
	if err := i.reads.CallWithStack(i.ctx, i.stack[:]); err != nil {
		return broken("%s: %w", abi.ReadName, err)
	}
	if err := i.status(abi.ReadName); err != nil {
		return err
	}
	size, ok := i.readOpened(o)
	switch {
	case !ok || o.Key != key:
		return broken("%s: %w", abi.ReadName, errNonsense)
	case o.Cause == cause.OK && size == len(o.Claims):
		o.Issuer, o.KeyEnds = c.set.Keys[key].Issuer, c.ends[key]
	case o.Cause != cause.OK && size == 0:
		o.Issuer, o.KeyEnds, o.Claims = "", 0, o.Claims[:0]
	default:
		return broken("%s: %w", abi.ReadName, errNonsense)
	}
	return nil
}

// readOpened reads an Opened from the output, but for its family: that is read from the id, whatever the guest says.
func (i *instance) readOpened(o *core.Opened) (claims int, ok bool) {
	claims, ok = abi.ReadOpened(i.output(abi.OpenedBytes), o)
	o.SetFamily(core.Family{})
	return claims, ok
}

// inspectAndAccept opens a token into o: the guest reads, the host checks the signature over its own copy of the token,
// and the nonce that Inspect gave has the guest accept that token and no other. The host remembers the header.
func (i *instance) inspectAndAccept(ctx context.Context, c *config, token []byte, o *core.Opened) error {
	if err := i.callFunction(abi.InspectName, i.inspect, token); err != nil {
		return err
	}
	in, ok := abi.ReadInspected(i.output(abi.InspectedBytes), len(token), len(c.set.Keys))
	if !ok || in.Epoch != c.set.Epoch {
		return broken("%s: %w", abi.InspectName, errNonsense)
	}
	if in.Cause != cause.OK {
		refuse(o, in.Cause)
		return nil
	}
	if i.signature, ok = decodePart(i.signature, token[in.Signature:]); !ok {
		refuse(o, cause.Malformed)
		return nil
	}
	good, err := c.keys.Check(ctx, in.Key, token[:in.Input], i.signature)
	if err != nil {
		return err
	}
	if !good {
		refuse(o, cause.BadSignature)
		return nil
	}
	if !i.memory.WriteUint64Le(i.layout.Input, in.Nonce) {
		return broken("%s: %w", abi.AcceptName, errNonsense)
	}
	if err := i.invoke(abi.AcceptName, i.accept, abi.NonceBytes); err != nil {
		return err
	}
	if err := i.opened(c, o); err != nil {
		return err
	}
	if o.Key != in.Key {
		return broken("%s: %w", abi.AcceptName, errNonsense)
	}
	c.headers.learn(token, in.Key)
	return nil
}

// refuse makes o a refused token, which keeps its room for claims.
func refuse(o *core.Opened, cause cause.Cause) { *o = core.Opened{Cause: cause, Claims: o.Claims[:0]} }

// opened reads an Opened from the output and copies its claims out before the instance serves another call.
func (i *instance) opened(c *config, o *core.Opened) error {
	size, ok := i.readOpened(o)
	if !ok || o.Cause == cause.OK && o.Key >= len(c.set.Keys) || o.Cause != cause.OK && size != 0 {
		return broken("opened token: %w", errNonsense)
	}
	o.Issuer, o.KeyEnds, o.Claims = "", 0, o.Claims[:0]
	if o.Cause == cause.OK {
		o.Issuer, o.KeyEnds = c.set.Keys[o.Key].Issuer, c.ends[o.Key]
		claims, ok := i.memory.Read(i.layout.Claims, uint32(size))
		if !ok {
			return broken("opened token: %w", errNonsense)
		}
		o.Claims = append(o.Claims, claims...)
	}
	return nil
}

// open opens a token inside the guest alone.
func (i *instance) open(c *config, token []byte, o *core.Opened) error {
	if err := i.call(abi.OpenName, token); err != nil {
		return err
	}
	return i.opened(c, o)
}

// write has the guest write the tokens that were granted, and reads them into d.prepared from a copy: signing may take
// long, and meanwhile the instance serves other calls.
func (i *instance) write(d *decision) error {
	if !i.draws.Fresh(d.request.Entropy) {
		return fmt.Errorf("engine: %w: it was given before", core.ErrEntropy)
	}
	draft := abi.AppendDraft(i.input()[:0], &d.draft)
	if err := i.invoke(abi.WriteName, i.writes, len(draft)); err != nil {
		return err
	}
	size, ok := abi.WrittenSize(i.output(abi.WrittenBytes))
	if ok {
		d.answer = append(d.answer[:0], i.output(uint32(size))...)
		d.prepared.Inputs, ok = abi.ReadWritten(d.prepared.Inputs[:0], d.answer, len(d.draft.Tokens))
	}
	if !ok {
		return broken("%s: %w", abi.WriteName, errNonsense)
	}
	i.draws.Keep(d.request.Entropy)
	return nil
}

func (i *instance) decide(c *config, req *core.Request) (core.Outcome, error) {
	answer, err := i.ask(abi.DecideName, i.decides, req)
	if err != nil {
		return core.Outcome{}, err
	}
	o, ok := abi.ReadOutcome(answer)
	if !ok || !c.believable(req, &o) {
		return core.Outcome{}, broken("%s: %w", abi.DecideName, errNonsense)
	}
	return o, nil
}

// ask writes a request straight into the input area, and gives the answer where it lies.
func (i *instance) ask(name string, f api.Function, req *core.Request) ([]byte, error) {
	if err := i.invoke(name, f, len(abi.AppendRequest(i.input()[:0], req))); err != nil {
		return nil, err
	}
	answer, ok := abi.ReadFramed(i.output(abi.OutputBytes))
	if !ok {
		return nil, broken("%s: %w", name, errNonsense)
	}
	return answer, nil
}

// grown reports whether the instance nears its bound of memory, so that a fresh one should take its place.
func (i *instance) grown() bool { return i.memory.Size() > maxMemoryPages<<16*3/4 }

func (i *instance) close() error { return i.module.Close(i.ctx) }
