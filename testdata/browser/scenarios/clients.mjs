// edgetoken-client in pages with a strict policy.
import fs from "node:fs";
import path from "node:path";
import { lacks, none, same } from "../check.mjs";
import { password, people, post, token } from "../node.mjs";
import { allowed } from "./cookies.mjs";

const library = path.join(process.env.EDGETOKEN_CLIENTS_CACHE, "node_modules/edgetoken-client/lib");
const index = "<!doctype html><html lang=en><title>Shop</title><link rel=icon href=data:,><script type=module src=/shop/page.js></script><h1>Shop</h1>";

// The page's script. ahead is how far the clock of the server seems to be ahead, in milliseconds; hold holds the next refresh back, before it is
// sent or before its answer is seen, until goOn is called; refuse has the next request be refused.
const script = `
import { Client, memory, tabs } from "./lib/index.js";
globalThis.told = [];
globalThis.ahead = 0;
const { storage = "memory", tokens, ...options } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
globalThis.storage = { memory, tabs }[storage]();
if (tokens) await globalThis.storage.replace(undefined, tokens);
globalThis.hold = (before) => new Promise((arrived) => {
  const go = new Promise((goOn) => { globalThis.goOn = goOn; });
  globalThis.held = { before, stop: () => { globalThis.held = undefined; arrived(); return go; } };
});
globalThis.refuse = false;
async function network(request) {
  if (globalThis.refuse && !request.url.includes("/auth/")) {
    globalThis.refuse = false;
    await request.arrayBuffer();
    return Response.json({ detail: "Token is expired", code: "token_not_valid" }, { status: 401 });
  }
  const held = request.url.endsWith("/refresh/") ? globalThis.held : undefined;
  if (held?.before) await held.stop();
  const answer = await fetch(request);
  if (held && !held.before) await held.stop();
  if (globalThis.ahead === 0) return answer;
  const headers = new Headers(answer.headers);
  headers.set("Date", new Date(Date.now() + globalThis.ahead).toUTCString());
  return new Response(answer.body, { status: answer.status, headers });
}
globalThis.client = new Client({ ...options, storage: globalThis.storage, fetch: network, onLogout: (l) => globalThis.told.push(l) });
globalThis.ask = async (input, init) => {
  try {
    const answer = await client.fetch(input, init);
    await answer.text();
    return answer.status;
  } catch (error) {
    return error.name;
  }
};
globalThis.me = () => ask("/customers/me/");
`;

// files are the application, by path.
export const files = {
  "/shop/": index, "/shop/page.js": script,
  ...Object.fromEntries(fs.readdirSync(library).map((name) => [`/shop/lib/${name}`, fs.readFileSync(path.join(library, name), "utf8")])),
};

// policy is what the application's pages may do beside the node at an origin.
export const policy = (origin) => ({
  "Content-Security-Policy": `default-src 'none'; script-src 'self'; connect-src ${origin}; img-src data:; base-uri 'none'; form-action 'none'; ` +
    "require-trusted-types-for 'script'; trusted-types 'none'",
});

// Tab is a page of an application.
class Tab {
  // open opens one at the node's own origin, or another, with options of its client.
  static async open({ node, visit }, options = {}, origin = node.origin) {
    const tab = new Tab();
    Object.assign(tab, { node, page: await visit.context.newPage() });
    if (origin === node.origin) {
      await tab.page.route(`${origin}/shop/**`, (route) => {
        const { pathname } = new URL(route.request().url());
        const type = pathname.endsWith(".js") ? "text/javascript" : "text/html";
        return route.fulfill({ headers: { ...policy(origin), "Content-Type": type }, body: files[pathname] });
      });
    }
    const server = origin === node.origin ? {} : { server: node.origin };
    await tab.page.goto(`${origin}/shop/#${encodeURIComponent(JSON.stringify({ ...server, ...options }))}`);
    await tab.page.waitForFunction(() => globalThis.me !== undefined);
    return tab;
  }

  logIn = () => this.page.evaluate(([name, secret]) => client.login(name, secret), [people.ana.email, password]);
  logOut = () => this.page.evaluate(() => client.logout());
  me = () => this.page.evaluate(() => me());
  told = () => this.page.evaluate(() => told);

