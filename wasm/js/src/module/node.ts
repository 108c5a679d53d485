import { readFile } from "node:fs/promises";

let module: Promise<WebAssembly.Module> | undefined;

/** Compiles the module that lies in this package, once: for Node, Deno and Bun. */
export function load(): Promise<WebAssembly.Module> {
  return (module ??= compile());
}

async function compile(): Promise<WebAssembly.Module> {
  const file = new URL("../../edgetoken-verify.wasm", import.meta.url);
  return WebAssembly.compile(await readFile(file));
}
