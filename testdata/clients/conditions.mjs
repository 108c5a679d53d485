// What scenarios do with clocks, folders, errors and time.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { same } from "../browser/check.mjs";

// thrown is what a promise is rejected with, undefined if it is not.
export const thrown = async (promise) => promise.then(() => undefined, (error) => error);

// passing has the clocks of this machine show something else while a test runs: wall and run are milliseconds more.
export async function passing(test) {
  const clocks = { wall: 0, run: 0 };
  const [wall, run] = [Date.now, performance.now];
  Date.now = () => wall() + clocks.wall;
  performance.now = () => run.call(performance) + clocks.run;
  try {
    await test(clocks);
  } finally {
    Date.now = wall;
    delete performance.now;
  }
}

// due has the next use of the access token refresh it.
export async function due(p) {
  p.later(57);
  same("status", await p.me(), 200);
}

// within a minute, or never.
export async function inTime(promise) {
  const stop = new AbortController();
  const late = sleep(60_000, undefined, { signal: stop.signal }).then(() => { throw new Error("never"); });
  late.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop.abort();
  }
}

// inFolder runs a test with a folder that goes with it.
export async function inFolder(test) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "edgetoken-client-"));
  try {
    await test(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}
