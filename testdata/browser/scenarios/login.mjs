// Log in and out with the pages.
import { holds, lacks, same } from "../check.mjs";
import { password, people } from "../node.mjs";

// described is what a screen reader says of a field besides its label: the texts that aria-describedby names.
async function described(field) {
  const ids = ((await field.getAttribute("aria-describedby")) ?? "").split(" ").filter(Boolean);
  const texts = await Promise.all(ids.map((id) => field.page().locator(`[id="${id}"]`).innerText()));
  return texts.join("\n");
}

export const login = {
  async "log in"({ node, visit, page }) {
    same("status", await visit.open(node.url("/auth/login/")), 200);
    const before = (await visit.cookie("csrftoken")).value;
    same("status", await visit.logIn("ana"), 200);
    same("path", visit.path(), "/accounts/profile/");
    holds("page", await page.locator("main").innerText(), people.ana.email);
    const session = await visit.cookie("sessionid");
    same("session cookie", [session.httpOnly, session.secure, session.sameSite, session.path, session.domain], [true, node.origin.startsWith("https:"), "Lax", "/", node.host]);
    if ((await visit.cookie("csrftoken")).value === before) throw new Error("the CSRF token is the one from before the log-in");
  },

  async "wrong password"({ node, visit, page }) {
    await visit.open(node.url("/auth/login/"));
    same("status", await visit.logIn("ana", "wrong"), 200);
    same("path", visit.path(), "/auth/login/");
    const text = "Please enter a correct email address and password. Note that both fields may be case-sensitive.";
    same("alerts", await page.getByRole("alert").count(), 1);
    holds("alert", await page.getByRole("alert").innerText(), text);
    for (const label of ["Email address", "Password"]) {
      const field = page.getByLabel(label);
      same(`${label} invalid`, await field.getAttribute("aria-invalid"), "true");
      holds(`${label} described`, await described(field), text);
    }
    same("e-mail address", await page.getByLabel("Email address").inputValue(), people.ana.email);
    same("password", await page.getByLabel("Password").inputValue(), "");
    holds("title", await page.title(), "Error:");
    same("session cookie", await visit.cookie("sessionid"), undefined);
    same("status then", await visit.logIn("ana"), 200);
    same("path then", visit.path(), "/accounts/profile/");
  },

  async "a field that is empty to the server"({ node, visit, page }) {
    await visit.open(node.url("/auth/login/"));
    await page.getByLabel("Email address").fill(" ");
    await page.getByLabel("Password").fill("secret");
    await visit.press("Log in", page.locator("main"));
    const field = page.getByLabel("Email address");
    same("invalid", [await field.getAttribute("aria-invalid"), await page.getByLabel("Password").getAttribute("aria-invalid")], ["true", null]);
    holds("described", await described(field), "This field is required.");
  },

  async "a field that is empty to the browser"({ node, visit, page }) {
    await visit.open(node.url("/auth/login/"));
    let sent = 0;
    page.on("request", () => sent++);
    await page.locator("main").getByRole("button", { name: "Log in" }).click();
    same("focus", await page.getByLabel("Email address").evaluate((e) => e === document.activeElement), true);
    same("requests", sent, 0);
  },

  async "markup as the e-mail address"({ node, visit, page }) {
    await visit.open(node.url("/auth/login/"));
    const typed = `"><script>document.title="ran"</script><img src=x onerror='document.title="ran"'>`;
    await page.getByLabel("Email address").fill(typed);
    await page.getByLabel("Password").fill("wrong");
    await visit.press("Log in", page.locator("main"));
    same("e-mail address", await page.getByLabel("Email address").inputValue(), typed);
    same("elements", await page.locator("script, img").count(), 0);
    lacks("title", await page.title(), "ran");
  },

  async "CSRF token missing"({ node, visit, page }) {
    await visit.open(node.url("/auth/login/"));
    await page.route("**/auth/login/", (route) => route.continue({ postData: route.request().postData().replace(/csrfmiddlewaretoken=[^&]*&?/, "") }));
    same("status", await visit.logIn("ana"), 403);
    holds("page", await page.locator("main").innerText(), "CSRF verification failed.");
    same("session cookie", await visit.cookie("sessionid"), undefined);
    await page.unroute("**/auth/login/");
    same("status of the page to go on with", await visit.follow(() => page.getByRole("link", { name: "Reload the page" }).click()), 200);
    same("status then", await visit.logIn("ana"), 200);
    same("path then", visit.path(), "/accounts/profile/");
  },

  async "CSRF cookie gone"({ node, visit, page }) {
    await visit.open(node.url("/auth/login/"));
    await visit.context.clearCookies();
    same("status", await visit.logIn("ana"), 403);
    same("session cookie", await visit.cookie("sessionid"), undefined);
  },

  async "next to a page of this site"({ node, visit, page }) {
    await visit.open(node.url("/auth/login/?next=/customers/me/"));
    same("status", await visit.logIn("ana"), 200);
    same("path", visit.path(), "/customers/me/");
  },

  async "next to another site"({ node, visit, page }) {
    for (const next of ["https://attacker.example/", "//attacker.example/", "/\\attacker.example/", "https:attacker.example", "\t//attacker.example", "javascript:alert(1)"]) {
      await visit.context.clearCookies();
      await visit.open(node.url(`/auth/login/?next=${encodeURIComponent(next)}`));
      same(`status, ${next}`, await visit.logIn("ana"), 200);
      same(`address, ${next}`, page.url(), node.url("/accounts/profile/"));
    }
  },

  async "from a page and back to it"({ node, visit, page }) {
    await visit.open(node.url("/auth/token/verify/"));
    await visit.follow(() => page.getByRole("banner").getByRole("link", { name: "Log in" }).click());
    await visit.logIn("ana");
    same("path", visit.path(), "/auth/token/verify/");
  },

  async "log out"({ node, visit, page }) {
    await visit.open(node.url("/auth/login/"));
    await visit.logIn("ana");
    await visit.open(node.url("/customers/me/"));
    same("status", await visit.press("Log out", page.getByRole("banner")), 200);
    same("path", visit.path(), "/auth/logout/");
    same("heading", await visit.heading(), "Logged out");
    same("session cookie", await visit.cookie("sessionid"), undefined);
    same("status then", await visit.open(node.url("/customers/me/")), 401);
  },

  async "a link to the log-out asks first"({ node, visit, page }) {
    await visit.open(node.url("/auth/login/"));
    await visit.logIn("ana");
    same("status", await visit.open(node.url("/auth/logout/?next=/customers/open/")), 200);
    same("heading", await visit.heading(), "Log out");
    same("still logged in", await visit.open(node.url("/customers/me/")), 200);
    await visit.open(node.url("/auth/logout/?next=/customers/open/"));
    same("status of the button", await visit.press("Log out", page.locator("main")), 200);
    same("path", visit.path(), "/customers/open/");
    same("status then", await visit.open(node.url("/customers/me/")), 401);
  },

  async "the session is gone on the server after a log-out"({ node, visit }) {
    await visit.open(node.url("/auth/login/"));
    await visit.logIn("ana");
    const cookies = await visit.context.cookies();
    same("status before", await visit.open(node.url("/customers/me/")), 200);
    await visit.press("Log out", visit.page.getByRole("banner"));
    await visit.context.addCookies(cookies);
    same("status", await visit.open(node.url("/customers/me/")), 401);
  },

  async "the session is gone after a password change"({ node, visit, page }) {
    await visit.open(node.url("/auth/login/"));
    await visit.logIn("changer");
    same("status before", await visit.open(node.url("/customers/me/")), 200);
    node.run(["customers", "passwd", people.changer.email, "--password-stdin"], "another password");
    same("status", await visit.open(node.url("/customers/me/")), 401);
    await visit.open(node.url("/auth/login/"));
    await visit.logIn("changer");
    holds("alert for the old password", await page.getByRole("alert").innerText(), "correct email address and password");
    await visit.logIn("changer", "another password");
    same("path", visit.path(), "/accounts/profile/");
    node.run(["customers", "passwd", people.changer.email, "--password-stdin"], password);
  },

  async "a log-in changes the session"({ node, visit }) {
    await visit.open(node.url("/auth/login/"));
    await visit.logIn("ana");
    const first = await visit.context.cookies();
    await visit.open(node.url("/auth/login/"));
    await visit.logIn("staff");
    const second = (await visit.cookie("sessionid")).value;
    if (first.some((c) => c.value === second)) throw new Error("the session cookie is the one from before");
    await visit.context.addCookies(first);
    same("status with the session before", await visit.open(node.url("/customers/me/")), 401);
  },

  async "the back button shows nothing after a log-out"({ node, visit, page }) {
    await visit.open(node.url("/auth/login/"));
    await visit.logIn("ana");
    await visit.press("Log out", page.getByRole("banner"));
    await page.goBack();
    lacks("page", await page.locator("body").innerText(), people.ana.email);
  },

  async "pages of a customer whose every field is markup"({ node, visit, page }) {
    await visit.open(node.url("/auth/login/"));
    same("status", await visit.logIn("markup"), 200);
    for (const path of ["/accounts/profile/", "/customers/me/", "/auth/browse/"]) {
      await visit.open(node.url(path));
      same(`elements of ${path}`, await page.locator("script, img").count(), 0);
      lacks(`title of ${path}`, await page.title(), "ran");
      holds(`page ${path}`, await page.locator("body").innerText(), "<script>");
    }
  },
};
