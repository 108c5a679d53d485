// A node of bin/edgetoken with a configuration of its own, in a folder that goes with it.
import { execFileSync, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const command = fileURLToPath(new URL("../../bin/edgetoken", import.meta.url));
const cache = process.env.EDGETOKEN_BROWSER_CACHE;

const startSeconds = 60; // the first start compiles the module
const stopSeconds = 60;

const signingKey = "a-signing-key-of-the-browser-tests-alone-0123456789";
export const password = "correct horse battery staple";

const markup = `"'><script>document.title="ran"</script><img src=x onerror='document.title="ran"'>`;

// The customers of every node. All have the same password.
export const people = {
  ana: { email: "ana@example.com", first_name: "Ana", last_name: "Ruiz" },
  staff: { email: "staff@example.com", first_name: "Sam", is_staff: true },
  root: { email: "root@example.com", is_staff: true, is_superuser: true },
  changer: { email: "changer@example.com" },
  markup: { email: `m@"><script>document.title="ran"</script>.example`, first_name: markup, last_name: markup },
  long: { email: "a-very-long-name-".repeat(10) + "@example.com", first_name: "Maximiliane".repeat(10), last_name: "Ó".repeat(100) },
};

// certificate makes a certificate for the names of the tests, and gives the paths of it and its key.
export function certificate(folder) {
  const goroot = execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim();
  execFileSync("go", ["run", path.join(goroot, "src/crypto/tls/generate_cert.go"), "--ecdsa-curve", "P256",
    "--host", "*.example,shop.example,*.shop.example,localhost"], { cwd: folder, stdio: "pipe" });
  return { cert: path.join(folder, "cert.pem"), key: path.join(folder, "key.pem") };
}

// start starts a node. tls are the paths of a certificate, undefined for none; config holds more keys of edgetoken.yaml. host is the name
// that browsers know the node by.
export async function start({ host, tls, config = {} }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "edgetoken-browser-node-"));
  const file = path.join(folder, "edgetoken.yaml");
  fs.mkdirSync(path.join(cache, "compiled"), { recursive: true, mode: 0o700 });
  fs.writeFileSync(file, JSON.stringify({ // JSON is YAML
    listen: "127.0.0.1:0", data: path.join(folder, "data"), cache_dir: path.join(cache, "compiled"),
    engine: process.env.EDGETOKEN_ENGINE || "wasm", allowed_hosts: [host], samples: true, ...(tls && { tls }),
    password: { memory: 8, iterations: 1, parallelism: 1 }, // the least that argon2 has (RFC 9106 §3.1)
    ...config, simple_jwt: { SIGNING_KEY: signingKey, ...config.simple_jwt },
  }), { mode: 0o600 });
  fs.mkdirSync(path.join(folder, "data"), { mode: 0o700 });

  // The configuration says everything: nothing of the environment may change it.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("EDGETOKEN_")));
  const run = (args, input) => execFileSync(command, [...args, "--config", file], { env, input, encoding: "utf8", stdio: "pipe" });
  run(["customers", "add", "--json", "-"], JSON.stringify(Object.values(people).map((p) => ({ password, ...p }))));

  const log = path.join(folder, "log");
  const out = fs.openSync(log, "w");
  const child = spawn(command, ["serve", "--config", file], { env, stdio: ["ignore", out, out] });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  const node = {
    host, run,
    url: (p) => node.origin + p,
    log: () => fs.readFileSync(log, "utf8"),
    async stop() {
      child.kill("SIGTERM");
      let late = false;
      const kill = setTimeout(() => { late = true; child.kill("SIGKILL"); }, stopSeconds * 1000);
      await ended;
      clearTimeout(kill);
      const said = node.log().slice(-2000);
      fs.closeSync(out);
      fs.rmSync(folder, { recursive: true });
      if (late) throw new Error(`the node does not end within ${stopSeconds} s: ${said}`);
    },
  };
  const deadline = Date.now() + startSeconds * 1000;
  const listens = () => {
    const [, scheme, port] = /listening on (https?):\/\/[^,]*:(\d+),/.exec(node.log()) ?? [];
    if (port) Object.assign(node, { port: Number(port), origin: `${scheme}://${host}:${port}` });
    return node.port !== undefined;
  };
  while (!listens() || (await status(tls ? https : http, node.port, host)) !== 200) {
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
      const said = node.log().slice(-2000);
      await node.stop();
      throw new Error(`the node does not start: ${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return node;
}

// application serves pages on every name, over TLS, to be another origin: files by their paths, with more headers, and on every other path an
// empty page. It gives its port, the requests that it had for paths below /noted/, and what stops it.
export async function application(tls, files = {}, more = {}) {
  const noted = [];
  const server = https.createServer({ cert: fs.readFileSync(tls.cert), key: fs.readFileSync(tls.key) }, (request, answer) => {
    const { pathname } = new URL(request.url, "https://application");
    if (pathname.startsWith("/noted/")) {
      noted.push({ path: pathname, headers: request.headers });
      answer.setHeader("Access-Control-Allow-Origin", "*");
    }
    if (pathname in files) answer.setHeaders(new Map(Object.entries(more)));
    answer.setHeader("Content-Type", pathname.endsWith(".js") ? "text/javascript" : "text/html");
    answer.end(files[pathname] ?? "<!doctype html><html lang=en><title>Shop</title><link rel=icon href=data:,><h1>Shop</h1>");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: server.address().port, noted, stop: () => server.close() };
}

// status is that of GET /readyz; undefined while nothing answers.
function status(client, port, host) {
  return new Promise((resolve) => {
    const request = client.get({
      host: "127.0.0.1", port, path: "/readyz", headers: { Host: host }, rejectUnauthorized: false, timeout: 5000,
    }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(undefined));
  });
}

// post sends a node JSON, from no browser, and gives status and body of the answer. more are more headers.
export function post(node, path, body, more = {}) {
  return new Promise((resolve, reject) => {
    const { protocol, port } = new URL(node.origin);
    const request = (protocol === "https:" ? https : http).request({
      host: "127.0.0.1", port, path, method: "POST", rejectUnauthorized: false, timeout: 10_000,
      headers: { Host: `${node.host}:${port}`, "Content-Type": "application/json", ...more },
    }, async (answer) => {
      try {
        const text = (await answer.toArray()).join("");
        resolve({ status: answer.statusCode, body: JSON.parse(text) });
      } catch (error) {
        reject(error);
      }
    });
    request.on("timeout", () => request.destroy(new Error("no answer within 10 s")));
    request.on("error", reject);
    request.end(JSON.stringify(body));
  });
}

// token is a token that the node's key signs, with these claims (RFC 7519, HS256).
export function token(claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", signingKey).update(signed).digest("base64url")}`;
}
