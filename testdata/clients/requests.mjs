// What a request may be, where it goes, and what a client does to the program around it.
import http from "node:http";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { holds, same } from "../browser/check.mjs";
import { people, password } from "../browser/node.mjs";
import { attach, axios, Client, LoggedOut, memory, Refused, tabs, Unexpected } from "./packages.mjs";
import { Project } from "./projects.mjs";
import { Person, paths } from "./shop.mjs";

const thrown = async (promise) => promise.then(() => undefined, (error) => error);

// refusedOnce is somebody logged in, whose next request to /orders/ is refused; bodies are those that came there.
async function refusedOnce(node, options) {
  const p = new Person(node, options);
  await p.logIn();
  p.later(1); // a token of this second is not replaced
  await p.me();
  const bodies = [];
  p.network.handlers["/orders/"] = async (request) => {
    bodies.push(await request.text());
    return new Response("", { status: bodies.length === 1 ? 401 : 200 });
  };
  return { p, bodies };
}

// due has the access token of somebody be due, and the refresh wait; it gives what lets that go on.
async function due(p) {
  p.later(57);
  await p.me();
  let goOn;
  const go = new Promise((resolve) => { goOn = resolve; });
  p.network.handlers[paths.refresh] = async (_, send) => {
    await go;
    return send();
  };
  return goOn;
}

