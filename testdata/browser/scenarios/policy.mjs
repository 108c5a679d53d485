// What the pages' Content-Security-Policy keeps out, and that others may not frame them.
import { none } from "../check.mjs";
import { pages } from "../pages.mjs";

// blocked has the page try something and gives the directives that it violates.
const blocked = (page, attempt) => page.evaluate(async (attempt) => {
  const violated = [];
  document.addEventListener("securitypolicyviolation", (e) => violated.push(e.effectiveDirective));
  const made = (tag, members) => document.body.append(Object.assign(document.createElement(tag), members));
  const attempts = {
    "an inline script": () => made("script", { textContent: "window.ran = true" }),
    "a script of its own site": () => made("script", { src: "/openapi.json" }),
    "an event handler": () => made("div", { innerHTML: '<img src="data:," onerror="window.ran = true">' }),
    "an inline style": () => made("div", { innerHTML: '<p style="position: fixed; inset: 0">over all</p>' }),
    "a style sheet": () => made("style", { textContent: "body { display: none }" }),
    "an image of another site": () => made("img", { src: "https://attacker.example/x.png" }),
    "a request": () => fetch("/customers/me/").catch(() => {}),
    "a frame": () => made("iframe", { src: "/auth/login/" }),
    "another base": () => document.head.append(Object.assign(document.createElement("base"), { href: "https://attacker.example/" })),
    "a form to another site": () => {
      made("form", { action: "https://attacker.example/", method: "post" });
      document.querySelector("body > form:last-child").submit();
    },
  };
  attempts[attempt]();
  for (let i = 0; i < 100 && violated.length === 0; i++) await new Promise((resolve) => setTimeout(resolve, 20));
  return { violated, ran: window.ran === true };
}, attempt);

const directives = {
  "an inline script": "script-src-elem", "a script of its own site": "script-src-elem", "an event handler": "script-src-attr",
  "an inline style": "style-src-attr", "a style sheet": "style-src-elem", "an image of another site": "img-src", "a request": "connect-src",
  "a frame": "frame-src", "another base": "base-uri", "a form to another site": "form-action",
};

export const policy = {
  async "keeps out what a page does not have"({ node, visit, page }) {
    const faults = [];
    for (const [attempt, directive] of Object.entries(directives)) {
      await visit.open(node.url("/auth/login/"));
      const { violated, ran } = await blocked(page, attempt);
      if (!violated.includes(directive) || ran) faults.push(`${attempt}: violated [${violated}], ran: ${ran}`);
    }
    visit.takeComplaints(); // which Chromium makes of each
    none("not kept out", faults);
  },

  async "comes with every page"(t) {
    const faults = [];
    for (const [name, [, reach]] of Object.entries(pages)) {
      await t.visit.context.clearCookies();
      await reach(t);
      const headers = await t.visit.answer.allHeaders();
      const wants = (header, text) => {
        if (!(headers[header] ?? "").includes(text)) faults.push(`${name}: ${header}: ${headers[header]}`);
      };
      wants("content-security-policy", "default-src 'none'; ");
      wants("content-security-policy", "frame-ancestors 'none'");
      wants("x-content-type-options", "nosniff");
      // The answer to a POST is kept by nobody unless it says so (RFC 9110 §9.3.3).
      if (t.visit.answer.request().method() === "GET") wants("cache-control", "no-store");
    }
    none("pages without", faults);
  },
};
