// What a session does in Node, in bearer mode.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { holds, same } from "../browser/check.mjs";
import { people } from "../browser/node.mjs";
import { attach, axios, file, memory } from "./packages.mjs";
import { Person, paths } from "./shop.mjs";

const thrown = async (promise) => promise.then(() => undefined, (error) => error);

export const session = {
  async "log in, use, refresh, log out"({ node }) {
    const p = new Person(node);
    same("before", await p.me(), "nobody");
    await p.logIn();
    same("status", await p.me(), 200);
    same("refreshes", p.network.count(paths.refresh), 0);
    p.later(57);
    await p.me(); // which shows the time
    same("status", await p.me(), 200);
    same("refreshes after 57 minutes", p.network.count(paths.refresh), 1);
    const access = await p.client.token();
    await p.client.logout();
    same("after the log-out", await p.me(), "nobody");
    same("told", p.told, [{ reason: "asked", cause: "", detail: "" }]);
    const old = await fetch(node.url(paths.me), { headers: { Authorization: `Bearer ${access}` } });
    same("the access token after the log-out", old.status, 401);
  },

  async "a wrong password"({ node }) {
    const p = new Person(node);
    const error = await thrown(p.client.login(people.ana.email, "wrong"));
    same("error", [error?.name, error?.cause, error?.detail],
      ["Refused", "no_active_account", "No active account found with the given credentials"]);
    same("log-ins", p.network.count(paths.login), 1);
  },

  async "one refresh for fifty requests"({ node }) {
    const p = new Person(node);
    await p.logIn();
    p.later(57);
    await p.me();
    same("answers", new Set(await Promise.all(Array.from({ length: 50 }, () => p.me()))), new Set([200]));
    same("refreshes", p.network.count(paths.refresh), 1);
  },

  async "a request that is refused is sent once more, with its body"({ node }) {
    const p = new Person(node);
    await p.logIn();
    p.later(1);
    await p.me();
    const old = await p.client.token();
    const bodies = [];
    p.network.handlers["/orders/"] = async (request) => {
      bodies.push(await request.text());
      return new Response("", { status: request.headers.get("Authorization") === `Bearer ${old}` ? 401 : 200 });
    };
    const answer = await p.client.fetch("/orders/", { method: "POST", body: "three apples" });
    same("answer", [answer.status, bodies], [200, ["three apples", "three apples"]]);
    same("told", p.told, []);
  },

  async "a log-out while a refresh is under way"({ node }) {
    const storage = { ...memory(), shared: true };
    const [a, b] = [new Person(node, { storage }), new Person(node, { storage })];
    await a.logIn();
    same("b", await b.me(), 200);
    a.later(57);
    await a.me();
    let goOn;
    const arrived = new Promise((resolve) => {
      a.network.handlers[paths.refresh] = async (_, send) => {
        const answer = await send();
        await new Promise((r) => { goOn = r; resolve(); });
        return answer;
      };
    });
    const me = a.me();
    await arrived;
    await b.client.forget(); // the server does not hear of it
    goOn();
    same("a", await me, "nobody");
    same("stored", await storage.load(), undefined);
    same("a was told", a.told, [{ reason: "elsewhere", cause: "", detail: "" }]);
    same("log-outs that reached the server", a.network.count(paths.blacklist), 1);
  },

  async "a thief"({ node }) {
    const storage = memory(), stolen = memory();
    const p = new Person(node, { storage });
    await p.logIn();
    const { refresh } = await storage.load();
    await stolen.replace(undefined, { access: "", refresh });
    const thief = new Person(node, { storage: stolen });
    same("thief", await thief.me(), 200);
    thief.later(57);
    await thief.me();
    same("thief, later", await thief.me(), 200); // the window closes with the next refresh
    p.later(57);
    await p.me();
    same("owner", new Set(await Promise.all(Array.from({ length: 20 }, () => p.me()))), new Set(["nobody"]));
    same("owner, later", [await p.me(), await p.me()], ["nobody", "nobody"]);
    same("told", p.told, [{ reason: "refused", cause: "blacklisted", detail: "Token is blacklisted" }]);
    same("thief, at the end", (await thief.me()) === 200, false);
  },

  async "the server is away"({ node }) {
    const p = new Person(node, { patience: 300 });
    await p.logIn();
    p.later(57);
    await p.me();
    p.network.handlers[paths.refresh] = async () => new Response("", { status: 503, headers: { "Retry-After": "60" } });
    for (let i = 0; i < 20; i++) same("status", await p.me(), 200);
    same("refreshes", p.network.count(paths.refresh), 1);
    p.later(4);
    const error = await thrown(p.client.fetch(paths.me)); // shows the time; the token is good at the node
    if (error !== undefined) throw error;
    holds("with an expired token", String(await thrown(p.client.token())), "not available");
    same("told", p.told, []);
  },

  async "a log-out that does not reach the server is none"({ node }) {
    const p = new Person(node, { patience: 600 });
    await p.logIn();
    p.network.handlers[paths.blacklist] = async () => new Response("", { status: 502 });
    holds("log-out", String(await thrown(p.client.logout())), "not available");
    same("status", await p.me(), 200);
    delete p.network.handlers[paths.blacklist];
    await p.client.logoutEverywhere();
    same("after", [await p.me(), p.told.length], ["nobody", 1]);
  },

  async "no other origin gets the token"({ node }) {
    const p = new Person(node, { origins: ["https://api.shop.example"] });
    await p.logIn();
    const seen = [];
    p.network.handlers["/there/"] = async (request) => {
      seen.push([request.url, request.headers.has("Authorization")]);
      return new Response("");
    };
    for (const origin of ["https://elsewhere.example", "http://api.shop.example", "https://api.shop.example"]) await p.client.fetch(`${origin}/there/`);
    same("seen", seen, [["https://elsewhere.example/there/", false], ["http://api.shop.example/there/", false], ["https://api.shop.example/there/", true]]);
  },

  async "a session in a file"({ node }) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "edgetoken-client-"));
    try {
      const at = path.join(folder, "below", "session");
      const [a, b] = [new Person(node, { storage: file(at) }), new Person(node, { storage: file(at) })];
      await a.logIn();
      same("mode", [fs.statSync(at).mode & 0o777, fs.statSync(path.dirname(at)).mode & 0o777], [0o600, 0o700]);
      same("b", await b.me(), 200);
      same("files", fs.readdirSync(path.dirname(at)), ["session"]);
      fs.chmodSync(at, 0o644);
      holds("what others may read", String(await thrown(file(at).load())), "others may read");
      fs.chmodSync(at, 0o600);
      await a.client.logout();
      same("files after the log-out", fs.readdirSync(path.dirname(at)), []);
      same("b", await b.me(), "nobody");
      fs.writeFileSync(at, '{"access": "secret', { mode: 0o600 });
      const error = String(await thrown(file(at).load()));
      holds("another file", error, "not a file of this program");
      if (error.includes("secret")) throw new Error("an error quotes the file");
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  },

  async "a change counts only where the tokens before it are"() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "edgetoken-client-"));
    try {
      const storage = file(path.join(folder, "session"));
      const pair = (n) => ({ access: `a${n}`, refresh: `r${n}` });
      const won = (await Promise.all(Array.from({ length: 40 }, (_, i) => storage.replace(undefined, pair(i))))).filter(Boolean);
      same("changes that counted", won.length, 1);
      const held = await storage.load();
      same("with an old pair", await storage.replace(pair(99), undefined), false);
      same("with the right one", await storage.replace(held, undefined), true);
      same("files", fs.readdirSync(folder), []);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  },

  async "cookie mode: only the token view says that there is no session"({ node }) {
    const answers = { "/auth/csrf/": [200, '{"csrftoken":"c"}'], [paths.login]: [200, "{}"], [paths.me]: [401, "{}"] };
    const [page, view] = [new Person(node, { mode: "cookie" }), new Person(node, { mode: "cookie" })];
    try {
      for (const p of [page, view]) {
        for (const [path, [status, body]] of Object.entries(answers)) p.network.handlers[path] = async () => new Response(body, { status });
        await p.logIn();
      }
      page.network.handlers[paths.refresh] = async () => new Response("<h1>Bad Request</h1>", { status: 400 });
      same("a page of a proxy", [(await thrown(page.me()))?.name, page.told], ["Unexpected", []]);
      view.network.handlers[paths.refresh] = async () => Response.json({ refresh: ["This field is required."] }, { status: 400 });
      same("the token view", [await view.me(), await view.me()], ["nobody", "nobody"]);
      same("told", view.told, [{ reason: "refused", cause: "", detail: "" }]);
    } finally {
      page.client.close();
      view.client.close();
    }
  },

  async "cookie mode: a lifetime says when to refresh"({ node }) {
    for (const [lifetime, refreshes] of [[1, 1], [3_600_000, 0], [undefined, 0]]) {
      const p = new Person(node, { mode: "cookie", ...(lifetime && { lifetime }) });
      try {
        p.network.handlers["/auth/csrf/"] = async () => Response.json({ csrftoken: "c" });
        for (const path of [paths.login, paths.refresh, paths.me]) p.network.handlers[path] = async () => Response.json({});
        await p.logIn();
        await new Promise((resolve) => setTimeout(resolve, 5));
        same("status", await p.me(), 200);
        same(`refreshes with a lifetime of ${lifetime}`, p.network.count(paths.refresh), refreshes);
      } finally {
        p.client.close();
      }
    }
  },

  async "axios"({ node }) {
    const p = new Person(node);
    await p.logIn();
    const api = attach(axios.create({ baseURL: node.origin }), p.client);
    const { data } = await api.get(paths.me);
    same("customer", data.email, people.ana.email);
    p.later(57);
    await api.get(paths.me);
    await api.get(paths.me);
    same("refreshes", p.network.count(paths.refresh), 1);
    const error = await thrown(api.get("/customers/"));
    same("what is not allowed", error?.response?.status, 403);
    await p.client.logout();
    const none = await thrown(api.get(paths.me));
    holds("after the log-out", String(none?.cause), "nobody is logged in");
  },
};
