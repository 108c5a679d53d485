// Runs the scenarios, each with a visit of its own, and counts them.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { none } from "./check.mjs";
import { application, certificate, start } from "./node.mjs";
import { keysPages, pages, throttledPages } from "./pages.mjs";
import { account, accountPages } from "./scenarios/account.mjs";
import { api } from "./scenarios/api.mjs";
import { bearer, bearerApart, cookieMode, cookiesApart, files, policy as policyOf, requests } from "./scenarios/clients.mjs";
import { allowed, cookies, origins } from "./scenarios/cookies.mjs";
import { keyboard } from "./scenarios/keyboard.mjs";
import { keys } from "./scenarios/keys.mjs";
import { login } from "./scenarios/login.mjs";
import { looks } from "./scenarios/looks.mjs";
import { policy } from "./scenarios/policy.mjs";
import { strangers } from "./scenarios/strangers.mjs";
import { launch, Visit } from "./visit.mjs";

const { values: args } = parseArgs({ options: { screenshots: { type: "string" }, only: { type: "string", default: "" } } });
const screenshots = args.screenshots ?? path.join(process.env.EDGETOKEN_BROWSER_CACHE, "screenshots");
fs.mkdirSync(screenshots, { recursive: true });

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "edgetoken-browser-"));
const tls = certificate(folder);
const browser = await launch();
let passed = 0, failed = 0;

// each runs the scenarios of a group. One is right if it ends and nothing was complained of.
async function each(node, group, scenarios, options = {}) {
  for (const [title, scenario] of Object.entries(scenarios)) {
    const name = `${group}: ${title}`;
    if (!name.includes(args.only)) continue;
    shop.noted.length = 0;
    const visit = await Visit.begin(browser, [node.origin], options);
    try {
      await scenario({ node, visit, page: visit.page, screenshots, port: shop.port, noted: shop.noted });
      none("complaints", visit.takeComplaints());
      passed++;
      console.log(`ok   ${name}`);
    } catch (error) {
      failed++;
      console.log(`FAIL ${name}: ${error.message.split("\n")[0]} (at ${visit.page.url()})`);
    } finally {
      await visit.end();
    }
  }
}

// on runs groups on a node.
async function on(options, groups) {
  const node = await start(options);
  try {
    await groups(node);
  } finally {
    await node.stop();
  }
}

const host = "auth.shop.example";
const shop = await application(tls, files, policyOf(`https://${host}:* 'self'`));
const origin = `https://${allowed}:${shop.port}`;
try {
  await on({ host, tls }, async (node) => {
    await each(node, "5.5", { ...login, ...api });
    await each(node, "5.5 without JavaScript", { ...login, ...api }, { javaScript: false });
    await each(node, "keyboard", keyboard);
    await each(node, "policy", policy);
    await each(node, "page", looks(pages));
  });
  await on({ host, tls, config: { throttles: { login: "1/hour", anon: "3/hour" } } }, (node) => each(node, "page", looks(throttledPages)));
  await on({ host, tls, config: { sessions: { list: true } } }, async (node) => {
    await each(node, "account", account);
    await each(node, "account without JavaScript", account, { javaScript: false });
    await each(node, "page", looks(accountPages));
  });
  await on({ host, tls, config: { simple_jwt: { SIGNING_KEY: undefined } } }, async (node) => {
    await each(node, "keys", keys);
    await each(node, "page", looks(keysPages));
  });
  await on({ host: "localhost", config: { compat: "5.2" } }, (node) => each(node, "5.2 without TLS", { ...login, ...api }));
  const withCookies = { cookies: { enabled: true }, cors: { origins: [origin], credentials: true }, browser: { CSRF_TRUSTED_ORIGINS: [origin] } };
  await on({ host, tls, config: withCookies }, async (node) => {
    await each(node, "cookies", cookies);
    await each(node, "origins", origins);
  });
  await on({ host: "localhost" }, (node) => each(node, "client without TLS", { ...requests, ...strangers }));
  for (const wire of ["exact", "secure"]) {
    const rotating = { wire, simple_jwt: { ROTATE_REFRESH_TOKENS: true, BLACKLIST_AFTER_ROTATION: true }, cors: { origins: [origin] } };
    await on({ host, tls, config: rotating }, (node) => each(node, `client, wire: ${wire}`, { ...bearer, ...bearerApart }));
    await on({ host, tls, config: { ...rotating, ...withCookies } },
      (node) => each(node, `client with cookies, wire: ${wire}`, { ...cookieMode, ...cookiesApart }));
  }
} finally {
  shop.stop();
  await browser.close();
  fs.rmSync(folder, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
