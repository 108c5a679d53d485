// Every page held to the rules of HTML and of accessibility, and drawn.
import path from "node:path";
import { none, same } from "../check.mjs";
import { require } from "../visit.mjs";

const axe = require("axe-core").source;
const { HtmlValidate } = require("html-validate");
const validator = new HtmlValidate({
  root: true, extends: ["html-validate:standard", "html-validate:document", "html-validate:a11y"],
  rules: {
    "no-implicit-button-type": "off", // a button without a type submits its form (HTML §4.10.6), which is what ours are for
    "aria-label-misuse": ["error", { allowAnyNamable: true }], // a list may have a name (ARIA 1.2 §5.2.8.6 forbids it for others)
  },
});

const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const sizes = [[375, 800], [1280, 900]];
const narrowest = 320; // WCAG 2.2 §1.4.10

async function faultsOfHTML(html) {
  const report = await validator.validateString(html);
  return report.results.flatMap((r) => r.messages).map((m) => `HTML line ${m.line}: ${m.message} (${m.ruleId})`);
}

// faultsForPeople are axe's violations, and a page that is wider than its window.
async function faultsForPeople(page) {
  const { violations } = await page.evaluate(async ([source, tags]) => {
    if (!window.axe) (0, eval)(source);
    return window.axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  }, [axe, tags]);
  return violations.map((v) => `axe ${v.id}: ${v.help}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(" | ")}`);
}

const tooWide = (page) => page.evaluate(() => document.scrollingElement.scrollWidth - window.innerWidth);

async function look(t, name, [status, reach]) {
  const { page, screenshots } = t;
  await reach(t);
  same("status", t.visit.answer.status(), status);
  const faults = await faultsOfHTML(await t.visit.answer.text());
  await page.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
  for (const colorScheme of ["light", "dark"]) {
    for (const [width, height] of sizes) {
      const where = `${width}-${colorScheme}`;
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      faults.push(...(await faultsForPeople(page)).map((f) => `${where}: ${f}`));
      if (await tooWide(page) > 0) faults.push(`${where}: wider than the window`);
      await page.screenshot({ path: path.join(screenshots, `${name}-${where}.png`), fullPage: true });
    }
  }
  await page.setViewportSize({ width: narrowest, height: 800 });
  if (await tooWide(page) > 0) faults.push(`wider than ${narrowest} pixels`);
  none("faults", faults);
}

// looks are one scenario for each page.
export const looks = (pages) => Object.fromEntries(Object.entries(pages).map(([name, page]) => [name, (t) => look(t, name, page)]));
