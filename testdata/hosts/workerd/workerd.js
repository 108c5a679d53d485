// Starts workerd with Workers, each at a port of its own, and ends it.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";

const workerd = "node_modules/@cloudflare/workerd-linux-64/bin/workerd";
const SECONDS = 60; // the most that a start takes, and an end

/** Starts the Worker in the folder built, with texts as its environment. */
export async function startWorker(built, environment = {}) {
  const config = `${built}/${randomUUID()}.capnp`; // what it embeds lies beside it
  await writeFile(config, configuration(environment));
  const stdio = ["ignore", "inherit", "inherit", "pipe"];
  const child = spawn(workerd, ["serve", "--control-fd=3", config], { stdio });
  const port = await said(child, child.stdio[3], /"event":"listen","socket":"http","port":(\d+)/);
  const url = `http://127.0.0.1:${port}`;
  await fetch(url, { signal: AbortSignal.timeout(SECONDS * 1000) }); // what it fetches first is on its way
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
      await stop(child);
      await rm(config);
    },
  };
}

/** The configuration, where the module lies beside the Worker as wrangler would put it. */
function configuration(environment) {
  const bindings = Object.entries(environment).map(
    ([name, text]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)})`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "worker", worker = .worker),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "worker")],
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

/** Waits until a process writes what is looked for, and gives the part of it in parentheses. */
export function said(child, from, wanted) {
  return new Promise((resolve, reject) => {
    let text = "";
    const fail = (why) => {
      clearTimeout(late);
      child.kill("SIGKILL");
      reject(new Error(`${child.spawnfile} ${why}: ${text.slice(-2000)}`));
    };
    const late = setTimeout(() => fail(`does not listen after ${SECONDS} s`), SECONDS * 1000);
    child.on("error", reject);
    child.on("exit", (status) => fail(`ended with ${status}`));
    from.setEncoding("utf8");
    from.on("data", (more) => {
      text += more;
      const found = wanted.exec(text);
      if (found === null) return;
      clearTimeout(late);
      child.removeAllListeners("exit");
      from.removeAllListeners("data").resume();
      resolve(found[1]);
    });
  });
}

/** Ends a process that may have ended. */
export async function stop(child) {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.on("exit", resolve));
  let late = false;
  const kill = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, SECONDS * 1000);
  child.kill();
  await ended;
  clearTimeout(kill);
  if (late) throw new Error(`${child.spawnfile} does not end within ${SECONDS} s`);
}
