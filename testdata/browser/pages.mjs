// Every page there is, each with the way to it.
import { people, password, token } from "./node.mjs";

const now = Math.floor(Date.now() / 1000);
const claims = { token_type: "access", iat: now - 7200, jti: "0123456789abcdef0123456789abcdef", user_id: "1" };

// at opens a path as somebody; null: as nobody.
const at = (path, person = null) => async ({ node, visit }) => {
  if (person !== null) {
    await visit.open(node.url("/auth/login/"));
    await visit.logIn(person);
  }
  await visit.open(node.url(path));
};

// sent fills fields of the page at a path, by their labels, and presses a button.
const sent = (path, fields, button, person = null) => async (t) => {
  await at(path, person)(t);
  const main = t.page.locator("main");
  for (const [label, text] of Object.entries(fields)) await main.getByLabel(label, { exact: true }).fill(text);
  await t.visit.press(button, main);
};

// called sends a request by the form for any.
const called = (path, method, body, person) => async (t) => {
  await at(path, person)(t);
  await t.page.locator("summary", { hasText: "Send any request" }).click();
  await t.page.getByRole("combobox", { name: "Method" }).selectOption(method);
  await t.page.getByLabel("Body").fill(body);
  await t.visit.press("Send");
};

const credentials = { Email: people.ana.email, Password: password };

// pages are all pages by names of files, each with its status and the way to it.
export const pages = {
  "login": [200, at("/auth/login/")],
  "login-wrong": [200, sent("/auth/login/", { "Email address": people.ana.email, Password: "wrong" }, "Log in")],
  "login-empty": [200, sent("/auth/login/", { "Email address": " ", Password: " " }, "Log in")],
  "login-again": [200, at("/auth/login/", "ana")],
  "log-out": [200, at("/auth/logout/?next=/customers/me/", "ana")],
  "log-out-nobody": [200, at("/auth/logout/")],
  "logged-out": [200, async (t) => {
    await at("/auth/login/", "ana")(t);
    await t.visit.press("Log out", t.page.getByRole("banner"));
  }],
  "profile": [200, at("/accounts/profile/", "staff")],
  "profile-long": [200, at("/accounts/profile/", "long")],
  "profile-markup": [200, at("/accounts/profile/", "markup")],
  "start": [200, at("/auth/browse/")],
  "start-known": [200, at("/auth/browse/", "ana")],
  "token": [405, at("/auth/token/")],
  "token-given": [200, sent("/auth/token/", credentials, "POST")],
  "token-wrong": [401, sent("/auth/token/", { ...credentials, Password: "wrong" }, "POST")],
  "token-blank": [400, sent("/auth/token/", {}, "POST")],
  "refresh-refused": [401, sent("/auth/token/refresh/", { Refresh: "no token" }, "POST")],
  "verify": [405, at("/auth/token/verify/")],
  "blacklist": [405, at("/auth/token/blacklist/")],
  "me-nobody": [401, at("/customers/me/")],
  "me": [200, at("/customers/me/", "ana")],
  "me-long": [200, at("/customers/me/", "long")],
  "me-sent": [200, called("/customers/me/", "POST", JSON.stringify({ text: "x".repeat(500), list: [1, true, null, { a: "é" }] }), "ana")],
  "me-broken": [400, called("/customers/me/", "POST", "{", "ana")],
  "customers-forbidden": [403, at("/customers/", "ana")],
  "customers": [200, at("/customers/", "staff")],
  "keys": [200, at("/auth/keys/", "staff")],
  "keys-forbidden": [403, at("/auth/keys/", "ana")],
  "open": [200, at("/customers/open/")],
  "readonly": [200, at("/customers/readonly/")],
  "managed": [200, at("/customers/managed/", "root")],
  "managed-deleted": [200, called("/customers/managed/", "DELETE", "", "root")],
  "directory": [200, at("/customers/directory/")],
  "explain": [200, at("/auth/token/explain/")],
  "explain-blank": [400, sent("/auth/token/explain/", { Token: " " }, "Explain")],
  "explain-accepted": [200, sent("/auth/token/explain/", { Token: token({ ...claims, exp: now + 3600, plan: "pro", groups: ["a", "b"] }) }, "Explain", "ana")],
  "explain-expired": [200, sent("/auth/token/explain/", { Token: token({ ...claims, exp: now - 3600 }) }, "Explain")],
  "explain-forged": [200, sent("/auth/token/explain/", { Token: token({ ...claims, exp: now + 3600 }).slice(0, -43) + "A".repeat(43) }, "Explain")],
  "explain-none": [200, sent("/auth/token/explain/", { Token: "no token" }, "Explain")],
  "csrf": [403, async (t) => {
    await at("/auth/login/")(t);
    await t.visit.context.clearCookies();
    await t.visit.logIn("ana");
  }],
  "not-found": [404, at("/no/such/page")],
  "bad-request": [400, async ({ node, visit }) => {
    const other = node.origin.replace(node.host, "other.shop.example");
    visit.origins.push(other);
    await visit.open(other + "/auth/login/");
  }],
};

// keysPages are those of a node that has keys in its store.
export const keysPages = {
  "keys-stored": [200, at("/auth/keys/", "staff")],
};

// throttledPages are those of a node that admits one log-in.
export const throttledPages = {
  "login-throttled": [429, async (t) => {
    await sent("/auth/login/", { "Email address": people.ana.email, Password: "wrong" }, "Log in")(t);
    await t.visit.logIn("ana");
  }],
  "explain-throttled": [429, async (t) => {
    for (let i = 0; i < 4; i++) await sent("/auth/token/explain/", { Token: "no token" }, "Explain")(t);
  }],
};
