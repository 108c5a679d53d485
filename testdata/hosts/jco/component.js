// The component in Node, by what jco made of it: test, kit FOLDER, figures HOST and start HOST CASE, as main.js.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { instantiate } from "./component/component.js";
import { readKit } from "./files.js";
import { got } from "./kit.js";
import { started, verifications } from "./measure.js";
import { equal, runAll, thrown } from "./run.js";
import { forged, newKey, token } from "./tokens.js";

// jco and its shim of WASI are where the component was made.
const tools = createRequire(`${process.env.COMPONENT_TOOLS}/`);
const { WASIShim } = await import(
  pathToFileURL(tools.resolve("@bytecodealliance/preview2-shim/instantiation"))
);

const log = (value) => console.log(JSON.stringify(value));
const modules = new Map();

/** A module of the component, compiled once. */
async function coreModule(name) {
  if (!modules.has(name)) {
    const file = new URL(`./component/${name}`, import.meta.url);
    modules.set(name, await WebAssembly.compile(await readFile(file)));
  }
  return modules.get(name);
}

async function instance() {
  return instantiate(coreModule, new WASIShim().getImportObject());
}

/** A fresh instance with the methods of the package's verifier. Nobody helps it. */
async function fresh(policy) {
  const { verifier } = await instance();
  const give = (name, does) => {
    try {
      return does();
    } catch (error) {
      if (typeof error.payload !== "string") throw error;
      throw Object.assign(new Error(error.payload), { name, cause: error.payload });
    }
  };
  const written = (policy) => (typeof policy === "string" ? policy : JSON.stringify(policy));
  const verifyText = (token, { now = Math.floor(Date.now() / 1000) } = {}) =>
    give("Refused", () => verifier.verify(token, BigInt(now)));
  const made = {
    configure: (policy) => give("PolicyError", () => verifier.configure(written(policy))),
    update: (bundle) => give("BundleRefused", () => verifier.update(bundle)),
    verifyText,
    verify: (token) => JSON.parse(verifyText(token)),
  };
  if (policy !== undefined) made.configure(policy);
  return made;
}

const tests = {
  async "a host checks signatures through ask and vouch"() {
    const key = await newKey("ES256");
    const good = await token(key);
    const { verifier, signatures } = await instance();
    verifier.configure(JSON.stringify({ jwks: { keys: [key.jwk] }, signatures: "host" }));
    const now = BigInt(Math.floor(Date.now() / 1000));
    equal((await thrown(() => verifier.verify(good, now))).payload, "signature_needed");
    const question = signatures.ask(good);
    equal(
      [question.algorithm, JSON.parse(question.key).x, question.input],
      ["ES256", key.jwk.x, good.lastIndexOf(".")],
    );
    signatures.ask(forged(good, { user_id: "1" })); // another request comes in between
    signatures.vouch(question.name);
    equal(JSON.parse(verifier.verify(good, now)).user_id, "7");
    equal(
      (await thrown(() => verifier.verify(forged(good, { user_id: "1" }), now))).payload,
      "signature_needed",
    );
    equal(signatures.ask(good), undefined);
    equal((await thrown(() => signatures.ask("x"))).payload, "malformed");
  },

  async "the component says what it goes by"() {
    const { verifier } = await instance();
    equal(JSON.parse(verifier.status()).keys, []);
    const key = await newKey("EdDSA", "a \u2028 kid");
    verifier.configure(JSON.stringify({ jwks: { keys: [key.jwk] } }));
    equal(JSON.parse(verifier.status()).keys[0].kid, "a \u2028 kid");
  },
};

const [command, ...rest] = process.argv.slice(2);
switch (command) {
  case "test":
    await runAll(tests);
    break;
  case "kit": {
    const kit = await readKit(rest[0]);
    for (const test of kit.cases)
      log({ name: test.name, got: await got(test, kit, await fresh()) });
    break;
  }
  case "figures":
    await verifications(rest[0], log, fresh, false);
    break;
  case "start":
    log(await started(rest[0], rest[1], fresh));
    break;
  default:
    throw new Error(`unknown command ${command}`);
}
