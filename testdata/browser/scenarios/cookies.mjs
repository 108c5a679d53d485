// Tokens in cookies, and pages of other origins.
import { holds, lacks, none, same } from "../check.mjs";
import { password, people } from "../node.mjs";

// call sends a request from the page that is open, as a web application does, and gives what the application may see of the answer.
const call = (page, url, init = {}) => page.evaluate(async ([url, init]) => {
  try {
    const answer = await fetch(url, init);
    const text = await answer.text();
    return { status: answer.status, text, body: text.startsWith("{") ? JSON.parse(text) : null, exposed: [...answer.headers.keys()] };
  } catch (error) {
    return { blocked: String(error) };
  }
}, [url, init]);

// application is a web application: a page at some address, and what it sends the node.
class Application {
  constructor(page, node, credentials) {
    Object.assign(this, { page, node, credentials });
  }

  // get is a request that changes nothing.
  get(path) {
    return call(this.page, this.node.url(path), { credentials: this.credentials });
  }

  // post sends JSON with the CSRF token, if there is one.
  post(path, body, csrf = this.csrf) {
    const headers = { "Content-Type": "application/json", ...(csrf && { "X-CSRFToken": csrf }) };
    return call(this.page, this.node.url(path), { method: "POST", credentials: this.credentials, headers, body: JSON.stringify(body) });
  }

  // protect gets the CSRF token.
  async protect() {
    this.csrf = (await this.get("/auth/csrf/")).body.csrftoken;
  }

  // logIn logs in, which changes the CSRF token.
  async logIn(person) {
    await this.protect();
    const answer = await this.post("/auth/token/", { email: people[person].email, password });
    await this.protect();
    return answer;
  }
}

// opened is an application at the node's own origin, as behind one proxy with it.
async function opened({ node, page }) {
  const url = node.url("/shop/");
  await page.route(url, (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html><html lang=en><title>Shop</title><h1>Shop</h1>" }));
  await page.goto(url);
  return new Application(page, node, "same-origin");
}

const readable = (page) => page.evaluate(() => document.cookie);

export const cookies = {
  async "log in, call, refresh and log out"(t) {
    const { page, visit } = t, app = await opened(t);
    same("status of log-in", await app.logIn("ana").then((a) => [a.status, a.body]), [200, {}]);
    const access = await visit.cookie("__Host-access"), refresh = await visit.cookie("__Secure-refresh");
    for (const [c, path] of [[access, "/"], [refresh, "/auth/token/"]]) {
      same(`cookie ${c.name}`, [c.httpOnly, c.secure, c.sameSite, c.path], [true, true, "Lax", path]);
    }
    same("cookies that scripts read", (await readable(page)).replace(/=[^;]*/g, ""), "csrftoken");

    const me = await app.get("/customers/me/");
    same("customer", [me.status, me.body.email], [200, people.ana.email]);
    same("status of a change", (await app.post("/customers/me/", { a: 1 })).status, 200);
    const forged = await app.post("/customers/me/", { a: 1 }, null);
    same("status of a change without the CSRF token", forged.status, 403);
    holds("answer to it", forged.body.detail, "CSRF Failed");

    same("refresh", await app.post("/auth/token/refresh/", {}).then((a) => [a.status, a.body]), [200, {}]);
    if ((await visit.cookie("__Host-access")).value === access.value) throw new Error("the access token is the one from before the refresh");
    same("status then", (await app.get("/customers/me/")).status, 200);

    same("status of log-out", (await app.post("/auth/token/blacklist/", {})).status, 200);
    same("cookies left", (await visit.context.cookies()).map((c) => c.name).filter((name) => name !== "csrftoken"), []);
    same("status then", (await app.get("/customers/me/")).status, 401);
    // The log-in's tokens are dead on the server too.
    await visit.context.addCookies([refresh]);
    same("status of a refresh with the cookie of before", (await app.post("/auth/token/refresh/", {})).status, 401);
  },

  async "no log-in without the CSRF token"(t) {
    const app = await opened(t);
    same("status", (await app.post("/auth/token/", { email: people.ana.email, password }, null)).status, 403);
    same("cookies", await t.visit.context.cookies(), []);
  },

  async "no refresh and no log-out without the CSRF token"(t) {
    const app = await opened(t);
    await app.logIn("ana");
    for (const path of ["/auth/token/refresh/", "/auth/token/blacklist/"]) same(`status of ${path}`, (await app.post(path, {}, null)).status, 403);
    same("status then", (await app.get("/customers/me/")).status, 200);
  },

  async "a wrong password leaves no cookie"(t) {
    const app = await opened(t);
    await app.logIn("ana");
    await t.visit.context.clearCookies();
    await app.protect();
    same("status", (await app.post("/auth/token/", { email: people.ana.email, password: "wrong" })).status, 401);
    same("cookies", (await t.visit.context.cookies()).map((c) => c.name), ["csrftoken"]);
  },

  async "no script of the page reads a token"(t) {
    const { page, visit } = t, app = await opened(t);
    const answers = [await app.logIn("ana"), await app.post("/auth/token/refresh/", {}), await app.get("/customers/me/")];
    const seen = JSON.stringify(answers) + (await readable(page)) + (await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }])));
    for (const name of ["__Host-access", "__Secure-refresh"]) lacks("what scripts see", seen, (await visit.cookie(name)).value.split(".")[2]);
  },

  async "the API opened in a browser by the cookie"(t) {
    const app = await opened(t);
    await app.logIn("ana");
    same("status", await t.visit.open(t.node.url("/customers/me/")), 200);
    holds("page", await t.page.locator("main").innerText(), people.ana.email);
  },
};

