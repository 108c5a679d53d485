// Measures the package beside jose, in the process that it runs in.
import process from "node:process";
import * as jose from "jose";
import { Verifier } from "edgetoken-verify";
import { newKey, token } from "./tokens.js";

const ROUNDS = 3;
const MOST_MS = 600; // of one round
const TOKENS = 1000; // what the module remembers without forgetting any, and more than enough for the rest

/** Calls log with a line of figures for each measurement. */
export async function verifications(host, log) {
  for (const alg of ["HS256", "ES256", "EdDSA", "RS256"]) {
    const key = await newKey(alg);
    const tokens = await Promise.all(Array.from({ length: TOKENS }, () => token(key)));
    const measure = async (name, verify, between = () => {}) => {
      for (const text of tokens) await verify(text); // warms up
      for (let round = 0; round < ROUNDS; round++) {
        const us = await cpu(tokens, verify, between);
        log({ host, what: "verify", alg, case: name, us_cpu: round2(us), per_second: Math.round(1e6 / us) });
      }
    };
    const jwks = { keys: [key.jwk] };
    for (const [name, signatures] of [["first", "guest"], ["helped", "host"]]) {
      if (alg === "HS256" && name === "helped") continue; // it is the guest's
      const policy = { jwks, signatures };
      const verifier = await Verifier.create({ policy });
      await measure(name, (text) => verifier.verify(text), () => verifier.configure(policy));
    }
    const verifier = await Verifier.create({ policy: { jwks } });
    await measure("repeated", () => verifier.verify(tokens[0]));
    const imported = await jose.importJWK(key.jwk, alg);
    await measure("jose", (text) => jose.jwtVerify(text, imported, { algorithms: [alg] }));
  }
}

/** CPU time of one verification in µs, over all tokens as often as there is time. */
async function cpu(tokens, verify, between) {
  const begun = process.cpuUsage();
  const until = performance.now() + MOST_MS;
  let count = 0;
  do {
    between();
    for (const text of tokens) await verify(text);
    count += tokens.length;
  } while (performance.now() < until);
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / count;
}

/** One start, to be measured in a process of its own: of the package, or of jose. */
export async function start(host, name, log) {
  const key = await newKey("ES256");
  const text = await token(key);
  // The runtime's own start and the key are not what is measured.
  const begun = performance.now();
  const verify = name === "jose" ? await startJose(key) : await startPackage(key);
  await verify(text);
  const ms = performance.now() - begun;
  for (let i = 0; i < 1000; i++) await verify(text);
  const memory = process.memoryUsage().rss / 2 ** 20;
  log({ host, what: "start", case: name, cold_start_ms: round2(ms), memory_mb: Math.round(memory) });
}

async function startJose(key) {
  const imported = await jose.importJWK(key.jwk, "ES256");
  return (text) => jose.jwtVerify(text, imported, { algorithms: ["ES256"] });
}

async function startPackage(key) {
  const verifier = await Verifier.create({ policy: { jwks: { keys: [key.jwk] } } });
  return (text) => verifier.verify(text);
}

function round2(value) {
  return Math.round(value * 100) / 100;
}
