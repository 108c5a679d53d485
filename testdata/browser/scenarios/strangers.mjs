// edgetoken-client in new projects of Vite, with the lines of docs/clients.md, built and opened.
import { gzipSync } from "node:zlib";
import { same } from "../check.mjs";
import { password, people } from "../node.mjs";
import { block } from "../../clients/documents.mjs";
import { Project } from "../../clients/projects.mjs";

// opened builds a project and opens its page at the node's own origin.
async function opened({ node, page }, project) {
  project.run("tsc");
  project.run("vite", "build", "--base", "/built/", "--logLevel", "warn");
  const types = { js: "text/javascript", css: "text/css", html: "text/html", svg: "image/svg+xml" };
  await page.route(node.url("/built/**"), (route) => {
    const name = new URL(route.request().url()).pathname.slice("/built/".length) || "index.html";
    return route.fulfill({ contentType: types[name.split(".").pop()] ?? "application/octet-stream", body: project.read(`dist/${name}`) });
  });
  await page.goto(node.url("/built/"));
}

// most is what the client may add to a page, in bytes of gzip.
const most = 7000;

export const strangers = {
  async "the lines for fetch in a new project of Vite, in strict TypeScript"(t) {
    const project = Project.byVite("vite", "vanilla-ts", {
      "src/main.ts": `
        const password = ${JSON.stringify(password)};
        const said: string[] = [];
        const showLogin = (...words: string[]) => said.push(...words);
        ${block("fetch", t.node.origin)}
        document.querySelector<HTMLDivElement>("#app")!.textContent = JSON.stringify([answer.status, said]);
      `,
    });
    await opened(t, project);
    same("page", await t.page.locator("#app", { hasText: "[" }).innerText(), '[200,["asked",""]]');
    const size = project.files("dist").filter((name) => name.endsWith(".js")).reduce((sum, name) => sum + gzipSync(project.read(`dist/${name}`)).length, 0);
    console.log(`     with edgetoken-client the page's script has ${size} bytes (gzip)`);
    if (size > most) throw new Error(`the page's script has ${size} bytes, at most ${most}`);
  },

  async "the lines for React"(t) {
    const project = Project.byVite("react", "vanilla-ts", {
      "tsconfig.json": { compilerOptions: { strict: true, target: "es2023", module: "esnext", moduleResolution: "bundler", lib: ["es2023", "dom"], jsx: "react-jsx", allowJs: true, noEmit: true }, include: ["src"] },
      "vite.config.js": 'import react from "@vitejs/plugin-react";\nexport default { plugins: [react()] };\n',
      "src/customer.jsx": block("React", t.node.origin),
      "src/main.ts": 'import "./page.jsx";\n',
      "src/page.jsx": `
        import { StrictMode } from "react";
        import { createRoot } from "react-dom/client";
        import { client, useCustomer } from "./customer.jsx";
        function Page() {
          const [customer, logIn] = useCustomer();
          if (!customer) return <button onClick={() => logIn(${JSON.stringify(people.ana.email)}, ${JSON.stringify(password)})}>Log in</button>;
          return <><p>{customer.email}</p><button onClick={() => client.logout()}>Log out</button></>;
        }
        createRoot(document.getElementById("app")).render(<StrictMode><Page /></StrictMode>);
      `,
    });
    await opened(t, project);
    await t.page.getByRole("button", { name: "Log in" }).click();
    same("customer", await t.page.locator("p").innerText(), people.ana.email);
    await t.page.getByRole("button", { name: "Log out" }).click();
    await t.page.getByRole("button", { name: "Log in" }).click();
    same("customer", await t.page.locator("p").innerText(), people.ana.email);
  },
};
