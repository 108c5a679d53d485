// Runs the cases of testdata/kit.
/** Gives what a fresh verifier says to each step of a case. */
export async function got({ steps }, { policies, bundles }, verifier) {
  const texts = [];
  for (const step of steps) texts.push(await said(() => does(verifier, step, policies, bundles)));
  return texts;
}

/** Reports whether the verifier of a case must not help the guest. */
export function isAlone({ steps }) {
  return steps.some((step) => step.alone);
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
    if (error.name === "PolicyError") return `error: ${error.message}`;
    return error.name.endsWith("Refused") ? error.cause : `broken: ${error}`;
  }
}
