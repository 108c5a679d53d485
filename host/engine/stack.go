package engine

import (
	"reflect"
	"slices"

	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/tetratelabs/wazero/api"
)

// Where the stack of a function lies decides how fast it is. wazero gives each function that it hands out a stack of its own, of 10 KiB, which the allocator
// puts now at the beginning of a page and now at its middle; and it packs the variables that it keeps there, so that one of eight bytes may lie at any multiple
// of four. One of the guest's innermost loop that is then in two pages at once makes reading a token of 8 KB take 77 µs, where it takes 44 else, on amd64. So
// a function is taken whose stack has as much room as can be before it comes to another page. The guest goes deeper at times, to 5 KB as a rule, but with no
// loop that is known to suffer. A stack that outgrows its 10 KiB, as when the guest's collector comes late in a call after dozens of changes of keys,
// is moved by wazero and loses its place; no token was seen to take longer for that.

// stackRoom tells the two places apart: of 10 KiB either 4,080 or 2,032 bytes lie in the first page, the one at the top, since the stack grows downwards.
const stackRoom = 2048

// frequent are the calls that come with every token; for the others the place does not matter.
var frequent = []string{abi.InspectName, abi.AcceptName, abi.PrepareName, abi.OpenName, abi.DecideName}

// function is an export of a module; a frequent one has a stack that lies well, if 256 tries come to one. In fresh memory one in two does, but where
// many instances took theirs, what the allocator has at hand lies badly. A try leaves some 12 KiB of garbage.
func function(m api.Module, name string) api.Function {
	f := m.ExportedFunction(name)
	if !slices.Contains(frequent, name) {
		return f
	}
	for tries := 1; tries < 256 && firstPage(f) < stackRoom; tries++ {
		f = m.ExportedFunction(name)
	}
	return f
}

// firstPage is how many bytes of a function's stack lie in the page that it begins in. It is wazero's own affair where a stack lies: where that cannot be seen, as
// in another version or with its interpreter, the answer is that all is well.
func firstPage(f api.Function) uint64 {
	const pageBytes = 4096
	v := reflect.ValueOf(f)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return pageBytes
	}
	top := v.Elem().FieldByName("stackTop")
	if !top.IsValid() || !top.CanUint() {
		return pageBytes
	}
	return top.Uint() % pageBytes
}
