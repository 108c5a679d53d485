// Runs tests the same way in every runtime, since not all have one of their own.

/** Runs each test and gives the names of those that failed, with the error. */
export async function run(tests, log = console.log) {
  const failed = [];
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test();
      log(`ok   ${name}`);
    } catch (error) {
      failed.push(name);
      log(`FAIL ${name}: ${error?.stack ?? error}`);
    }
  }
  return failed;
}

/** Runs each test, and ends with the line that counts them. */
export async function runAll(tests) {
  const failed = (await run(tests)).length;
  console.log(`${Object.keys(tests).length - failed} passed, ${failed} failed, 0 skipped`);
}

/** Compares as JSON. */
export function equal(got, want, about = "") {
  const [a, b] = [JSON.stringify(got), JSON.stringify(want)];
  if (a !== b) throw new Error(`${about} got ${a}, want ${b}`);
}

/** Gives what a promise or function throws. */
export async function thrown(does) {
  try {
    await (typeof does === "function" ? does() : does);
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

/** Gives the cause of a refusal. */
export async function refusal(does) {
  const error = await thrown(does);
  if (error.name !== "Refused" && error.name !== "BundleRefused") throw error;
  return error.cause;
}
