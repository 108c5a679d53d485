"""Runs the kit in the component, through wasmtime's typed bindings: kit.py COMPONENT."""

import json
import os
import sys

from wasmtime import Engine, Store, WasiConfig, component

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))
import cases  # noqa: E402

INTERFACE = "edgetoken:verify/verifier@0.1.0"


class Component:
    """The component, compiled."""

    def __init__(self, path):
        self.engine = Engine()
        self.component = component.Component.from_file(self.engine, path)
        self.linker = component.Linker(self.engine)
        self.linker.add_wasip2()


class Verifier:
    """One instance of the component."""

    def __init__(self, compiled):
        self.store = Store(compiled.engine)
        self.store.set_wasi(WasiConfig())
        instance = compiled.linker.instantiate(self.store, compiled.component)
        interface = instance.get_export_index(self.store, INTERFACE)
        self.functions = {
            name: instance.get_func(self.store, instance.get_export_index(self.store, name, interface))
            for name in ("configure", "verify", "update", "status")
        }

    def call(self, name, *arguments):
        function = self.functions[name]
        result = function(self.store, *arguments)
        function.post_return(self.store)
        return result

    def configure(self, policy):
        return self.call("configure", policy if isinstance(policy, str) else json.dumps(policy))

    def update(self, bundle):
        return self.call("update", bundle)

    def verify(self, token, now):
        result = self.call("verify", token, now)
        return result.tag == "ok", result.payload


if __name__ == "__main__":
    compiled = Component(sys.argv[1])
    cases.run(lambda case: Verifier(compiled))
