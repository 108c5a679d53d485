// What docs/clients.md shows, to be run.
import fs from "node:fs";

const text = fs.readFileSync(new URL("../../docs/clients.md", import.meta.url), "utf8");

// block is the code of a section, of the node at an origin; of several, that with this number.
export function block(section, origin, number = 0) {
  const [, after] = text.split(`\n## ${section}\n`);
  if (after === undefined) throw new Error(`docs/clients.md has no section ${section}`);
  const code = [...after.split("\n## ")[0].matchAll(/^```\w+\n(.*?)^```$/gms)].map(([, code]) => code)[number];
  if (code === undefined) throw new Error(`docs/clients.md has no code ${number} in ${section}`);
  return code.replaceAll("https://shop.example", origin);
}
