// A person's visit with a browser of their own: a page with the cookies of nobody, whose every request and complaint is noted.
import { createRequire } from "node:module";
import path from "node:path";
import { people, password } from "./node.mjs";

export const require = createRequire(path.join(process.env.EDGETOKEN_BROWSER_CACHE, "package.json"));
const { chromium } = require("playwright-core");

// launch starts Chromium. Every name leads to this machine, so that nothing of what pages may ask for leaves it. Root has no sandbox to
// be had.
export function launch() {
  return chromium.launch({
    executablePath: process.env.EDGETOKEN_CHROMIUM, chromiumSandbox: process.getuid() !== 0,
    args: ["--host-resolver-rules=MAP * 127.0.0.1"],
  });
}

export class Visit {
  // begin opens the browser's window. origins are those that pages may ask for something.
  static async begin(browser, origins, { javaScript = true } = {}) {
    const v = new Visit();
    v.origins = origins;
    v.complaints = [];
    v.context = await browser.newContext({
      ignoreHTTPSErrors: true, javaScriptEnabled: javaScript, viewport: { width: 1280, height: 900 }, reducedMotion: "reduce",
    });
    v.context.setDefaultTimeout(10_000);
    v.context.on("request", (request) => v.asked(request));
    v.context.on("console", (message) => v.heard(message));
    v.context.on("weberror", (error) => v.complaints.push(`script: ${error.error()}`));
    v.context.on("dialog", (dialog) => {
      v.complaints.push(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    v.page = await v.context.newPage();
    return v;
  }

  asked(request) {
    const url = new URL(request.url());
    if (!this.origins.includes(url.origin) && url.protocol !== "data:" && url.protocol !== "about:") this.complaints.push(`request to ${request.url()}`);
  }

  heard(message) {
    // A page of a failure has a status of failure.
    if (["error", "warning"].includes(message.type()) && !/^Failed to load resource: the server responded with a status of 4\d\d/.test(message.text())) {
      this.complaints.push(`console: ${message.text()}`);
    }
  }

  // takeComplaints gives what was complained of until now, and forgets it.
  takeComplaints() {
    return this.complaints.splice(0);
  }

  // open opens an address and gives the status of its answer, which is kept.
  async open(url) {
    this.answer = await this.page.goto(url);
    return this.answer.status();
  }

  // follow does something that leads to another page, and gives that page's status.
  async follow(act) {
    [this.answer] = await Promise.all([this.page.waitForNavigation(), act()]);
    return this.answer.status();
  }

  // press presses the button with this name.
  press(name, within = this.page) {
    return this.follow(() => within.getByRole("button", { name, exact: true }).click());
  }

  // logIn fills in the log-in form, on the page that is open, and sends it.
  async logIn(person, secret = password) {
    await this.page.getByLabel("Email address").fill(people[person].email);
    await this.page.getByLabel("Password").fill(secret);
    return this.press("Log in", this.page.locator("main"));
  }

  path() {
    const url = new URL(this.page.url());
    return url.pathname + url.search;
  }

  heading() {
    return this.page.locator("h1").innerText();
  }

  async cookie(name) {
    return (await this.context.cookies()).find((c) => c.name === name);
  }

  end() {
    return this.context.close();
  }
}
