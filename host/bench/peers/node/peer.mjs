// What the peers of Node.js share: see ../setup. The only argument of each is a file of tokens.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

// input is what the benchmark writes: alg, secret or public_key in PEM, iss, aud and tokens.
export const input = JSON.parse(readFileSync(process.argv[2], "utf8"));

// version is a package of the lock file with its version, and that of Node.js.
export function version(name) {
  const lock = JSON.parse(readFileSync(new URL("package-lock.json", import.meta.url), "utf8"));
  return `${name} ${lock.packages["node_modules/" + name].version}, Node ${process.versions.node}`;
}

// serve says a version, and answers "run N" and "try TOKEN". run verifies so many tokens, those of the input in turn;
// one verifies a token. Both throw what a verifier throws, and may be asynchronous.
export async function serve(version, run, one) {
  console.log(version);
  for await (const line of createInterface({ input: process.stdin })) {
    const [verb, argument] = line.split(" ");
    if (verb === "run") {
      const before = process.cpuUsage();
      await run(Number(argument));
      const { user, system } = process.cpuUsage(before);
      console.log(user + system);
    } else if (verb === "try") {
      try {
        await one(argument);
        console.log("yes");
      } catch (refusal) {
        console.log(`no: ${refusal.message}`);
      }
    } else {
      throw new Error(`unknown line ${line}`);
    }
  }
}
