// What ends when a server never answers. The garbage is collected all the time: Node forgets the signal of a request with it.
import http from "node:http";
import v8 from "node:v8";
import vm from "node:vm";
import { same } from "../browser/check.mjs";
import { Client, memory } from "./packages.mjs";

v8.setFlagsFromString("--expose-gc");
const collect = vm.runInNewContext("gc");

// silent runs a test against a server that begins an answer at most.
async function silent(test) {
  const server = http.createServer((request, answer) => {
    if (request.url === "/stalled/") answer.writeHead(200).write("one of two");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const collecting = setInterval(collect, 20);
  try {
    await test(`http://127.0.0.1:${server.address().port}`, server.address().port);
  } finally {
    clearInterval(collecting);
    server.closeAllConnections();
    server.close();
  }
}

async function client(server, access) {
  const storage = memory();
  await storage.replace(undefined, { access, refresh: "r" });
  return new Client({ server, storage, attempt: 200, patience: 500 });
}

// ended is how something ends within a minute.
async function ended(promise) {
  let timer;
  const late = new Promise((resolve) => { timer = setTimeout(() => resolve("never"), 60_000); });
  try {
    return await Promise.race([promise.then(() => "answered", (error) => error.name), late]);
  } finally {
    clearTimeout(timer);
  }
}

const soon = () => ({ signal: AbortSignal.timeout(300) });

export const silence = {
  async "a request that is never answered ends with its signal"() {
    await silent(async (server, port) => {
      const c = await client(server, "a");
      for (const [what, ask] of Object.entries({
        "a signal": () => c.fetch("/x/", soon()),
        "that of a Request": () => c.fetch(new Request(`${server}/x/`, soon())),
        "another origin": () => c.fetch(`http://localhost:${port}/x/`, soon()),
        "a body": () => c.fetch("/stalled/", soon()).then((answer) => answer.text()),
        "a body of a Request": () => c.fetch(new Request(`${server}/stalled/`, soon())).then((answer) => answer.text()),
      })) same(what, await ended(ask()), "TimeoutError");
    });
  },

  async "a refresh that is never answered ends"() {
    await silent(async (server) => same("token", await ended((await client(server, "")).token()), "Unavailable"));
  },
};
