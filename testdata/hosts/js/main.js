// Runs in Node, Deno and Bun, in a folder where the package is installed:
//
//   main.js test           the package's tests; the last line is "N passed, N failed, 0 skipped"
//   main.js kit FOLDER     the kit that lies there, a line for each case
//   main.js figures HOST   verifications, a line for each measurement
//   main.js start HOST CASE   one start: of the package (helped), or of jose
import { readFile } from "node:fs/promises";
import process from "node:process";
import { tests } from "./all.js";
import { readKit } from "./files.js";
import { started, verifications } from "./measure.js";
import { got, isAlone } from "./kit.js";
import { runAll } from "./run.js";
import { fresh } from "./verifiers.js";

const log = (value) => console.log(JSON.stringify(value));
const [command, ...rest] = process.argv.slice(2);

switch (command) {
  case "test":
    await runAll(tests);
    break;
  case "kit": {
    const kit = await readKit(rest[0]);
    const file = new URL("./node_modules/edgetoken-verify/edgetoken-verify.wasm", import.meta.url);
    const module = await WebAssembly.compile(await readFile(file));
    for (const test of kit.cases)
      log({ name: test.name, got: await got(test, kit, await fresh(module, isAlone(test))) });
    break;
  }
  case "figures":
    await verifications(rest[0], log);
    break;
  case "start":
    log(await started(rest[0], rest[1]));
    break;
  default:
    throw new Error(`unknown command ${command}`);
}
