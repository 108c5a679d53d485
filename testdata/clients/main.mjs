// Runs the scenarios, and counts them.
import { parseArgs } from "node:util";
import { start } from "../browser/node.mjs";
import { attacks } from "./attacks.mjs";
import { golang } from "./golang.mjs";
import { requests } from "./requests.mjs";
import { schemes } from "./schemes.mjs";
import { session } from "./session.mjs";
import { long, sharing } from "./sharing.mjs";
import { silence } from "./silence.mjs";
import { strangers } from "./strangers.mjs";
import { troubles } from "./troubles.mjs";

const option = (value) => ({ type: "string", default: value });
const { values: args } = parseArgs({ options: {
  only: option(""), share: option(""), server: option("node"), rotation: option("true"), for: option("600"), life: option("2"), loops: option("50"),
} });
if (args.share) {
  await long(args);
  process.exit();
}
let passed = 0, failed = 0;
const node = await start({ host: "127.0.0.1", config: { simple_jwt: { ROTATE_REFRESH_TOKENS: true, BLACKLIST_AFTER_ROTATION: true } } });
try {
  for (const [name, scenario] of Object.entries({ ...session, ...requests, ...troubles, ...attacks, ...schemes, ...silence, ...sharing, ...golang, ...strangers })) {
    if (!name.includes(args.only)) continue;
    try {
      await scenario({ node });
      passed++;
      console.log(`ok   ${name}`);
    } catch (error) {
      failed++;
      console.log(`FAIL ${name}: ${error.stack}`);
    }
  }
} finally {
  await node.stop();
}
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
