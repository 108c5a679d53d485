// Makes JavaScript of the component: transpile.js COMPONENT FOLDER
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { transpile } from "@bytecodealliance/jco";

const [component, folder] = process.argv.slice(2);
const { files } = await transpile(await readFile(component), {
  name: "component",
  instantiation: "async",
});
for (const [name, bytes] of Object.entries(files)) {
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, bytes);
}
