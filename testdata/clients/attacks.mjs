// What means harm, or only well: answers, files, storages and tabs that are not as they should be.
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { holds, lacks, same } from "../browser/check.mjs";
import { attach, axios, Client, file, memory, tabs, Unavailable, Unexpected } from "./packages.mjs";
import { Person, paths } from "./shop.mjs";
import { due, inFolder, inTime, passing, thrown } from "./conditions.mjs";

const JSONs = (value, status = 200) => async () => Response.json(value, { status });
const text = (body, status = 200) => async () => new Response(body, { status });
const pair = { access: "a", refresh: "r" };

// unsigned is a token with these claims.
const unsigned = (claims) => `e30.${Buffer.from(claims).toString("base64url")}.x`;

// all is whatever a program may log of a value.
const all = (value) => inspect(value, { depth: Infinity, showHidden: true, maxArrayLength: Infinity, maxStringLength: Infinity });

// stubborn is a storage with a pair that is due, which it never replaces.
function stubborn(shared) {
  const held = { access: unsigned('{"exp":1}'), refresh: "r" };
  return { shared, load: async () => held, replace: async () => false };
}

// counting is a client of a server that is there only as answers, by path; asked counts the requests.
function counting(options, answers) {
  const asked = { all: 0 };
  const fetch = async (input, init) => {
    const request = new Request(input, init);
    const { pathname } = new URL(request.url);
    asked.all++;
    asked[pathname] = (asked[pathname] ?? 0) + 1;
    await sleep(0); // so that a client without end does not keep others from ending it
    return (answers[pathname] ?? text("", 401))(request);
  };
  return { asked, client: new Client({ server: "https://shop.example", fetch, ...options }) };
}

// hearing sends messages to the tabs of a channel, and ends when these had them.
async function hearing(channel, messages) {
  const [page, tab] = [new BroadcastChannel(channel), new BroadcastChannel(channel)];
  try {
    const last = new Promise((resolve) => { tab.onmessage = ({ data }) => data === "the last" && resolve(); });
    for (const message of [...messages, "the last"]) page.postMessage(message);
    await last;
    await sleep(20);
  } finally {
    page.close();
    tab.close();
  }
}

const odd = [null, undefined, 5, "has", [], new Map(), { kind: "has" }, { kind: 5 }, { kind: "has", state: null }];
const oddStates = [
  5, {}, { login: Infinity, change: Infinity }, { login: NaN, change: 9e15 }, { login: "9", change: "9" }, { login: 9e15, change: 9e15, tokens: null },
  { login: 9e15, change: 9e15, tokens: 5 }, { login: 9e15, change: 9e15, tokens: { access: 5, refresh: {} } }, { login: -1, change: 9e15, tokens: pair },
];