// elsewhere is an application at another origin, with the given host, which sends the node's cookies along.
async function elsewhere({ node, page, visit, port }, host) {
  const origin = `https://${host}:${port}`;
  visit.origins.push(origin);
  await page.goto(`${origin}/`);
  return new Application(page, node, "include");
}

// The hosts of applications: one that the node allows, on its own site, one beside it, and one on another site.
export const allowed = "shop.example";
const sibling = "evil.shop.example", foreign = "attacker.example";

export const origins = {
  async "an origin that is allowed logs in, calls and logs out"(t) {
    const app = await elsewhere(t, allowed);
    same("status of log-in", (await app.logIn("ana")).status, 200);
    same("cookies that scripts read", await readable(t.page), "");
    const me = await app.get("/customers/me/");
    same("customer", [me.status, me.body?.email], [200, people.ana.email]);
    same("status of a change", (await app.post("/customers/me/", { a: 1 })).status, 200);
    same("status of a change without the CSRF token", (await app.post("/customers/me/", { a: 1 }, null)).status, 403);
    same("status of refresh", (await app.post("/auth/token/refresh/", {})).status, 200);
    same("status of log-out", (await app.post("/auth/token/blacklist/", {})).status, 200);
    same("status then", (await app.get("/customers/me/")).status, 401);
  },

  async "an origin that is allowed without cookies uses tokens"(t) {
    const app = await elsewhere(t, allowed);
    const me = await call(t.page, t.node.url("/customers/me/"), { headers: { Authorization: "Bearer no.to.ken" } });
    same("status", me.status, 401);
    if (!me.exposed.includes("x-auth-error")) throw new Error(`exposed headers are ${me.exposed}`);
  },

  ...Object.fromEntries([sibling, foreign].map((origin) => [`${origin} is not allowed`, async (t) => {
    const home = await elsewhere(t, allowed);
    same("status of log-in", (await home.logIn("ana")).status, 200);
    const tokens = (await t.visit.context.cookies()).filter((c) => c.name !== "csrftoken");
    const app = await elsewhere(t, origin);
    app.csrf = home.csrf;
    const seen = [];
    for (const [what, attempt] of Object.entries({
      "reading the customer": () => app.get("/customers/me/"),
      "getting the CSRF token": () => app.get("/auth/csrf/"),
      "a change": () => app.post("/customers/me/", { a: 1 }),
      "refresh": () => app.post("/auth/token/refresh/", {}),
      "log-out": () => app.post("/auth/token/blacklist/", {}),
      "log-out as a simple request": () => call(t.page, t.node.url("/auth/token/blacklist/"), { method: "POST", credentials: "include", mode: "no-cors", body: new URLSearchParams() }),
    })) {
      const answer = await attempt();
      if (!answer.blocked && answer.status !== 0) seen.push(`${what}: ${answer.status}`);
    }
    none("seen", seen);
    none("complaints besides those of CORS", t.visit.takeComplaints().filter((c) => !/CORS|ERR_FAILED|403/.test(c)));
    same("tokens", (await t.visit.context.cookies()).filter((c) => c.name !== "csrftoken"), tokens);
    const back = await elsewhere(t, allowed);
    same("status back home", (await back.get("/customers/me/")).status, 200);
  }])),

  async "forms of other origins are refused"(t) {
    const { node, visit, page } = t;
    for (const origin of [sibling, foreign]) {
      await visit.open(node.url("/auth/login/"));
      await visit.logIn("ana");
      const session = (await visit.cookie("sessionid")).value;
      for (const [path, fields] of [["/auth/login/", { username: people.staff.email, password }], ["/auth/logout/", {}], ["/customers/me/", { a: "1" }]]) {
        await elsewhere(t, origin);
        const status = await visit.follow(() => page.evaluate(([action, fields]) => {
          const form = document.body.appendChild(Object.assign(document.createElement("form"), { method: "post", action }));
          for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement("input"), { name, value }));
          form.submit();
        }, [node.url(path), fields]));
        if (status !== 403 && status !== 401) throw new Error(`${origin}, ${path}: status ${status}`);
      }
      same(`session after forms of ${origin}`, (await visit.cookie("sessionid")).value, session);
      await visit.open(node.url("/customers/me/"));
      holds("page", await page.locator("main").innerText(), people.ana.email);
    }
  },

  async "a cookie of a sibling domain does not make its form good"(t) {
    const { node, visit, page } = t;
    await visit.context.addCookies([{ name: "csrftoken", value: "a".repeat(32), domain: ".shop.example", path: "/", secure: true }]);
    await elsewhere(t, sibling);
    same("status", await visit.follow(() => page.evaluate(([action, fields]) => {
      const form = document.body.appendChild(Object.assign(document.createElement("form"), { method: "post", action }));
      for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement("input"), { name, value }));
      form.submit();
    }, [node.url("/auth/login/"), { username: people.ana.email, password, csrfmiddlewaretoken: "a".repeat(32) }])), 403);
    same("session cookie", await visit.cookie("sessionid"), undefined);
  },

  async "no page of another origin frames one of ours"(t) {
    const { node, page, visit } = t;
    await elsewhere(t, sibling);
    await page.evaluate((src) => new Promise((resolve) => document.body.append(Object.assign(document.createElement("iframe"), { src, onload: resolve }))), node.url("/auth/login/"));
    const frame = page.frames()[1];
    same("fields in the frame", await frame.locator("input").count(), 0);
    const said = visit.takeComplaints();
    if (!said.some((c) => c.includes("frame-ancestors"))) throw new Error(`Chromium says [${said}]`);
  },
};
