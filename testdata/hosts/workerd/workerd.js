// Starts workerd with Workers, each at a port of its own, and ends it.
import { spawn } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";

const workerd = "node_modules/@cloudflare/workerd-linux-64/bin/workerd";

/** Starts the Worker in the folder built, with texts as its environment. */
export async function startWorker(built, environment = {}) {
  const port = await freePort();
  const config = `${built}/${port}.capnp`; // what it embeds lies beside it
  await writeFile(config, configuration(port, environment));
  const child = spawn(workerd, ["serve", config], { stdio: ["ignore", "inherit", "inherit"] });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  const url = `http://127.0.0.1:${port}`;
  await listening(url, child);
  return {
    url,
    /** CPU time so far in µs, of all threads: the unit of /proc is a hundredth of a second. */
    async cpu() {
      const fields = (await readFile(`/proc/${child.pid}/stat`, "utf8")).split(") ")[1].split(" ");
      return (Number(fields[11]) + Number(fields[12])) * 10_000;
    },
    /** Resident memory in MiB. */
    async memory() {
      const [, pages] = (await readFile(`/proc/${child.pid}/statm`, "utf8")).split(" ");
      return Math.round(Number(pages) / 256);
    },
    async stop() {
      child.kill();
      await ended;
      await rm(config);
    },
  };
}

/** The configuration, where the module lies beside the Worker as wrangler would put it. */
function configuration(port, environment) {
  const bindings = Object.entries(environment).map(
    ([name, text]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)})`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "worker", worker = .worker),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "worker")],
);
const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "edgetoken-verify.wasm", wasm = embed "edgetoken-verify.wasm"),
  ],
  bindings = [${bindings.join(", ")}],
  compatibilityDate = "2026-01-01",
);
`;
}

/** Gives a port that nobody listens at. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until a process answers. */
export async function listening(url, child) {
  while (child.exitCode === null) {
    try {
      await fetch(url);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20)); // not yet
    }
  }
  throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
}
