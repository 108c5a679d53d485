// A node that publishes its bundle, and two that look at it each second: the Worker of wasm/js/examples, built in the
// folder shop, and a verifier in Node. How soon do they know of a revocation, and do they stop in time when the node is
// gone? The last line is "N passed, N failed, 0 skipped".
//
//   live.js BIN    the command edgetoken
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { Verifier } from "edgetoken-verify";
import { equal, runAll } from "./run.js";
import { said, startWorker, stop } from "./workerd.js";

const ROUNDS = 5;
const MOST_MS = 5_000; // until a revocation is known, on a busy machine

const [bin] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), "edgetoken-live-"));
const data = ["--data", join(folder, "data"), "--config", join(folder, "edgetoken.yaml")];
const person = { email: "ana@example.com", password: "correct horse 1" };
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const sizes = []; // of what the verifier fetched
let node, worker, verifier, follower, url;

const tests = {
  async "a revocation reaches the Worker and Node"() {
    const after = { worker: [], node: [] };
    for (let round = 0; round < ROUNDS; round++) {
      const { access, refresh } = await post("/auth/token/", person);
      equal((await ask(access)).status, 200);
      equal((await verifier.verify(access)).user_id, "1");
      await post("/auth/token/blacklist/", { refresh });
      const revoked = Date.now();
      await Promise.all([
        until(async () => (await ask(access)).status === 401).then((now) =>
          after.worker.push(now - revoked),
        ),
        until(() => refused(access)).then((now) => after.node.push(now - revoked)),
      ]);
    }
    for (const [name, list] of Object.entries(after)) {
      console.log(`${name}: a revocation is known after ${list.join(", ")} ms`);
      if (Math.max(...list) > MOST_MS) throw new Error(`that is more than ${MOST_MS} ms`);
    }
  },

  async "what changed comes as deltas"() {
    const taken = sizes.slice(1); // after the whole bundle
    console.log(`the bundle has ${sizes[0]} bytes, what changed ${taken.join(", ")}`);
    if (taken.length < ROUNDS || Math.max(...taken) >= sizes[0]) throw new Error("no deltas came");
  },

  async "the Worker refuses as the node does"() {
    const { access, refresh } = await post("/auth/token/", person);
    const revoked = await post("/auth/token/", person);
    await post("/auth/token/blacklist/", { refresh: revoked.refresh });
    await until(async () => (await ask(revoked.access)).status === 401);
    const [head, claims, signature] = access.split(".");
    for (const header of [
      undefined,
      "Basic YTpi",
      "Bearer",
      `Bearer ${access} more`,
      "Bearer x",
      `Bearer ${head}.${claims}.${signature.slice(0, -8)}AAAAAAAA`,
      `Bearer ${refresh}`,
      `Bearer ${revoked.access}`,
    ]) {
      const headers = header === undefined ? {} : { Authorization: header };
      const [theirs, ours] = await Promise.all(
        [`${url}/customers/me/`, worker.url].map(async (url) =>
          shown(await fetch(url, { headers })),
        ),
      );
      equal(ours, theirs, header);
    }
  },

  async "cut off from the node, they stop at the second when the bundle ends"() {
    const { access } = await post("/auth/token/", person);
    await until(async () => (await ask(access)).status === 200);
    await follower.refresh();
    await stop(node);
    const verdicts = [];
    const end = verifier.status().not_after * 1000;
    console.log(`the bundle ends in ${Math.round((end - Date.now()) / 1000)} s`);
    while (Date.now() < end + 2_000) {
      const sent = Date.now();
      const { status } = await ask(access);
      verdicts.push({ status, sent, got: Date.now() });
      await sleep(end - Date.now() > 3_000 ? 1_000 : 20);
    }
    const last = verdicts.findLast(({ status }) => status === 200);
    const first = verdicts.find(({ status }) => status !== 200);
    console.log(
      `last accepted ${end - last.sent} ms before, first refused ${first.got - end} ms after`,
    );
    equal(first.status, 503);
    if (last.sent >= end || first.got < end) throw new Error("not at the end of the bundle");
    equal(await verifier.verify(access).catch((error) => error.cause), "bundle_expired");
  },
};

try {
  await start();
  await runAll(tests);
} finally {
  follower?.stop();
  await worker?.stop();
  await stop(node);
  await rm(folder, { recursive: true });
}

async function start() {
  await writeFile(
    join(folder, "edgetoken.yaml"),
    "simple_jwt: {ALGORITHM: ES256}\nbundle: {publish: true, lifetime: 1m}\n",
  );
  // The command refuses variables that it does not know, such as those of these tests.
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("EDGETOKEN_"));
  const options = { env: Object.fromEntries(own) };
  const edgetoken = (...words) => promisify(execFile)(bin, [...words, ...data], options);
  const adding = edgetoken("customers", "add", person.email, "--password-stdin");
  adding.child.stdin.end(person.password);
  await adding;
  const stdio = ["ignore", "ignore", "pipe"];
  node = spawn(bin, ["serve", "--listen", "127.0.0.1:0", ...data], { ...options, stdio });
  url = await said(node, node.stderr, /listening on (http:[^,]*),/);
  const { stdout: root } = await edgetoken("bundle", "root");
  const bundle = `${url}/.well-known/edgetoken-bundle`;
  worker = await startWorker("shop", { ROOT: root, BUNDLE_URL: bundle });
  verifier = await Verifier.create({ policy: { root: JSON.parse(root) } });
  follower = verifier.follow(bundle, { interval: 1_000, fetch: counted });
  await until(() => verifier.status().epoch > 0);
}

async function post(path, value) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(value) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function counted(...request) {
  const answer = await fetch(...request);
  if (answer.ok) sizes.push((await answer.clone().text()).length);
  return answer;
}

/** What a client sees of an answer. */
async function shown(answer) {
  const names = ["Content-Type", "WWW-Authenticate", "X-Auth-Error"];
  return [answer.status, ...names.map((name) => answer.headers.get(name)), await answer.text()];
}

/** Asks the Worker for what needs a token. */
function ask(token) {
  return fetch(worker.url, { headers: { Authorization: `Bearer ${token}` } });
}

async function refused(token) {
  return verifier.verify(token).then(
    () => false,
    (error) => error.cause === "blacklisted",
  );
}

/** Waits until something is so, and gives the time. */
async function until(isSo) {
  const most = Date.now() + 60_000;
  while (!(await isSo())) {
    if (Date.now() > most) throw new Error("it never came to be");
    await sleep(20);
  }
  return Date.now();
}