// listening serves on this machine until a test is over.
async function listening(serve, test) {
  const server = http.createServer(serve).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await test(`http://127.0.0.1:${server.address().port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

export const requests = {
  async "a body of any kind is sent once more, a stream is not"({ node }) {
    const form = new FormData();
    form.set("fruit", "apples");
    form.set("list", new Blob(["three"]), "list.txt");
    const text = "three apples";
    for (const [what, make] of Object.entries({
      "a text": (at) => [at, { method: "POST", body: text }],
      "bytes": (at) => [at, { method: "POST", body: new TextEncoder().encode(text) }],
      "a Blob": (at) => [at, { method: "PUT", body: new Blob([text]) }],
      "parameters": (at) => [at, { method: "POST", body: new URLSearchParams({ a: "b" }) }],
      "a form": (at) => [at, { method: "POST", body: form }],
      "a Request": (at) => [new Request(at, { method: "PATCH", body: text })],
      "a Request with another body": (at) => [new Request(at, { method: "PATCH", body: "two" }), { body: text }],
      "a URL": (at) => [new URL(at), { method: "POST", body: text }],
    })) {
      const { p, bodies } = await refusedOnce(node);
      const answer = await p.client.fetch(...make(node.url("/orders/")));
      const read = bodies.map((body) => body.replaceAll(/formdata-undici-\d+|----[\w-]+/g, ""));
      same(what, [answer.status, read.length, read[0] === read[1], read[0] !== ""], [200, 2, true, true]);
    }
    const stream = async function* () { yield Buffer.from(text); };
    for (const [what, body] of Object.entries({ "a stream": new Blob([text]).stream(), "an iterator": stream() })) {
      const { p, bodies } = await refusedOnce(node);
      const answer = await p.client.fetch("/orders/", { method: "POST", body, duplex: "half" });
      same(what, [answer.status, bodies], [401, [text]]);
    }
  },

  async "axios sends a body once more"({ node }) {
    const { p, bodies } = await refusedOnce(node);
    const { status } = await attach(axios.create({ baseURL: node.origin }), p.client).post("/orders/", { apples: 3 });
    same("answer", [status, bodies], [200, ['{"apples":3}', '{"apples":3}']]);
  },

  async "who gives up waits for no refresh"({ node }) {
    const p = new Person(node);
    await p.logIn();
    const goOn = await due(p);
    const stop = new AbortController();
    const [mine, other] = [thrown(p.client.fetch(paths.me, { signal: stop.signal })), p.me()];
    while (p.network.count(paths.refresh) === 0) await sleep(1);
    stop.abort(new Error("enough"));
    same("error", (await mine)?.message, "enough");
    goOn();
    same("who waits on", await other, 200);
    const asked = p.network.count(paths.me);
    same("too late", (await thrown(p.client.fetch(paths.me, { signal: stop.signal })))?.message, "enough");
    same("requests then", p.network.count(paths.me), asked);
  },

  async "a redirect to another origin carries no token"({ node }) {
    const there = [];
    await listening((request, answer) => {
      there.push(request.headers.authorization);
      answer.end();
    }, (elsewhere) => listening((_, answer) => answer.writeHead(302, { Location: elsewhere }).end(), async (server) => {
      const storage = memory();
      await storage.replace(undefined, { access: "a.b.c", refresh: "r" });
      same("status", (await new Client({ server, storage }).fetch("/moved/")).status, 200);
      same("seen", there, [undefined]);
      for (const answer of [await thrown(new Client({ server }).login("ana", "x"))]) holds("a log-in", String(answer), "302");
      same("seen", there.length, 1);
    }));
  },

  async "what is relative is below the server"({ node }) {
    const seen = [];
    const fetch = async (request) => {
      seen.push(request.url);
      return new Response("");
    };
    const storage = memory();
    await storage.replace(undefined, { access: "a", refresh: "r" });
    for (const server of ["https://shop.example/api", "https://shop.example/api/"]) {
      const c = new Client({ server, storage, fetch });
      for (const path of ["/orders/", "orders/", "?page=2", "//other.example/", "/\\other.example/"]) await c.fetch(path);
    }
    const wanted = ["https://shop.example/api/orders/", "https://shop.example/api/orders/", "https://shop.example/api/?page=2", "https://other.example/", "https://shop.example/api//other.example/"];
    same("asked", seen, [...wanted, ...wanted]);
  },

  async "an answer of the cache does not set the clock back"({ node }) {
    const p = new Person(node);
    await p.logIn();
    let goOn;
    p.network.handlers["/cached/"] = async () => {
      await new Promise((resolve) => { goOn = resolve; });
      return new Response("", { headers: { Date: new Date(Date.now() - 3_600_000).toUTCString() } });
    };
    const cached = p.client.fetch("/cached/");
    while (goOn === undefined) await sleep(1);
    p.later(57);
    await p.me();
    goOn();
    same("cached", (await cached).status, 200);
    same("status", await p.me(), 200);
    same("refreshes", p.network.count(paths.refresh), 1);
  },

  async "a listener that throws disturbs nobody"({ node }) {
    const p = new Person(node, { onLogout: () => { throw new Error("of the listener"); } });
    const heard = [];
    p.client.onLogout((l) => heard.push(l.reason));
    await p.logIn();
    const uncaught = once(process, "uncaughtException");
    const others = process.listeners("uncaughtException");
    await p.client.logout();
    same("heard", heard, ["asked"]);
    same("uncaught", (await uncaught)[0].message, "of the listener");
    same("listeners", others.length, 1);
  },

  async "in tabs a log-out counts more than a refresh of the same moment"() {
    const [a, b] = [tabs("shop"), tabs("shop")];
    const pair = (n) => ({ access: `a${n}`, refresh: `r${n}` });
    const until = async (what, seen, wanted) => {
      for (let i = 0; JSON.stringify(await seen()) !== JSON.stringify(wanted); i++) {
        if (i > 1000) return same(what, await seen(), wanted);
        await sleep(10);
      }
    };
    try {
      await a.replace(undefined, pair(1));
      await until("b", () => b.load(), pair(1));
      await Promise.all([b.replace(pair(1), undefined), a.replace(pair(1), pair(2))]); // neither has heard of the other
      await until("a", () => a.load(), undefined);
      await sleep(50);
      same("both", [await a.load(), await b.load()], [undefined, undefined]);
      await b.replace(undefined, pair(3));
      await until("a after the next log-in", () => a.load(), pair(3));
    } finally {
      a.close();
      b.close();
    }
    await a.replace(pair(3), pair(4)); // without the others
  },

  async "no client keeps a program alive"({ node }) {
    const program = `
      import { Client, tabs } from "edgetoken-client";
      const server = ${JSON.stringify(node.origin)};
      const clients = [new Client({ server }), new Client({ server, storage: tabs() }), new Client({ server, mode: "cookie" })];
      for (const client of clients.slice(0, 2)) {
        await client.login(${JSON.stringify(people.ana.email)}, ${JSON.stringify(password)});
        console.log((await client.fetch("/customers/me/")).status);
      }
    `;
    same("printed", new Project("alive", { "package.json": { type: "module" }, "main.js": program }).run("node", "main.js"), "200\n200\n");
  },

  async "errors say what they are"({ node }) {
    const p = new Person(node);
    const errors = [await thrown(p.client.fetch(paths.me)), await thrown(p.client.login(people.ana.email, "wrong")), await thrown(p.client.login("", ""))];
    same("classes", errors.map((error) => [LoggedOut, Refused, Unexpected].findIndex((c) => error instanceof c)), [0, 1, 2]);
    same("stacks", errors.map(({ stack }) => stack.split(":")[0]), ["LoggedOut", "Refused", "Unexpected"]);
    same("the answer", errors[2].answer, { email: ["This field may not be blank."], password: ["This field may not be blank."] });
    for (const [options, said] of [[{ server: "/api" }, "server"], [{ server: "ftp://shop.example" }, "server"], [{}, "server"], [{ server: node.origin, mode: "cookies" }, "mode"]]) {
      let error;
      try {
        new Client(options);
      } catch (e) { error = e; }
      same(`the error of ${JSON.stringify(options)}`, error?.name, "TypeError");
      holds(`the error of ${JSON.stringify(options)}`, error.message, said);
    }
  },
};