  // later has it be later, by the server's clock, which the next answer shows.
  async later(minutes) {
    await this.page.evaluate((ms) => { ahead += ms; }, minutes * 60_000);
    return this.me();
  }

  // refuse has the next request be refused as if the access token had expired.
  refuse = () => this.page.evaluate(() => { refuse = true; });

  // hold holds the next refresh back; here says that it has got there, goOn lets it go.
  async hold(before = false) {
    await this.page.evaluate((before) => { globalThis.here = hold(before); }, before);
    return { here: () => this.page.evaluate(() => here), goOn: () => this.page.evaluate(() => goOn()) };
  }
}

// nothingKept checks that no token is where scripts find it later, and that no cookie but that of CSRF can be read.
async function nothingKept({ visit }, ...tabs) {
  for (const { page } of tabs) {
    const kept = await page.evaluate(async () => JSON.stringify([
      { ...localStorage }, { ...sessionStorage }, await indexedDB.databases(), await caches.keys(), history.state, window.name, location.search, document.cookie,
    ]));
    lacks("what is kept", kept, "eyJ");
    same("what is kept", kept.replace(/csrftoken=\w+/, ""), '[{},{},[],[],null,"","",""]');
  }
  none("readable cookies", (await visit.context.cookies()).filter((c) => !c.httpOnly && c.name !== "csrftoken").map((c) => c.name));
}

// tokens are the names of the cookies that are left but for that of CSRF.
const left = async ({ visit }) => (await visit.context.cookies()).map((c) => c.name).filter((name) => name !== "csrftoken");

const asked = { reason: "asked", cause: "", detail: "" }, elsewhere = { reason: "elsewhere", cause: "", detail: "" };
const stolen = { reason: "refused", cause: "blacklisted", detail: "Token is blacklisted" };

// crossing is a log-out in one tab while the other refreshes.
const crossing = (options, before) => async (t) => {
  const a = await Tab.open(t, options);
  await a.logIn();
  const b = await Tab.open(t, options);
  same("status in a new tab", await b.me(), 200);
  await nothingKept(t, a, b);
  await a.later(57);
  if (options.mode === "cookie") await a.refuse();
  const { here, goOn } = await a.hold(before);
  const me = a.me();
  await here();
  const { context } = t.visit;
  const cookies = await context.cookies();
  await b.logOut();
  if (!before) await context.addCookies(cookies.filter((c) => c.httpOnly)); // an answer that was under way sets them again
  await goOn();
  same("the tab that refreshes", await me, "LoggedOut");
  same("later", [await a.me(), await b.me()], ["LoggedOut", "LoggedOut"]);
  same("told", [await a.told(), await b.told()], [[elsewhere], [asked]]);
  const c = await Tab.open(t, options);
  same("a third tab", await c.me(), "LoggedOut");
  await nothingKept(t, a, b, c);
  same("cookies", await left(t), []);
};

// thief has somebody use a refresh token twice, which closes the window for lost answers.
async function thief({ node }, refresh) {
  for (let i = 0; i < 2; i++) {
    const { status, body } = await post(node, "/auth/token/refresh/", { refresh });
    same("status for the thief", status, 200);
    ({ refresh } = body);
  }
}

