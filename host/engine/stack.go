package engine

import (
	"reflect"

	"github.com/tetratelabs/wazero/api"
)

// Where the stack of a function lies decides how fast it is. wazero gives each function that it hands out a stack of its own, of 10 KiB, which the allocator
// puts now at the beginning of a page and now at its middle; and what it keeps there lies at any multiple of four bytes. A variable of the guest's innermost
// loop that is then in two pages at once makes reading a token of 8 KB take 77 µs, where it takes 44 else. So a function is taken whose stack has as much
// room as can be before it comes to another page, which is more than the guest needs.

// stackRoom is how many bytes of a stack lie in its first page, at least: it grows downwards, and half of them have twice as many.
const stackRoom = 2048

// function is an export of a module, with a stack that lies well. One try in two comes to one, but where earlier functions were made so, more of what
// the allocator has at hand lies badly; what was tried is garbage, 2.5 MiB at most.
func function(m api.Module, name string) api.Function {
	f := m.ExportedFunction(name)
	for tries := 0; tries < 256 && firstPage(f) < stackRoom; tries++ {
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
