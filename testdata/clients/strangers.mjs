// The package in new projects, with the lines of docs/clients.md.
import fs from "node:fs";
import path from "node:path";
import { holds, same } from "../browser/check.mjs";
import { password, people } from "../browser/node.mjs";
import { block } from "./documents.mjs";
import { Project } from "./projects.mjs";

const module = { "package.json": { private: true, type: "module" } };
const strict = {
  strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noUnusedLocals: true,
  target: "es2022", lib: ["es2023"], types: ["node"], // no browser
};

// around is what a program has around the lines.
const around = (lines, after, typed = false) => `
const password = ${JSON.stringify(password)};
const showLogin = (...said${typed ? ": string[]" : ""}) => console.log(...said);
${lines}
${after}
`;
const fetched = (node, typed) => around(block("fetch", node.origin), "showLogin(String(answer.status));", typed);
const byAxios = (node, typed) => around(block("axios", node.origin), "showLogin(data.email);", typed);
const inFile = (node) => `
import { Client } from "edgetoken-client";
${block("fetch", node.origin, 1)}
await client.login(${JSON.stringify(people.ana.email)}, ${JSON.stringify(password)});
`;

export const strangers = {
  async "the lines for fetch, axios and a file, in JavaScript"({ node }) {
    const p = new Project("node-js", { ...module, "fetch.js": fetched(node), "axios.js": byAxios(node), "file.js": inFile(node) });
    same("fetch", p.run("node", "fetch.js"), "asked \n200\n");
    same("axios", p.run("node", "axios.js"), `${people.ana.email}\n`);
    p.run("node", "file.js");
    same("mode of the file", fs.statSync(path.join(p.folder, ".shop/session")).mode & 0o777, 0o600);
  },

  async "the lines in strict TypeScript, moduleResolution nodenext"({ node }) {
    const tsconfig = { compilerOptions: { ...strict, module: "nodenext", outDir: "out" } };
    const p = new Project("node-ts", { ...module, "tsconfig.json": tsconfig, "fetch.ts": fetched(node, true), "axios.ts": byAxios(node, true), "file.ts": inFile(node) });
    p.run("tsc");
    same("fetch", p.run("node", "out/fetch.js"), "asked \n200\n");
    same("axios", p.run("node", "out/axios.js"), `${people.ana.email}\n`);
  },

  async "the lines in strict TypeScript, moduleResolution bundler"({ node }) {
    const tsconfig = { compilerOptions: { ...strict, module: "esnext", moduleResolution: "bundler", noEmit: true } };
    new Project("bundler-ts", { ...module, "tsconfig.json": tsconfig, "fetch.ts": fetched(node, true), "axios.ts": byAxios(node, true), "file.ts": inFile(node) }).run("tsc");
  },

  async "CommonJS, in JavaScript and TypeScript"({ node }) {
    const program = (client) => `${client}
      const client = new Client({ server: ${JSON.stringify(node.origin)} });
      client.login(${JSON.stringify(people.ana.email)}, ${JSON.stringify(password)}).then(() => client.fetch("/customers/me/")).then((answer) => console.log(answer.status));
    `;
    const tsconfig = { compilerOptions: { ...strict, module: "nodenext", outDir: "out" } };
    const p = new Project("commonjs", {
      "package.json": { private: true }, "tsconfig.json": tsconfig,
      "main.cjs": program('const { Client } = require("edgetoken-client");'), "main.ts": program('import { Client } from "edgetoken-client";'),
    });
    same("JavaScript", p.run("node", "main.cjs"), "200\n");
    p.run("tsc");
    holds("what was compiled", p.read("out/main.js"), "require(");
    same("TypeScript", p.run("node", "out/main.js"), "200\n");
  },

  async "the lines for curl"({ node }) {
    const lines = block("curl", node.origin).replace('"password":"…"', `"password":"${password}"`);
    const check = `curl -sS ${node.origin}/auth/token/refresh/ -H 'Content-Type: application/json' -d "{\\"refresh\\":\\"$refresh\\"}"`;
    const said = new Project("curl", { "lines.sh": `${lines}\necho\n${check}\n` }).run("bash", "-euo", "pipefail", "lines.sh");
    holds("the customer", said, `"email":"${people.ana.email}"`);
    holds("a refresh after the log-out", said, "Token is blacklisted");
  },
};
