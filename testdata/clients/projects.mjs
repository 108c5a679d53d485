// Projects as strangers begin them, beside the packages that `setup` has installed.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const cache = process.env.EDGETOKEN_CLIENTS_CACHE;
const work = path.join(cache, "work");
const env = { ...process.env, PATH: `${path.join(cache, "node_modules/.bin")}:${process.env.PATH}` };

// Project is a folder.
export class Project {
  // constructor makes one with files, by their paths.
  constructor(name, files) {
    this.folder = path.join(work, name);
    fs.rmSync(this.folder, { recursive: true, force: true });
    this.write(files);
  }

  // byVite makes one from a template of create-vite, and writes files over it.
  static byVite(name, template, files) {
    const made = new Project(name, {});
    made.run("create-vite", ".", "--overwrite", "--no-interactive", "--no-immediate", "--template", template);
    made.write(files);
    return made;
  }

  write(files) {
    fs.mkdirSync(this.folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      const at = path.join(this.folder, name);
      fs.mkdirSync(path.dirname(at), { recursive: true });
      fs.writeFileSync(at, typeof text === "string" ? text : JSON.stringify(text));
    }
  }

  read(name) {
    return fs.readFileSync(path.join(this.folder, name), "utf8");
  }

  files(folder) {
    return fs.readdirSync(path.join(this.folder, folder), { recursive: true, withFileTypes: true }).filter((f) => f.isFile())
      .map((f) => path.relative(path.join(this.folder, folder), path.join(f.parentPath ?? f.path, f.name)));
  }

  // run runs a program of a package, or another, and gives what it prints.
  run(command, ...args) {
    try {
      return execFileSync(command, args, { cwd: this.folder, env: { ...env, HOME: this.folder }, encoding: "utf8", stdio: "pipe", timeout: 120_000 });
    } catch (error) {
      throw new Error(`${command} ${args.join(" ")}: ${error.code ?? `status ${error.status}`}\n${error.stdout}${error.stderr}`);
    }
  }
}
