import { readFile } from "node:fs/promises";

/** Reads the kit in a folder. */
export async function readKit(folder) {
  const read = async (name) => JSON.parse(await readFile(`${folder}/${name}.json`, "utf8"));
  return {
    cases: await read("cases"),
    policies: await read("policies"),
    bundles: await read("bundles"),
  };
}