export const attacks = {
  async "a lock that is dated ahead is waited for, but not without end"() {
    await inFolder((folder) => passing(async (clocks) => {
      const at = path.join(folder, "session");
      fs.mkdirSync(`${at}.writing`, { mode: 0o700 });
      fs.utimesSync(`${at}.writing`, 4e9, 4e9);
      let done = false;
      const stored = file(at).replace(undefined, pair).finally(() => { done = true; });
      stored.catch(() => {});
      await sleep(50);
      same("held", [done, fs.readdirSync(folder)], [false, ["session.writing"]]);
      for (let i = 0; !done && i < 200; i++) {
        clocks.run += 11_000;
        await sleep(20);
      }
      same("stored", [done && (await stored), fs.readdirSync(folder)], [true, ["session"]]);
    }));
  },

  async "a lock that others have all the time is not waited for without end"() {
    await inFolder((folder) => passing(async (clocks) => {
      const at = path.join(folder, "session");
      fs.mkdirSync(`${at}.writing`, { mode: 0o700 });
      let error;
      thrown(file(at).replace(undefined, pair)).then((e) => { error = e; });
      for (let i = 0; error === undefined && i < 200; i++) {
        fs.utimesSync(`${at}.writing`, new Date(), new Date());
        clocks.run += 1000;
        await sleep(20);
      }
      holds("error", String(error), `${at}.writing`);
    }));
  },

  async "what stands where the lock should be is an error that names it"() {
    for (const [what, make] of Object.entries({
      "a link to nothing": (lock) => fs.symlinkSync("nowhere", lock),
      "a file": (lock) => fs.writeFileSync(lock, ""),
      "a folder with something in it": (lock) => {
        fs.mkdirSync(path.join(lock, "photos"), { recursive: true });
        fs.utimesSync(lock, 0, 0);
      },
      "a folder with a folder in it": (lock) => {
        fs.mkdirSync(path.join(lock, "x.new"), { recursive: true });
        fs.utimesSync(lock, 0, 0);
      },
    })) {
      await inFolder(async (folder) => {
        const at = path.join(folder, "session");
        make(`${at}.writing`);
        holds(what, String(await inTime(thrown(file(at).replace(undefined, pair)))), `${at}.writing`);
      });
    }
    await inFolder(async (folder) => {
      const [at, there] = [path.join(folder, "session"), path.join(folder, "there")];
      fs.mkdirSync(there);
      fs.writeFileSync(path.join(there, "mine.new"), "");
      fs.utimesSync(there, 0, 0);
      fs.symlinkSync(there, `${at}.writing`);
      holds("a link to a folder", String(await inTime(thrown(file(at).replace(undefined, pair)))), `${at}.writing`);
      same("in there", fs.readdirSync(there), ["mine.new"]);
    });
  },

  async "a folder that cannot be made is an error"() {
    for (const at of ["/proc/x/session", "/proc/x/y/session", "/dev/null/session"]) {
      if (!fs.existsSync("/proc/self")) continue; // only Linux has it
      holds(at, String(await inTime(thrown(file(at).replace(undefined, pair)))), at.startsWith("/proc") ? "/proc/x" : "/dev/null");
    }
    await inFolder(async (folder) => {
      const at = path.join(folder, "a/b/c/session");
      same("stored", new Set(await Promise.all([1, 2, 3].map(() => file(at).replace(undefined, undefined)))), new Set([true]));
      same("mode", fs.statSync(path.dirname(at)).mode & 0o777, 0o700);
    });
  },

  async "a token that fits in no header is none, and is not quoted"({ node }) {
    for (const access of ["sec\nret", "sec\0ret", "secret€", "sec ret", 5, ["secret"], { toString: "secret" }, null]) {
      const p = new Person(node, { patience: 300 });
      await p.logIn();
      await due(p);
      p.network.handlers[paths.refresh] = JSONs({ access, refresh: "other secret" });
      same("status", await p.me(), 200);
      p.network.handlers[paths.login] = JSONs({ access, refresh: "secret" });
      const error = await thrown(p.logIn());
      same("log-in", error instanceof Unexpected, true);
      lacks("log-in", all(error), "secret");
      if (typeof access !== "string") continue;
      const storage = memory();
      await storage.replace(undefined, { access, refresh: "secret" });
      const { client } = counting({ storage }, { [paths.refresh]: JSONs({ access: "good" }) });
      same("in the storage", await client.token(), "good");
    }
  },

  async "no error carries a token"({ node }) {
    const seen = [];
    const p = new Person(node, { patience: 300 });
    const api = attach(axios.create({ baseURL: node.origin, timeout: 10_000 }), p.client);
    api.interceptors.request.use((config) => (seen.push(all(config.headers)), config));
    api.interceptors.response.use((answer) => (seen.push(all(answer)), answer), (error) => {
      seen.push(all(error), JSON.stringify(error));
      throw error;
    });
    await p.logIn();
    const { access } = JSON.parse(JSON.stringify({ access: await p.client.token() }));
    await api.get(paths.me);
    await thrown(api.get("/customers/"));
    p.network.handlers["/gone/"] = async () => { throw new TypeError("fetch failed"); };
    await thrown(api.get("/gone/"));
    await thrown(api.get("/gone/", { signal: AbortSignal.abort() }));
    same("seen", seen.length > 6, true);
    for (const said of seen) lacks("axios", said, access);
    const secret = { access: "secret", refresh: "secret" };
    for (const answer of [JSONs(secret, 201), JSONs(secret, 307), JSONs({ ...secret, access: "" }), text('{"access":"secret"'), JSONs(["secret"]), JSONs(secret, 503)]) {
      p.network.handlers[paths.login] = answer;
      const error = await thrown(p.logIn());
      same("a log-in", [error instanceof Unexpected || error instanceof Unavailable], [true]);
      lacks("a log-in", all(error), "secret");
    }
  },

  async "whatever a refused log-in has for words, its error is of the package"({ node }) {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    for (const [what, body] of Object.entries({
      "no text": '{"email":[{"toString":1}]}', "deep": `{"email":${deep}}`, "deep alone": deep, "null": '{"email":[null],"x":null}', "its prototype": '{"__proto__":["x"]}',
    })) {
      const p = new Person(node);
      p.network.handlers[paths.login] = text(body, 400);
      same(what, (await thrown(p.logIn()))?.name, "Unexpected");
    }
  },

  async "an answer changes no prototype, and takes nothing from one"() {
    const answer = text(`{"access":"good","__proto__":{"refresh":"evil","polluted":1},"constructor":{"prototype":{"polluted":1}}}`);
    const storage = memory();
    await storage.replace(undefined, { access: "", refresh: "r" });
    const { client } = counting({ storage }, { [paths.refresh]: answer });
    same("token", [await client.token(), await storage.load(), {}.polluted], ["good", { access: "good", refresh: "r" }, undefined]);
    const error = await thrown(counting({}, { [paths.login]: text('{"__proto__":{"detail":"evil","name":"evil","polluted":1}}', 400) }).client.login("ana", "x"));
    same("error", [error.name, error.detail, error.polluted, {}.polluted], ["Unexpected", "", undefined, undefined]);
  },

  async "numbers that are none set neither clock nor expiry"({ node }) {
    for (const at of ["-1", "0", "0.5", "1e308", "1e999", "-1e308", '"9"', "null", "[]", "253402300800", "9223372036854775807"]) {
      const access = unsigned(`{"exp":${at},"iat":${at}}`);
      const storage = memory();
      await storage.replace(undefined, { access: "", refresh: "r" });
      const { client, asked } = counting({ storage }, { [paths.refresh]: JSONs({ access }) });
      for (let i = 1; i <= 3; i++) same(at, [await client.token(), asked.all <= i], [access, true]);
    }
    for (const headers of [{ Age: "1e308" }, { Age: "-1e308" }, { Age: "9".repeat(400) }, { Age: "Infinity" }, { Date: "1e308" }, { Date: "+999999-01-01T00:00:00Z" }]) {
      const p = new Person(node);
      await p.logIn();
      const access = await p.client.token();
      p.network.handlers["/odd/"] = async () => new Response("", { headers: { Date: new Date().toUTCString(), ...headers } });
      await p.client.fetch("/odd/");
      same(JSON.stringify(headers), await p.client.token(), access);
    }
  },

  async "a time of any length may be given for attempts"({ node }) {
    for (const times of [{ attempt: 1e308 }, { attempt: Infinity, patience: Infinity }, { attempt: 5000.5, patience: 8000.5 }]) {
      const p = new Person(node, times);
      await p.logIn();
      await due(p);
      same("status", await p.me(), 200);
      await p.client.logout();
      same(JSON.stringify(times), [p.network.count(paths.refresh), p.network.count(paths.blacklist)], [1, 1]);
    }
  },

  async "a server that refuses for ever is asked a few times"() {
    const access = unsigned("{}");
    for (const [what, answers, most] of [
      ["all", {}, 10],
      ["all but refreshes", { [paths.refresh]: JSONs({ access }) }, 10],
      ["all but new refreshes", { [paths.refresh]: async () => Response.json({ access: unsigned(`{"jti":"${Math.random()}"}`) }) }, 10],
      ["with words", { [paths.refresh]: JSONs({ detail: "no" }, 401), [paths.blacklist]: JSONs({ detail: "no" }, 401), "/auth/logout/all/": JSONs({ detail: "no" }, 401) }, 4],
    ]) {
      const storage = memory();
      await storage.replace(undefined, { access, refresh: "r" });
      const { client, asked } = counting({ storage, patience: 300 }, answers);
      await inTime(thrown(client.fetch("/orders/")));
      await inTime(thrown(client.logoutEverywhere()));
      await inTime(thrown(client.logout()));
      same(what, asked.all <= most + 4 || asked, true);
    }
  },

  async "a storage that others change all the time has nobody ask all the time"() {
    const good = JSONs({ access: "new", refresh: "new" });
    const no = JSONs({ detail: "no" }, 401);
    for (const [what, refresh] of [["granted", good], ["refused", no]]) {
      const { client, asked } = counting({ storage: stubborn(false), patience: 600 }, { [paths.refresh]: refresh, [paths.blacklist]: good, [paths.login]: good });
      for (const call of [() => client.token(), () => client.logout(), () => client.login("ana", "x")]) {
        same(what, (await inTime(thrown(call()))) instanceof Unavailable, true);
      }
      same(what, asked.all < 20 || asked, true);
    }
  },

  async "odd messages of a page of the same origin do nothing, in tabs"() {
    const storage = tabs("odd");
    try {
      await storage.replace(undefined, pair);
      await hearing("odd", [...odd, ...oddStates.map((state) => ({ kind: "has", state }))]);
      same("held", await storage.load(), pair);
      await hearing("odd", Array.from({ length: 20_000 }, (_, i) => (i % 2 ? { kind: "ask" } : { kind: "has", state: { login: 1, change: i, tokens: pair } })));
      same("changed", [await storage.replace(pair, undefined), await storage.load()], [true, undefined]);
    } finally {
      storage.close();
    }
  },

  async "odd messages of a page of the same origin do nothing, in cookie mode"({ node }) {
    const p = new Person(node, { mode: "cookie", lifetime: 1 });
    try {
      for (const at of ["/auth/csrf/", paths.login, paths.refresh, paths.me]) p.network.handlers[at] = JSONs({ csrftoken: "c" });
      await p.logIn();
      await hearing(`edgetoken ${node.origin}/`, [...odd, { kind: "OUT" }, { kind: ["out"] }]);
      same("CSRF tokens", [p.network.count("/auth/csrf/"), p.told], [1, []]);
      await p.client.fetch("/customers/me/", { method: "POST" });
      const csrf = p.network.count("/auth/csrf/");
      await hearing(`edgetoken ${node.origin}/`, [...odd, ...Array(1000).fill({ kind: "refresh" })]);
      await p.client.fetch("/customers/me/", { method: "POST" });
      same("CSRF tokens", p.network.count("/auth/csrf/"), csrf);
    } finally {
      p.client.close();
    }
  },

  async "cookie mode: a long 403 comes through"({ node }) {
    const p = new Person(node, { mode: "cookie" });
    try {
      p.network.handlers["/auth/csrf/"] = JSONs({ csrftoken: "c" });
      const long = "x".repeat(3 << 20);
      p.network.handlers["/orders/"] = text(long, 403);
      const answer = await inTime(p.client.fetch("/orders/", { method: "POST" }));
      same("answer", [answer.status, (await inTime(answer.text())).length], [403, long.length]);
    } finally {
      p.client.close();
    }
  },

  async "a 401 that breaks off is tried once more too"({ node }) {
    const p = new Person(node);
    await p.logIn();
    p.later(1); // a token of this second is not replaced
    await p.me();
    const broken = new ReadableStream({ start: (out) => out.error(new Error("reset")) });
    p.network.handlers["/orders/"] = async () => (p.network.count("/orders/") === 1 ? new Response(broken, { status: 401 }) : new Response("", { status: 200 }));
    same("status", (await p.client.fetch("/orders/")).status, 200);
  },

  async "no rejection is left unhandled"({ node }) {
    const left = [];
    const note = (error) => left.push(error);
    process.on("unhandledRejection", note);
    try {
      const p = new Person(node, { patience: 300 });
      await p.logIn();
      await due(p);
      p.network.handlers[paths.refresh] = async () => { throw new TypeError("fetch failed"); };
      for (let i = 0; i < 3; i++) {
        const stop = new AbortController();
        const call = thrown(p.client.fetch(paths.me, { signal: stop.signal }));
        stop.abort();
        await call;
      }
      await Promise.all([p.me(), thrown(p.client.logoutEverywhere()), p.me()]);
      p.network.handlers[paths.blacklist] = p.network.handlers[paths.refresh];
      const leaving = thrown(p.client.logout());
      p.client.close();
      await leaving;
      for (const storage of [{ ...memory(), load: async () => { throw new Error("disk"); } }, { ...memory(), replace: async () => { throw new Error("disk"); } }]) {
        const q = new Person(node, { storage });
        await thrown(q.logIn());
        await thrown(q.client.token());
        q.client.close();
      }
      await sleep(500);
    } finally {
      process.off("unhandledRejection", note);
    }
    same("left", left.map(String), []);
  },
};
