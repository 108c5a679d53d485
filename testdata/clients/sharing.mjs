// Processes share a session in a network that loses requests and answers: the scenarios, and the same for longer, against other servers:
//
//   run --share go|node [--server node|simplejwt] [--rotation true|false] [--for 600] [--life 2] [--loops 50]
//
// --for and --life, that of access tokens, are in seconds; --loops is how many goroutines or promises each of the eight processes has.
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { password, people } from "../browser/node.mjs";
import * as servers from "./servers.mjs";

// built runs work with the folder of the programs of share and worker.
async function built(work) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "edgetoken-share-"));
  try {
    execFileSync("go", ["build", "-o", folder, "./testdata/clients/share", "./testdata/clients/worker"], { cwd: servers.root });
    return await work(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

// share runs the processes of a client, "go" or "node", and gives what share says. It throws where share fails.
export async function share(client, origin, { seconds, life, loops, flags = [] }) {
  return built((folder) => new Promise((resolve, reject) => {
    const worker = client === "go" ? [path.join(folder, "worker")] : [process.execPath, fileURLToPath(new URL("worker.mjs", import.meta.url))];
    const child = spawn(path.join(folder, "share"),
      ["-server", origin, "-for", `${seconds}s`, "-life", `${life}s`, ...flags, ...worker, "--loops", String(loops)],
      { env: { ...process.env, CLIENT_NAME: people.ana.email, CLIENT_PASSWORD: password }, stdio: ["ignore", "pipe", "pipe"] });
    let said = "", errors = "";
    child.stdout.on("data", (text) => { said += text; });
    child.stderr.on("data", (text) => { errors += text; });
    child.on("error", reject);
    child.on("close", (status) => (status === 0 ? resolve(said.trim()) : reject(new Error(`${said}${errors.slice(-2000)}`))));
  }));
}

// A machine that is busy for seconds may not decide what the scenarios find: a token lasts for 8 seconds, a lost answer is given again for 60,
// and the number of refreshes is only shown.
async function shared(client) {
  const server = await servers.node(8, true, "60s");
  try {
    console.log(`     ${await share(client, server.origin, { seconds: 20, life: 8, loops: 10, flags: ["-most", "0"] })}`);
  } finally {
    await server.stop();
  }
}

export const sharing = {
  "eight processes share a session, in Go": () => shared("go"),
  "eight processes share a session, in Node": () => shared("node"),
};

// long runs the processes as the command line says, and shows what was seen.
export async function long({ share: client, server, rotation, for: seconds, life, loops }) {
  const s = await servers[server](Number(life), rotation === "true");
  try {
    const flags = server === "node" ? [] : ["-lost", "-1", "-most", "0"];
    console.log(await share(client, s.origin, { seconds: Number(seconds), life: Number(life), loops: Number(loops), flags }));
  } finally {
    await s.stop();
  }
}
