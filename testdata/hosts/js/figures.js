// Measures verifications by the package, beside jose.
import * as jose from "jose";
import { Verifier } from "edgetoken-verify";
import { newKey, token } from "./tokens.js";

export const algorithms = ["HS256", "ES256", "EdDSA", "RS256"];
export const ROUNDS = 3;
export const LEAST_MS = 600; // of one round

const TOKENS = 1000; // the module can remember so many

/**
 * What there is to measure of an algorithm, by its case: functions that each verify a number of tokens,
 * one after the other. create makes a verifier by a policy, and helped says whether it can use WebCrypto.
 */
export async function subjects(
  alg,
  create = (policy) => Verifier.create({ policy }),
  helped = alg !== "HS256",
) {
  const key = await newKey(alg);
  const tokens = await Promise.all(Array.from({ length: TOKENS }, () => token(key)));
  const jwks = { keys: [key.jwk] };
  const unseen = async (signatures) => {
    const policy = { jwks, signatures };
    const verifier = await create(policy);
    // Configured anew, the verifier remembers nothing.
    return each(
      tokens,
      (text) => verifier.verify(text),
      () => verifier.configure(policy),
    );
  };
  const verifier = await create({ jwks, signatures: helped ? "host" : "guest" });
  const imported = await jose.importJWK(key.jwk, alg);
  return {
    first: await unseen("guest"),
    ...(helped ? { helped: await unseen("host") } : {}),
    repeated: each([tokens[0]], (text) => verifier.verify(text)),
    jose: each(tokens, (text) => jose.jwtVerify(text, imported, { algorithms: [alg] })),
  };
}

function each(tokens, verify, before = () => {}) {
  return async (count) => {
    for (let i = 0; i < count; i++) {
      if (i % tokens.length === 0) before();
      await verify(tokens[i % tokens.length]);
    }
  };
}

/** A line of figures for a case that took so much CPU time. */
export function line(host, alg, name, microseconds, count) {
  const us = microseconds / count;
  return {
    host,
    what: "verify",
    alg,
    case: name,
    us_cpu: round(us),
    per_second: Math.round(1e6 / us),
  };
}

/** One start, until the first verdict. Gives how long it took, and what verifies 1,000 times more. */
export async function start(name, create = (policy) => Verifier.create({ policy })) {
  const key = await newKey("ES256"); // which is not what is measured, nor is the runtime's own start
  const text = await token(key);
  const begun = performance.now();
  let verify;
  if (name === "jose") {
    const imported = await jose.importJWK(key.jwk, "ES256");
    verify = () => jose.jwtVerify(text, imported, { algorithms: ["ES256"] });
  } else {
    const verifier = await create({ jwks: { keys: [key.jwk] } });
    verify = () => verifier.verify(text);
  }
  await verify();
  const ms = round(performance.now() - begun);
  const more = async () => {
    for (let i = 0; i < 1000; i++) await verify();
  };
  return { ms, more };
}

function round(value) {
  return Math.round(value * 100) / 100;
}
