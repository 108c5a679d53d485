// Runs in Node, Deno and Bun, in a folder where the package is installed:
//
//   main.js test           the package's tests; the last line is "N passed, N failed, 0 skipped"
//   main.js kit FOLDER     the kit that lies there, a line for each case
//   main.js figures HOST   verifications, a line for each measurement
//   main.js start HOST CASE    one start: of the package (helped), or of jose
import { readFile } from "node:fs/promises";
import process from "node:process";
import { tests } from "./all.js";
import * as figures from "./figures.js";
import { got } from "./kit.js";
import { run } from "./run.js";

const log = (value) => console.log(JSON.stringify(value));
const [command, ...rest] = process.argv.slice(2);

switch (command) {
  case "test": {
    const failed = await run(tests);
    console.log(`${Object.keys(tests).length - failed.length} passed, ${failed.length} failed, 0 skipped`);
    break;
  }
  case "kit": {
    const read = async (name) => JSON.parse(await readFile(`${rest[0]}/${name}.json`, "utf8"));
    const [cases, policies, bundles] = await Promise.all(["cases", "policies", "bundles"].map(read));
    const module = new URL("./node_modules/edgetoken-verify/edgetoken-verify.wasm", import.meta.url);
    const wasm = await WebAssembly.compile(await readFile(module));
    for (const test of cases) log({ name: test.name, got: await got(test, policies, bundles, wasm) });
    break;
  }
  case "figures":
    await figures.verifications(rest[0], log);
    break;
  case "start":
    await figures.start(rest[0], rest[1], log);
    break;
  default:
    throw new Error(`unknown command ${command}`);
}
