// What disturbs a session: disks, servers, clocks, files, and calls that come at the wrong moment.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { holds, lacks, same } from "../browser/check.mjs";
import { Client, file, LoggedOut, memory } from "./packages.mjs";
import { Person, paths } from "./shop.mjs";
import { due, inFolder, inTime, passing, thrown } from "./conditions.mjs";

const logoutAll = "/auth/logout/all/";
const asked = { reason: "asked", cause: "", detail: "" };
const elsewhere = { reason: "elsewhere", cause: "", detail: "" };
const JSONs = (value) => async () => Response.json(value);
const status = (code, headers = {}) => async () => new Response("", { status: code, headers });

// full is a storage whose disk may be full.
function full() {
  const storage = memory();
  return {
    ...storage, full: false,
    async replace(old, next) {
      if (this.full && next !== undefined) throw new Error("ENOSPC: no space left on device");
      return storage.replace(old, next);
    },
  };
}

// gate is a promise, and what fulfils it.
function gate() {
  let open;
  const opened = new Promise((resolve) => { open = resolve; });
  return { opened, open };
}

// endless gives an answer that does not end, and what was taken of it.
function endless() {
  const taken = { chunks: 0 };
  const pull = (out) => {
    if (++taken.chunks > 1000) out.close();
    else out.enqueue(new Uint8Array(65_536).fill(32));
  };
  return { taken, answer: async () => new Response(new ReadableStream({ pull })) };
}

const strange = {
  "a page": async () => new Response("<html>Welcome!"),
  "no token": JSONs({}),
  "an empty token": JSONs({ access: "", refresh: "" }),
  "a number": JSONs({ access: 5, refresh: 5 }),
  "a 403": status(403),
  "a proxy's 401": status(401),
  "a proxy's 407": status(407),
  "never, it seems": status(503, { "Retry-After": "2147483647" }),
  "later than numbers go": status(503, { "Retry-After": "9".repeat(400) }),
  "no sooner than the year 9999": status(503, { "Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT", Date: new Date().toUTCString() }),
};

