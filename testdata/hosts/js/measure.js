import process from "node:process";
import { LEAST_MS, ROUNDS, algorithms, line, start, subjects } from "./figures.js";

/** Calls log with a line of figures for each measurement in this process. more is for subjects. */
export async function verifications(host, log, ...more) {
  for (const alg of algorithms) {
    for (const [name, verify] of Object.entries(await subjects(alg, ...more))) {
      await verify(2000); // warms up
      for (let round = 0; round < ROUNDS; round++) log(await measured(host, alg, name, verify));
    }
  }
}

/** Verifies for long enough, and gives the line of figures. */
async function measured(host, alg, name, verify) {
  const begun = process.cpuUsage();
  const until = performance.now() + LEAST_MS;
  let count = 0;
  for (; performance.now() < until; count += 1000) await verify(1000);
  const { user, system } = process.cpuUsage(begun);
  return line(host, alg, name, user + system, count);
}

/** Gives the line of figures for a start of this process. more is for start. */
export async function started(host, name, ...more) {
  const { ms, more: again } = await start(name, ...more);
  await again();
  const memory_mb = Math.round(process.memoryUsage().rss / 2 ** 20);
  return { host, what: "start", case: name, cold_start_ms: ms, memory_mb };
}