export const bearer = {
  async "log in, call, refresh and log out"(t) {
    const a = await Tab.open(t);
    same("before", await a.me(), "LoggedOut");
    await a.logIn();
    same("status", await a.me(), 200);
    await nothingKept(t, a);
    const { here, goOn } = await a.hold();
    await a.later(57);
    const statuses = Promise.all([a.me(), a.me(), a.me()]);
    await here();
    await goOn();
    same("statuses", await statuses, [200, 200, 200]);
    await nothingKept(t, a);
    await a.logOut();
    same("after the log-out", [await a.me(), await a.told()], ["LoggedOut", [asked]]);
    await nothingKept(t, a);
    same("cookies", await t.visit.context.cookies(), []);
  },

  "two tabs, one logs out when the other has refreshed": crossing({ storage: "tabs" }, false),
  "two tabs, one logs out before the other refreshes": crossing({ storage: "tabs" }, true),

  async "a log-out reaches the other tabs, and a log-in too"(t) {
    const tabs = [];
    for (let i = 0; i < 3; i++) tabs.push(await Tab.open(t, { storage: "tabs" }));
    const [a, b, c] = tabs;
    await b.logIn();
    same("statuses", await Promise.all(tabs.map((tab) => tab.me())), [200, 200, 200]);
    await a.logOut();
    for (const tab of [b, c]) await tab.page.waitForFunction(() => told.length > 0); // without any request
    same("told", [await a.told(), await b.told(), await c.told()], [[asked], [elsewhere], [elsewhere]]);
    await c.logIn();
    same("statuses", await Promise.all(tabs.map((tab) => tab.me())), [200, 200, 200]);
    await nothingKept(t, ...tabs);
  },

  async "a session ends with the last tab"(t) {
    const a = await Tab.open(t, { storage: "tabs" });
    await a.logIn();
    await a.page.close();
    const b = await Tab.open(t, { storage: "tabs" });
    same("a new tab", [await b.me(), await b.told()], ["LoggedOut", []]);
  },

  async "a tab that slept past its refresh token"(t) {
    const old = { user_id: 1, jti: "0".repeat(32), iat: 1, exp: 2 };
    const tokens = { access: token({ ...old, token_type: "access" }), refresh: token({ ...old, token_type: "refresh" }) };
    const a = await Tab.open(t, { tokens });
    same("requests", await Promise.all([a.me(), a.me(), a.me()]), ["LoggedOut", "LoggedOut", "LoggedOut"]);
    same("later", await a.me(), "LoggedOut");
    same("told", await a.told(), [{ reason: "refused", cause: "expired", detail: "Token is expired" }]);
    await nothingKept(t, a);
  },

  async "a thief"(t) {
    const a = await Tab.open(t);
    await a.logIn();
    await thief(t, await a.page.evaluate(async () => (await storage.load()).refresh));
    await a.later(57);
    same("requests", await Promise.all([a.me(), a.me(), a.me()]), ["LoggedOut", "LoggedOut", "LoggedOut"]);
    same("later", await a.me(), "LoggedOut");
    same("told", await a.told(), [stolen]);
  },
};

export const cookieMode = {
  async "log in, call, refresh and log out"(t) {
    const a = await Tab.open(t, { mode: "cookie" });
    same("before", [await a.me(), await a.told()], ["LoggedOut", []]);
    await a.logIn();
    same("status", await a.me(), 200);
    await t.visit.context.clearCookies({ name: "__Host-access" });
    same("statuses without the access token", await Promise.all([a.me(), a.me(), a.me()]), [200, 200, 200]);
    const change = { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } };
    same("status of a change", await a.page.evaluate((init) => ask("/customers/me/", init), change), 200);
    await nothingKept(t, a);
    await a.logOut();
    same("a view for anybody", await a.page.evaluate(() => ask("/customers/open/")), 200);
    same("after the log-out", [await a.me(), await a.told(), await left(t)], ["LoggedOut", [asked], []]);
  },

  "two tabs, one logs out when the other has refreshed": crossing({ mode: "cookie" }, false),
  "two tabs, one logs out before the other refreshes": crossing({ mode: "cookie" }, true),

  async "a log-out reaches the other tabs, and a log-in too"(t) {
    const [a, b] = [await Tab.open(t, { mode: "cookie" }), await Tab.open(t, { mode: "cookie" })];
    await a.logIn();
    same("status of a change in the other tab", await b.page.evaluate(() => ask("/customers/me/", { method: "POST" })), 200);
    await a.logOut();
    await b.page.waitForFunction(() => told.length > 0);
    same("told", [await a.told(), await b.told()], [[asked], [elsewhere]]);
    await b.logIn();
    same("status of a change in the other tab", await a.page.evaluate(() => ask("/customers/me/", { method: "POST" })), 200);
  },

  async "a tab that slept past its refresh token"(t) {
    const a = await Tab.open(t, { mode: "cookie" });
    await a.logIn();
    same("status", await a.me(), 200);
    await t.visit.context.clearCookies({ name: /access|refresh/ });
    same("requests", await Promise.all([a.me(), a.me(), a.me()]), ["LoggedOut", "LoggedOut", "LoggedOut"]);
    same("later", await a.me(), "LoggedOut");
    same("told", (await a.told()).map((l) => l.reason), ["refused"]);
  },

  async "a thief"(t) {
    const a = await Tab.open(t, { mode: "cookie" });
    await a.logIn();
    await thief(t, (await t.visit.cookie("__Secure-refresh")).value);
    await a.refuse();
    same("request", await a.me(), "LoggedOut");
    for (let i = 0; i < 3; i++) { // on the exact wire an access token outlives its session
      await a.refuse();
      await a.me();
      await a.me();
    }
    same("told", await a.told(), [stolen]);
  },
};