export const troubles = {
  async "a full disk loses no session"({ node }) {
    const storage = full();
    const p = new Person(node, { storage });
    await p.logIn();
    const old = await storage.load();
    storage.full = true;
    for (let i = 0; i < 3; i++) {
      await due(p);
      same("status with a full disk", await p.me(), 200);
    }
    same("stored", await storage.load(), old);
    storage.full = false;
    await due(p);
    const access = await p.client.token();
    same("stored when it can be", (await storage.load()).access, access);
    storage.full = true;
    await due(p);
    same("status", await p.me(), 200);
    same("somebody logs out", await storage.replace(await storage.load(), undefined), true);
    same("then", [await p.me(), p.told], ["nobody", [elsewhere]]);
  },

  async "who ends when there is room again has stored the session"({ node }) {
    const storage = full();
    const p = new Person(node, { storage });
    await p.logIn();
    storage.full = true;
    await due(p);
    same("status", await p.me(), 200);
    const old = await storage.load();
    storage.full = false;
    p.client.close();
    const stored = async () => (await storage.load()).refresh !== old.refresh;
    await inTime((async () => { while (!(await stored())) await sleep(1); })());
    same("another client", await new Person(node, { storage }).me(), 200);
  },

  async "a session that a full disk did not store can be logged out of"({ node }) {
    const storage = full();
    const p = new Person(node, { storage });
    await p.logIn();
    storage.full = true;
    await due(p);
    same("status", await p.me(), 200);
    await p.client.logout();
    same("after", [await storage.load(), await p.me(), p.told], [undefined, "nobody", [asked]]);
  },

  async "nobody waits again for a server that is away"({ node }) {
    await passing(async (clocks) => {
      const p = new Person(node, { attempt: 60_000, patience: 60_000 });
      await p.logIn();
      await due(p);
      p.network.handlers[paths.refresh] = status(503, { "Retry-After": "61" });
      const access = await p.client.token();
      const { opened, open } = gate();
      p.network.handlers[paths.refresh] = async (_, send) => {
        await opened;
        return send();
      };
      clocks.run += 63_000;
      for (let i = 0; i < 20; i++) same("status", await inTime(p.me()), 200);
      same("refreshes", [p.network.count(paths.refresh), (await p.client.token()) === access], [2, true]);
      open();
      while ((await p.client.token()) === access) await sleep(1);
    });
  },

  async "cookie mode: nobody waits again for a server that is away"({ node }) {
    await passing(async (clocks) => {
      const p = new Person(node, { mode: "cookie", lifetime: 3_600_000, attempt: 60_000, patience: 60_000 });
      try {
        for (const path of ["/auth/csrf/", paths.login, paths.me]) p.network.handlers[path] = JSONs({ csrftoken: "c" });
        await p.logIn();
        clocks.wall += 3_500_000;
        p.network.handlers[paths.refresh] = status(503, { "Retry-After": "61" });
        same("status", await p.me(), 200);
        const { opened, open } = gate();
        p.network.handlers[paths.refresh] = async () => {
          await opened;
          return Response.json({});
        };
        clocks.run += 63_000;
        for (let i = 0; i < 20; i++) same("status", await inTime(p.me()), 200);
        same("refreshes", p.network.count(paths.refresh), 2);
        open();
      } finally {
        p.client.close();
      }
    });
  },

  async "an answer that no token view gives ends no session, and is not asked for over and over"({ node }) {
    for (const [what, answer] of Object.entries(strange)) {
      await passing(async (clocks) => {
        const p = new Person(node, { patience: 300 });
        await p.logIn();
        await due(p);
        p.network.handlers[paths.refresh] = answer;
        for (let i = 0; i < 50; i++) same(what, await p.me(), 200);
        if (p.network.count(paths.refresh) > 20) throw new Error(`${what}: ${p.network.count(paths.refresh)} refreshes`);
        p.later(4);
        await p.me(); // shows the time; the token is good at the node
        const error = await thrown(p.client.token());
        same(`${what}, with an expired token`, [error instanceof Error, error instanceof LoggedOut], [true, false]);
        delete p.network.handlers[paths.refresh];
        clocks.run += 3_602_000;
        same(`after ${what}`, [await p.me(), p.told], [200, []]);
      });
    }
  },

  async "an answer without end is not read to its end"({ node }) {
    const { taken, answer } = endless();
    const p = new Person(node);
    await p.logIn();
    await due(p);
    p.network.handlers[paths.refresh] = answer;
    same("status", await p.me(), 200);
    if (taken.chunks > 40) throw new Error(`${taken.chunks} chunks of 64 KiB were read`);
  },

  async "a request during a log-out waits for it"({ node }) {
    for (const [reaches, wanted] of [[true, "nobody"], [false, 200]]) {
      const storage = memory(), begun = memory();
      const first = new Person(node, { storage: begun });
      await first.logIn();
      await storage.replace(undefined, { access: "", refresh: (await begun.load()).refresh });
      const p = new Person(node, { storage });
      const [arrived, goOn] = [gate(), gate()];
      p.network.handlers[paths.blacklist] = async (_, send) => {
        arrived.open();
        await goOn.opened;
        return reaches ? send() : new Response("", { status: 403 });
      };
      const leaving = thrown(p.client.logout());
      await arrived.opened;
      const me = p.me();
      goOn.open();
      same("log-out", (await leaving) === undefined, reaches);
      same("status", await me, wanted);
    }
  },

  async "whoever only logs out is told so"({ node }) {
    const storage = memory();
    await new Person(node, { storage }).logIn();
    const p = new Person(node, { storage });
    await p.client.logout();
    await p.client.logout();
    same("told", p.told, [asked]);
  },

  async "what is told of a log-out may call the client"({ node }) {
    const { opened, open } = gate();
    const told = [];
    const p = new Person(node, {
      async onLogout({ reason }) {
        told.push(reason);
        await p.client.logout();
        if (told.length > 1) return open();
        await p.logIn();
        await p.client.token();
        await p.client.logout();
      },
    });
    await p.logIn();
    await p.client.logout();
    await inTime(opened);
    same("told", told, ["asked", "asked"]);
  },

  async "the end is told once to whoever reads the storage meanwhile"({ node }) {
    const storage = memory();
    const { opened, open } = gate();
    let loads = 0;
    const late = { ...storage, async load() {
      const held = await storage.load();
      if (++loads === 1) await opened;
      return held;
    } };
    await new Person(node, { storage }).logIn();
    const p = new Person(node, { storage: late });
    const me = p.me(); // reads the tokens, and gets them later
    while (loads === 0) await sleep(1);
    await p.client.logout();
    open();
    same("status", await me, "nobody");
    await p.client.logout();
    same("told", p.told, [asked]);
  },

  async "a log-out everywhere is sure"({ node }) {
    const [p, other] = [new Person(node), new Person(node)];
    await p.logIn();
    await other.logIn();
    p.network.handlers[logoutAll] = async () => {
      delete p.network.handlers[logoutAll];
      return Response.json({ detail: "Token is expired" }, { status: 401 });
    };
    await p.client.logoutEverywhere();
    await due({ later: (m) => other.later(m), me: async () => { await other.me(); return 200; } });
    same("the other session", [await other.me(), p.told], ["nobody", [asked]]);
  },

  async "cookie mode: a log-out everywhere is sure"({ node }) {
    const p = new Person(node, { mode: "cookie" });
    try {
      for (const path of ["/auth/csrf/", paths.login, paths.refresh]) p.network.handlers[path] = JSONs({ csrftoken: "c" });
      p.network.handlers[logoutAll] = async () => Response.json({ detail: "no" }, { status: p.network.count(paths.refresh) === 0 ? 401 : 200 });
      await p.logIn();
      await p.client.logoutEverywhere();
      same("asked", [p.network.count(logoutAll), p.network.count(paths.refresh), p.told], [2, 1, [asked]]);
    } finally {
      p.client.close();
    }
  },

  async "options that are wrong are refused, above all networks without TLS"() {
    const server = "https://shop.example";
    for (const [options, wanted] of [
      [{ server: "http://shop.example" }, "server is without TLS"],
      [{ server, origins: ["http://api.shop.example"] }, "origins is without TLS"],
      [{ server: "http://127.0.0.1.example" }, "without TLS"],
      [{ server, origins: ["https://api.shop.example/v1/"] }, "not an origin"],
      [{ server, origins: ["data:,"] }, "not an origin"],
      [{ server, origins: ["api.shop.example"] }, "not an origin"],
      [{ server, scheme: "JWT\r\nX: y" }, "not a word"],
      [{ server, patience: -1 }, "patience"],
      [{ server, early: "5m" }, "early"],
      [{ server, storage: "session" }, "storage has to have load and replace"],
    ]) holds(JSON.stringify(options), (await thrown((async () => new Client(options))()))?.message, wanted);
    for (const server of ["http://localhost:8000", "http://127.0.0.1", "http://[::1]:8000"]) new Client({ server, origins: [server] });
    new Client({ server: "http://shop.example", origins: ["http://api.shop.example"], allowHTTP: true });
  },

  async "an error says what to mend"({ node }) {
    const p = new Person(node, { mode: "cookie" });
    try {
      holds("a node without cookies", String(await thrown(p.logIn())), "cookies.enabled");
    } finally {
      p.client.close();
    }
    holds("a field left empty", String(await thrown(new Person(node).client.login("", ""))), "email: This field may not be blank.");
  },

  async "a clock that is set back makes no token look fresh"({ node }) {
    await passing(async (clocks) => {
      const p = new Person(node);
      await p.logIn();
      same("status", await p.me(), 200);
      clocks.run += 57 * 60_000;
      clocks.wall -= 60 * 60_000;
      await p.client.token();
      same("refreshes", p.network.count(paths.refresh), 1);
    });
  },

  async "clients of tokens that do not last do not all come at once"() {
    const now = Date.now() / 1000;
    const access = `e30.${Buffer.from(JSON.stringify({ iat: now - 31, exp: now + 9 })).toString("base64url")}.x`;
    const [random, seen] = [Math.random, []];
    try {
      for (const drawn of [0, 0.999]) {
        Math.random = () => drawn;
        const storage = memory();
        await storage.replace(undefined, { access, refresh: "r" });
        const fetch = async () => Response.json({ access: "new" });
        seen.push((await new Client({ server: "https://shop.example", storage, fetch }).token()) === "new");
      }
    } finally {
      Math.random = random;
    }
    same("refreshed", seen, [true, false]);
  },

  async "a file of others is neither used nor overwritten"() {
    const pair = '{"access":"secret","refresh":"secret"}';
    const write = (text, mode = 0o600) => (at) => fs.writeFileSync(at, text, { mode });
    const chown = (at) => {
      write(pair)(at);
      fs.chownSync(at, 12345, 12345);
    };
    const link = (at) => {
      write(pair, 0o644)(`${at}.there`);
      fs.symlinkSync(`${at}.there`, at);
    };
    for (const [what, make, wanted] of [
      ["others may read it", write(pair, 0o644), "chmod 600"],
      ["cut off", write('{"access":"secret","refr'), "not a file of this program"],
      ["empty", write(""), "not a file of this program"],
      ["settings", write('{"colour":"secret"}'), "not a file of this program"],
      ["tokens without a refresh token", write('{"access":"secret","refresh":""}'), "not a file of this program"],
      ["huge", write(`{"access":"secret","refresh":"${"s".repeat(1 << 20)}"}`), "not a file of this program"],
      ["a directory", (at) => fs.mkdirSync(at, { mode: 0o700 }), "no regular file"],
      ["a pipe", (at) => execFileSync("mkfifo", ["-m", "600", at]), "no regular file"],
      ["a symbolic link to what others may read", link, "chmod 600"],
      ...(process.getuid() === 0 ? [["of another user", chown, "belongs to another user"]] : []), // only root can give files away
    ]) {
      await inFolder(async (folder) => {
        const at = path.join(folder, "session");
        make(at);
        const storage = file(at);
        for (const call of [storage.load(), storage.replace(undefined, { access: "a", refresh: "r" })]) {
          const error = String(await inTime(thrown(call)));
          holds(what, error, wanted);
          lacks(what, error, "secret");
        }
      });
    }
  },

  async "nothing is left of a program that was killed while it wrote"() {
    await inFolder(async (folder) => {
      const at = path.join(folder, "session");
      const left = `${at}.writing`;
      fs.mkdirSync(left, { mode: 0o700 });
      fs.writeFileSync(path.join(left, "x.new"), "{", { mode: 0o600 });
      fs.utimesSync(left, 0, 0);
      const pair = { access: "a", refresh: "r" };
      same("stored", [await file(at).replace(undefined, pair), await file(at).load()], [true, pair]);
      same("files", fs.readdirSync(folder), ["session"]);
    });
  },
};
