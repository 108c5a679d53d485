// Has the Worker of worker.js, built in the folder built, do what main.js does in other runtimes.
import process from "node:process";
import { LEAST_MS, ROUNDS, algorithms, line } from "./figures.js";
import { readKit } from "./files.js";
import { startWorker } from "./workerd.js";

const log = (value) => console.log(JSON.stringify(value));
const [command, ...rest] = process.argv.slice(2);

const begun = performance.now();
const worker = await startWorker("built");
try {
  await { test, kit, figures, start }[command](...rest);
} finally {
  await worker.stop();
}

async function ask(path, body) {
  const answer = await fetch(worker.url + path, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function test() {
  const names = await ask("/tests");
  let passed = 0;
  for (const name of names) {
    const said = await ask(`/test?name=${encodeURIComponent(name)}`);
    if (said.every((text) => text.startsWith("ok "))) passed++;
    console.log(said.join("\n"));
  }
  console.log(`${passed} passed, ${names.length - passed} failed, 0 skipped`);
}

async function kit(folder) {
  const { cases, policies, bundles } = await readKit(folder);
  const named = (from, names) =>
    Object.fromEntries(names.filter((name) => name).map((name) => [name, from[name]]));
  for (const test of cases) {
    const kit = {
      policies: named(
        policies,
        test.steps.map((step) => step.configure),
      ),
      bundles: named(
        bundles,
        test.steps.map((step) => step.update),
      ),
    };
    const got = await ask("/kit", { test, kit });
    log({ name: test.name, got });
  }
}

async function figures(host) {
  for (const alg of algorithms) {
    for (const name of await ask(`/subjects?alg=${alg}`)) {
      const verify = (count) => ask(`/verify?name=${name}&count=${count}`);
      await verify(2000); // warms up
      const begun = performance.now();
      await verify(2000);
      const count = Math.max(2000, Math.ceil((2000 * LEAST_MS) / (performance.now() - begun)));
      for (let round = 0; round < ROUNDS; round++) {
        const before = await worker.cpu();
        await verify(count);
        log(line(host, alg, name, (await worker.cpu()) - before, count));
      }
    }
  }
}

/** One start, from that of workerd on, in which the module is compiled. The Worker has jose in it too. */
async function start(host, name) {
  await ask(`/start?name=${name}`);
  const cold_start_ms = Math.round(performance.now() - begun);
  await ask("/more");
  log({ host, what: "start", case: name, cold_start_ms, memory_mb: await worker.memory() });
}
