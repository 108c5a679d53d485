// Workers compile a module when they are deployed, and never at run time.
import module from "../../edgetoken-verify.wasm";

/** Gives the module that lies in this package: for Workers. */
export async function load(): Promise<WebAssembly.Module> {
  return module;
}
