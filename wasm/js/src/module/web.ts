let module: WebAssembly.Module | undefined;

/** Compiles the module that lies in this package: for browsers, and what bundlers make for them. */
export async function load(): Promise<WebAssembly.Module> {
  if (module !== undefined) return module;
  const answer = await fetch(new URL("../../edgetoken-verify.wasm", import.meta.url));
  return (module = await WebAssembly.compile(await answer.arrayBuffer()));
}
