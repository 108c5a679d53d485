// Makes a component of the core module: componentize.js MODULE WIT COMPONENT
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { componentEmbed, componentNew, preview1AdapterReactorPath } from "@bytecodealliance/jco";

const [module, wit, component] = process.argv.slice(2);
const [core, witSource, adapter] = await Promise.all([
  readFile(module),
  readFile(wit, "utf8"),
  readFile(preview1AdapterReactorPath()),
]);
const embedded = await componentEmbed({ binary: core, witSource });
await writeFile(component, await componentNew(embedded, [["wasi_snapshot_preview1", adapter]]));
