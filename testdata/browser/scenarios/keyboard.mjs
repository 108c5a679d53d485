// Without a mouse: every control is reached, seen and used.
import { holds, none, same } from "../check.mjs";
import { pages } from "../pages.mjs";
import { password, people } from "../node.mjs";

// controls numbers what a keyboard must reach, in the order of the page, and gives how many there are.
const controls = (page) => page.evaluate(() => {
  const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")].filter((e) => e.checkVisibility());
  all.forEach((e, i) => e.setAttribute("data-order", i));
  return all.length;
});

// focused is the control that has the focus, and what is wrong with how it is shown.
const focused = (page) => page.evaluate(() => {
  const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e);
  const wrong = [];
  if (!e.matches(":focus-visible") || style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) wrong.push("no outline");
  if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth || box.width < 2) wrong.push("out of sight");
  return { order: e.getAttribute("data-order"), wrong, name: e.outerHTML.slice(0, 80) };
});

async function walk(t, name) {
  const { page } = t;
  await pages[name][1](t);
  await page.evaluate(async () => {
    await new Promise(requestAnimationFrame); // by then the page has put the focus where it wants it
    document.querySelectorAll("details").forEach((d) => (d.open = true));
    // Tab is to begin at the top all the same.
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
  });
  const count = await controls(page);
  if (count < 4) throw new Error(`only ${count} controls`);
  const faults = [];
  for (let i = 0; i < count; i++) {
    await page.keyboard.press("Tab");
    const f = await focused(page);
    if (f.order !== String(i)) faults.push(`after ${i + 1} Tab: ${f.name}, want control ${i}`);
    faults.push(...f.wrong.map((w) => `${w}: ${f.name}`));
  }
  none(name, faults);
}

const hasFocus = (locator) => locator.evaluate((e) => e === document.activeElement);

// tabTo presses Tab until a control has the focus.
async function tabTo(page, locator) {
  for (let i = 0; i < 50; i++) {
    if (await hasFocus(locator)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`50 Tab do not reach ${locator}`);
}

export const keyboard = {
  ...Object.fromEntries(["login", "login-empty", "start-known", "token-given", "me", "explain-accepted", "csrf", "not-found"].map((name) => [
    `Tab reaches and shows every control of page ${name}`, (t) => walk(t, name)])),

  async "log in, look and log out"({ node, visit, page }) {
    await visit.open(node.url("/auth/login/?next=/customers/me/"));
    await tabTo(page, page.getByLabel("Email address"));
    await page.keyboard.type(people.ana.email);
    await page.keyboard.press("Tab");
    await page.keyboard.type("wrong");
    same("status", await visit.follow(() => page.keyboard.press("Enter")), 200);
    // The field to type again gets the focus by itself, once the page is drawn.
    for (let i = 0; i < 100 && !(await hasFocus(page.getByLabel("Password"))); i++) await new Promise((resolve) => setTimeout(resolve, 20));
    await page.keyboard.type(password);
    same("status", await visit.follow(() => page.keyboard.press("Enter")), 200);
    same("path", visit.path(), "/customers/me/");

    await tabTo(page, page.locator("summary", { hasText: "Send any request" }));
    await page.keyboard.press("Enter");
    await tabTo(page, page.getByLabel("Body"));
    await page.keyboard.press("Control+A");
    await page.keyboard.type('{"by": "keyboard"}');
    await tabTo(page, page.getByRole("button", { name: "Send" }));
    same("status", await visit.follow(() => page.keyboard.press("Enter")), 200);
    holds("answer", await page.locator("pre").first().innerText(), '"keyboard"');

    await tabTo(page, page.getByRole("banner").getByRole("button", { name: "Log out" }));
    same("status", await visit.follow(() => page.keyboard.press("Space")), 200);
    same("heading", await visit.heading(), "Logged out");
  },

  async "skip to the content"({ node, visit, page }) {
    await visit.open(node.url("/auth/browse/"));
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    same("focus within main", await page.evaluate(() => document.activeElement.closest("main") !== null), true);
  },
};
