// Runs the cases of testdata/kit by the package.
import { PolicyError, Verifier } from "edgetoken-verify";
// What is no part of its surface: the guest without WebCrypto, for cases that want it so.
import { Guest } from "./node_modules/edgetoken-verify/lib/guest.js";

/** Gives what each step of a case says. */
export async function got(test, policies, bundles, module) {
  const alone = test.steps.some((step) => step.alone);
  const verifier = alone ? new Alone(module) : await Verifier.create({ wasm: module });
  const texts = [];
  for (const step of test.steps) texts.push(await said(() => does(verifier, step, policies, bundles)));
  return texts;
}

async function does(verifier, step, policies, bundles) {
  if ("configure" in step) verifier.configure(policies[step.configure]);
  else if ("update" in step) verifier.update(bundles[step.update]);
  else return `ok ${await verifier.verifyText(step.verify, { now: step.now })}`;
  return "ok";
}

async function said(does) {
  try {
    return await does();
  } catch (error) {
    if (error instanceof PolicyError) return `error: ${error.message}`;
    return error.name.endsWith("Refused") ? error.cause : `broken: ${error}`;
  }
}

/** A verifier that does not help its guest. */
class Alone {
  constructor(module) {
    this.guest = new Guest(module);
  }
  configure(policy) {
    this.guest.configure(typeof policy === "string" ? policy : JSON.stringify(policy));
  }
  update(bundle) {
    this.guest.update(bundle);
  }
  verifyText(token, { now }) {
    return this.guest.verify(token, now);
  }
}
