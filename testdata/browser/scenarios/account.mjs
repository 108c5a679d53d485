// A person's account: where they are logged in, and another password. The node lists log-ins.
import { holds, lacks, same } from "../check.mjs";
import { password, people, post } from "../node.mjs";

const another = "battery staple correct horse";

// enter logs a program in for tokens.
const enter = (node, agent, secret = password) =>
  post(node, "/auth/token/", { email: people.ana.email, password: secret }, { "User-Agent": agent });

// refresh gives the status of a refresh.
const refresh = async (node, { body }) => (await post(node, "/auth/token/refresh/", { refresh: body.refresh })).status;

async function arrive({ node, visit }) {
  await visit.open(node.url("/auth/login/"));
  await visit.logIn("ana");
  same("path", visit.path(), "/accounts/profile/");
}

// change fills in the form for another password, and sends it.
async function change({ visit, page }, old, next, again = next) {
  const main = page.locator("main");
  await main.getByLabel("Current password", { exact: true }).fill(old);
  await main.getByLabel("New password", { exact: true }).fill(next);
  await main.getByLabel("New password again", { exact: true }).fill(again);
  return visit.press("Change password", main);
}

const row = (page, text) => page.getByRole("row").filter({ hasText: text });

export const account = {
  async "end a log-in, then all"(t) {
    const { node, visit, page } = t;
    const phone = await enter(node, `Phone <b>${"x".repeat(300)}`), tablet = await enter(node, "Tablet");
    await arrive(t);
    const table = page.getByRole("table");
    holds("caption", await table.locator("caption").innerText(), "log-ins");
    holds("own row", await row(page, "this one").innerText(), "Browser");
    same("phones", await row(page, "Phone <b>xxx").count(), 1);
    same("status", await visit.press(await row(page, "Phone").getByRole("button").innerText(), row(page, "Phone")), 200);
    holds("status of the page", await page.getByRole("status").innerText(), "The log-in has ended.");
    same("phones left", await row(page, "Phone").count(), 0);
    same("refresh of the phone", await refresh(node, phone), 401);
    same("refresh of the tablet", await refresh(node, tablet), 200);
    await visit.press("Log out everywhere", page.locator("main"));
    holds("heading", await visit.heading(), "Logged out");
    same("refresh of the tablet then", await refresh(node, tablet), 401);
    same("session", await visit.cookie("sessionid"), undefined);
  },

  async "change the password, and stay"(t) {
    const { node, visit, page } = t;
    const phone = await enter(node, "Laptop");
    await arrive(t);
    const session = (await visit.cookie("sessionid")).value;
    same("status of a wrong one", await change(t, "wrong", another), 200);
    holds("alert", await page.getByRole("alert").innerText(), "Your old password was entered incorrectly.");
    holds("title", await page.title(), "Error:");
    same("wrong field", await page.getByLabel("Current password").getAttribute("aria-invalid"), "true");
    await change(t, password, "password123", "password456");
    holds("alert", await page.getByRole("alert").innerText(), "This password is too common.");
    holds("alert", await page.getByRole("alert").innerText(), "The two password fields didn’t match.");
    lacks("page", await page.content(), "password123");
    same("refresh meanwhile", await refresh(node, phone), 200);
    await change(t, password, another);
    holds("status of the page", await page.getByRole("status").innerText(), "Your password was changed");
    if ((await visit.cookie("sessionid")).value === session) throw new Error("the session is the one from before");
    same("refresh then", await refresh(node, phone), 401);
    same("log-in with the old one", (await enter(node, "Laptop")).status, 401);
    same("log-in with the new one", (await enter(node, "Laptop", another)).status, 200);
    await change(t, another, password);
    holds("status of the page", await page.getByRole("status").innerText(), "Your password was changed");
    same("still there", await visit.open(node.url("/customers/me/")), 200);
  },
};

// accountPages are the pages of such a node.
export const accountPages = {
  "profile-sessions": [200, async (t) => {
    for (const agent of ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "ShopApp/4.2 (Android 15)", "W".repeat(256)]) await enter(t.node, agent);
    await arrive(t);
  }],
  "profile-sessions-leafed": [200, async (t) => {
    for (let i = 0; i < 120; i++) await enter(t.node, `app ${i}`);
    await arrive(t);
    await t.visit.open(t.node.url("/accounts/profile/?page=2"));
  }],
  "profile-password-wrong": [200, async (t) => {
    await arrive(t);
    await change(t, "wrong", another);
  }],
  "sessions": [200, async (t) => {
    await arrive(t);
    await t.visit.open(t.node.url("/auth/sessions/"));
  }],
  "session-none": [405, async (t) => {
    await arrive(t);
    await t.visit.open(t.node.url("/auth/sessions/AAAAAAAAAAAAAAAAAAAAAA/"));
  }],
  "password-change": [405, async (t) => {
    await arrive(t);
    await t.visit.open(t.node.url("/auth/password/change/"));
  }],
};