// beside gives the origin of the application that is not at the node's.
function beside({ visit, port }) {
  const origin = `https://${allowed}:${port}`;
  visit.origins.push(origin);
  return origin;
}

// requests are what a page may send, over HTTP/1.1, where no body can be a stream.
export const requests = {
  async "a body of any kind is sent, and sent once more"(t) {
    const a = await Tab.open(t);
    await a.logIn();
    await a.later(1);
    const seen = await a.page.evaluate(async () => {
      const form = new FormData();
      form.set("fruit", "apples");
      const json = { "Content-Type": "application/json" }, text = JSON.stringify({ fruit: "apples" }), at = new URL("/customers/me/", location);
      const sent = {
        text: () => ["/customers/me/", { method: "POST", headers: json, body: text }],
        Blob: () => [at, { method: "POST", body: new Blob([text], { type: "application/json" }) }],
        parameters: () => [at, { method: "POST", body: new URLSearchParams({ fruit: "apples" }) }],
        form: () => [at, { method: "POST", body: form }],
        Request: () => [new Request(at, { method: "POST", headers: json, body: text })],
        keepalive: () => [at, { method: "POST", headers: json, body: text, keepalive: true, priority: "high" }],
      };
      const seen = {};
      for (const [what, make] of Object.entries(sent)) {
        for (const refused of [false, true]) {
          globalThis.refuse = refused;
          const answer = await client.fetch(...make());
          seen[`${what} ${refused}`] = [answer.status, JSON.stringify((await answer.json()).received)];
        }
      }
      return seen;
    });
    same("kinds", Object.keys(seen).length, 12);
    for (const [what, answer] of Object.entries(seen)) same(what, [answer[0], answer[1].includes("apples")], [200, true]);
  },

  async "who gives up waits for no refresh"(t) {
    const a = await Tab.open(t);
    await a.logIn();
    await a.later(57);
    const { here, goOn } = await a.hold(true);
    const mine = a.page.evaluate(async () => {
      globalThis.stop = new AbortController();
      return ask("/customers/me/", { signal: stop.signal });
    });
    await here();
    const other = a.me();
    await a.page.evaluate(() => stop.abort());
    same("who gave up", await mine, "AbortError");
    await goOn();
    same("who waits on", await other, 200);
  },
};

export const bearerApart = {
  async "a redirect to another origin carries no token"(t) {
    const origin = beside(t);
    const a = await Tab.open(t, {}, origin);
    await a.logIn();
    await a.page.route(t.node.url("/moved/"), (route) => route.fulfill({ status: 302, headers: { Location: `${origin}/noted/moved`, "Access-Control-Allow-Origin": origin } }));
    same("status", await a.page.evaluate((at) => ask(at), t.node.url("/moved/")), 200);
    same("requests there", t.noted.map(({ path, headers }) => [path, headers.authorization]), [["/noted/moved", undefined]]);
  },

  async "a page of another origin"(t) {
    const origin = beside(t);
    const [a, b] = [await Tab.open(t, { storage: "tabs" }, origin), await Tab.open(t, { storage: "tabs" }, origin)];
    await a.logIn();
    same("statuses", [await a.me(), await b.me()], [200, 200]);
    await a.refuse();
    await a.later(57);
    same("status", await a.me(), 200);
    await b.logOut();
    same("after the log-out", [await a.me(), await a.told()], ["LoggedOut", [elsewhere]]);
    await nothingKept(t, a, b);
  },
};

export const cookiesApart = {
  async "a page of another origin"(t) {
    const origin = beside(t);
    const a = await Tab.open(t, { mode: "cookie" }, origin);
    await a.logIn();
    same("status of a change", await a.page.evaluate(() => ask("/customers/me/", { method: "POST" })), 200);
    await a.refuse();
    same("status after a refresh", await a.me(), 200);
    await a.logOut();
    same("after the log-out", [await a.me(), await a.told(), await left(t)], ["LoggedOut", [asked], []]);
    await nothingKept(t, a);
  },
};
