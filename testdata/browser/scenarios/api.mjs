// The API opened in a browser.
import { holds, lacks, same } from "../check.mjs";
import { password, people, token } from "../node.mjs";

// answer is the part of a page that shows what the endpoint answered.
const answer = (page) => page.getByRole("region", { name: "Answer" });

// json is the JSON that a page shows.
const json = async (page) => JSON.parse(await answer(page).locator("pre").innerText());

export const api = {
  async "the token form"({ node, visit, page }) {
    same("status", await visit.open(node.url("/auth/token/")), 405);
    await page.getByLabel("Email").fill(people.ana.email);
    await page.locator("main").getByLabel("Password").fill(password);
    same("status", await visit.press("POST"), 200);
    const pair = await json(page);
    same("members", Object.keys(pair), ["refresh", "access"]);
    same("parts of the access token", pair.access.split(".").length, 3);
    same("session cookie", await visit.cookie("sessionid"), undefined);
  },

  async "the token form with a wrong password"({ node, visit, page }) {
    await visit.open(node.url("/auth/token/"));
    await page.getByLabel("Email").fill(people.ana.email);
    await page.locator("main").getByLabel("Password").fill("wrong");
    same("status", await visit.press("POST"), 401);
    holds("alert", await page.getByRole("alert").innerText(), "No active account found with the given credentials");
    same("e-mail address", await page.getByLabel("Email").inputValue(), people.ana.email);
    same("password", await page.locator("main").getByLabel("Password").inputValue(), "");
  },

  async "the token form with a field left empty"({ node, visit, page }) {
    await visit.open(node.url("/auth/token/"));
    await page.getByLabel("Email").fill(people.ana.email);
    same("status", await visit.press("POST"), 400);
    const field = page.locator("main").getByLabel("Password");
    same("invalid", [await field.getAttribute("aria-invalid"), await page.getByLabel("Email").getAttribute("aria-invalid")], ["true", null]);
    const error = page.locator(`[id="${await field.getAttribute("aria-describedby")}"]`);
    same("error", await error.innerText(), "This field may not be blank.");
    holds("alert", await page.getByRole("alert").innerText(), "Password: This field may not be blank.");
    // The link in the alert leads to the field.
    await page.getByRole("alert").getByRole("link").click();
    same("focus", await field.evaluate((e) => e === document.activeElement), true);
  },

  async "every token form works from the last one's answer"({ node, visit, page }) {
    await visit.open(node.url("/auth/token/"));
    await page.getByLabel("Email").fill(people.ana.email);
    await page.locator("main").getByLabel("Password").fill(password);
    await visit.press("POST");
    const { refresh } = await json(page);
    await visit.open(node.url("/auth/token/refresh/"));
    await page.getByLabel("Refresh").fill(refresh);
    same("status of refresh", await visit.press("POST"), 200);
    const { access } = await json(page);
    await visit.open(node.url("/auth/token/verify/"));
    await page.getByRole("textbox", { name: "Token", exact: true }).fill(access);
    same("status of verify", await visit.press("POST"), 200);
    await visit.open(node.url("/auth/token/blacklist/"));
    await page.getByLabel("Refresh").fill(refresh);
    same("status of blacklist", await visit.press("POST"), 200);
    await visit.open(node.url("/auth/token/refresh/"));
    await page.getByLabel("Refresh").fill(refresh);
    same("status of refresh then", await visit.press("POST"), 401);
  },

  async "/customers/me/ for nobody and for somebody"({ node, visit, page }) {
    same("status", await visit.open(node.url("/customers/me/")), 401);
    same("answer", (await json(page)).detail, "Authentication credentials were not provided.");
    await visit.follow(() => page.getByRole("banner").getByRole("link", { name: "Log in" }).click());
    same("status", await visit.logIn("ana"), 200);
    same("path", visit.path(), "/customers/me/");
    same("answer", (await json(page)).email, people.ana.email);
    holds("banner", await page.getByRole("banner").innerText(), people.ana.email);
  },

  async "/customers/ for a customer and for staff"({ node, visit, page }) {
    await visit.open(node.url("/auth/login/"));
    await visit.logIn("ana");
    same("status", await visit.open(node.url("/customers/")), 403);
    await visit.open(node.url("/auth/login/"));
    await visit.logIn("staff");
    same("status", await visit.open(node.url("/customers/")), 200);
    same("customers", (await json(page)).map((c) => c.email), Object.values(people).map((p) => p.email));
  },

  async "any request by the form"({ node, visit, page }) {
    await visit.open(node.url("/auth/login/?next=/customers/me/"));
    await visit.logIn("ana");
    await page.locator("summary", { hasText: "Send any request" }).click();
    await page.getByRole("combobox", { name: "Method" }).selectOption("POST");
    await page.getByLabel("Body").fill('{"a": [1, "é", null]}');
    same("status", await visit.press("Send"), 200);
    same("answer", await json(page), { received: { a: [1, "é", null] } });
  },

  async "another format"({ node, visit, page }) {
    await visit.open(node.url("/auth/login/?next=/customers/me/"));
    await visit.logIn("ana");
    same("status", await visit.follow(() => page.getByRole("link", { name: /json$/ }).click()), 200);
    same("answer", JSON.parse(await page.locator("pre").innerText()).email, people.ana.email);
  },

  async "from the start to every endpoint"({ node, visit, page }) {
    await visit.open(node.url("/"));
    const paths = await page.locator("main h3 a").evaluateAll((links) => links.map((l) => l.getAttribute("href")));
    if (paths.length < 10) throw new Error(`only these endpoints: ${paths.join(" ")}`);
    for (const path of paths) {
      const status = await visit.open(node.url(path));
      if (![200, 401, 405].includes(status)) throw new Error(`${path}: status ${status}`);
      same(`address of ${path}`, await page.locator("nav[aria-label=Breadcrumb] [aria-current]").innerText(), path);
    }
  },

  async "the description for programs"({ node, visit, page }) {
    await visit.open(node.url("/"));
    same("status", await visit.follow(() => page.getByRole("contentinfo").getByRole("link", { name: "OpenAPI description" }).click()), 200);
    holds("description", await page.locator("body").innerText(), '"openapi"');
  },

  async "a token explained"({ node, visit, page }) {
    await visit.open(node.url("/auth/token/"));
    await page.getByLabel("Email").fill(people.ana.email);
    await page.locator("main").getByLabel("Password").fill(password);
    await visit.press("POST");
    const { access } = await json(page);
    same("status", await visit.press("Explain the access token"), 200);
    same("path", visit.path(), "/auth/token/explain/");
    const text = await page.locator("main").innerText();
    holds("page", text, "Accepted");
    for (const claim of ["token_type", "exp", "iat", "jti", "user_id"]) holds("page", text, claim);
    lacks("page", await page.content(), access.split(".")[2]);
    lacks("log", node.log(), access.split(".")[2]);
  },

  async "an expired token explained"({ node, visit, page }) {
    const now = Math.floor(Date.now() / 1000);
    await visit.open(node.url("/auth/token/explain/"));
    await page.getByRole("textbox", { name: "Token", exact: true }).fill(token({ token_type: "access", exp: now - 3600, iat: now - 7200, jti: "a".repeat(32), user_id: "1" }));
    same("status", await visit.press("Explain"), 200);
    const said = await page.getByRole("status").innerText();
    holds("verdict", said, "Refused");
    holds("verdict", said, "It expired ");
  },

  async "a token of another key explained"({ node, visit, page }) {
    const now = Math.floor(Date.now() / 1000);
    const good = token({ token_type: "access", exp: now + 3600, iat: now, jti: "a".repeat(32), user_id: "1" });
    await visit.open(node.url("/auth/token/explain/"));
    await page.getByRole("textbox", { name: "Token", exact: true }).fill(good.slice(0, good.lastIndexOf(".") + 1) + "A".repeat(43));
    same("status", await visit.press("Explain"), 200);
    holds("verdict", await page.getByRole("status").innerText(), "Refused");
    holds("page", await page.locator("main").innerText(), "anybody’s word");
  },

  async "no token explained"({ node, visit, page }) {
    await visit.open(node.url("/auth/token/explain/"));
    const field = page.getByRole("textbox", { name: "Token", exact: true });
    await field.fill(" ");
    same("status", await visit.press("Explain"), 400);
    same("invalid", await field.getAttribute("aria-invalid"), "true");
    await field.fill("not a token");
    same("status of what is none", await visit.press("Explain"), 200);
    holds("verdict", await page.getByRole("status").innerText(), "Refused");
  },

  async "a page that is not there"({ node, visit, page }) {
    same("status", await visit.open(node.url("/no/such/page")), 404);
    same("heading", await visit.heading(), "Not Found");
    same("status then", await visit.follow(() => page.getByRole("link", { name: "All endpoints" }).click()), 200);
  },
};
