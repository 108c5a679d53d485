import { PolicyError, Verifier } from "edgetoken-verify";
import { equal, refusal, thrown } from "./run.js";
import { algorithms, forged, newKey, token } from "./tokens.js";

/** Has the instances made in the meantime break in a call of that name, as often as broken says. */
async function breaking(name, broken, test) {
  const { Instance } = WebAssembly;
  let made = 0;
  WebAssembly.Instance = function (module, imports) {
    made++;
    const { exports } = new Instance(module, imports);
    const wrapped = { ...exports };
    wrapped[name] = (...numbers) => {
      if (broken()) throw new WebAssembly.RuntimeError("unreachable");
      return exports[name](...numbers);
    };
    return { exports: wrapped };
  };
  try {
    await test(() => made);
  } finally {
    WebAssembly.Instance = Instance;
  }
}

const VERIFY = "edgetoken:verify/verifier@0.1.0#verify";

export const tests = {
  async "good and forged tokens of every algorithm"() {
    for (const signatures of ["host", "guest"]) {
      for (const alg of algorithms) {
        const key = await newKey(alg);
        const verifier = await Verifier.create({
          policy: { jwks: { keys: [key.jwk] }, signatures },
        });
        const good = await token(key, { user_id: alg });
        for (const time of ["first", "remembered"]) {
          equal((await verifier.verify(good)).user_id, alg, `${alg}, ${signatures}, ${time}:`);
        }
        equal(await refusal(verifier.verify(forged(good, { user_id: "1" }))), "bad_signature", alg);
        equal(await refusal(verifier.verify(good.slice(0, -8) + "AAAAAAAA")), "bad_signature", alg);
      }
    }
  },

  async "times, types and what is no token"() {
    const key = await newKey("ES256");
    const verifier = await Verifier.create({ policy: { jwks: { keys: [key.jwk] } } });
    const good = await token(key);
    const { exp } = await verifier.verify(good);
    equal((await verifier.verify(good, { now: exp - 1 })).exp, exp);
    equal(await refusal(verifier.verify(good, { now: exp })), "expired");
    equal(await refusal(verifier.verify(good, { now: 0 })), "bad_clock");
    equal(
      await refusal(verifier.verify(await token(key, { token_type: "refresh" }))),
      "wrong_type",
    );
    for (const text of ["", "x", "é.é.é", "\ud800"])
      equal(await refusal(verifier.verify(text)), "malformed", text);
    equal(await refusal(verifier.verify("x".repeat(1 << 20))), "too_long");
    for (const now of [NaN, 1.5, new Date()]) {
      equal((await thrown(() => verifier.verify(good, { now }))).name, "RangeError");
    }
    equal((await verifier.verify(good)).user_id, "7");
  },

  async "claims as they stand in the token"() {
    const key = await newKey("HS256");
    const verifier = await Verifier.create({ policy: { jwks: { keys: [key.jwk] } } });
    const good = await token(key, { "\ufeffü": "\u2028" });
    const claims = new TextDecoder().decode(
      Uint8Array.from(atob(good.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")), (c) =>
        c.charCodeAt(0),
      ),
    );
    equal(await verifier.verifyText(good), claims);
  },

  async "a mistake in the policy names its place and changes nothing"() {
    const key = await newKey("HS256");
    const verifier = await Verifier.create();
    const good = await token(key);
    equal(await refusal(verifier.verify(good)), "not_configured");
    verifier.configure({ jwks: { keys: [key.jwk] } });
    for (const policy of [{ jwks: { keys: [key.jwk] }, leway: 5 }, "{"]) {
      const error = await thrown(() => verifier.configure(policy));
      if (!(error instanceof PolicyError)) throw error;
      if (policy !== "{" && !error.message.includes("leway")) throw error;
    }
    equal((await verifier.verify(good)).user_id, "7");
  },

  // Each request's await lets all others in between: nobody gets the verdict of another.
  async "100,000 good and forged tokens at the same time"() {
    const keys = [];
    for (const alg of ["HS256", "ES256", "EdDSA"]) keys.push(await newKey(alg));
    const policy = { jwks: { keys: keys.map((key) => key.jwk) } };
    const verifier = await Verifier.create({ policy });
    const tokens = [];
    for (let i = 0; i < 1500; i++) {
      const good = await token(keys[i % 3], { user_id: `user ${i}` });
      tokens.push({ text: good, want: `user ${i}` });
      tokens.push({ text: forged(good, { user_id: `user ${i + 1}` }), want: "bad_signature" });
    }
    let wrong = 0;
    const verify = async ({ text, want }) => {
      const got = await verifier.verify(text).then(
        (claims) => claims.user_id,
        (error) => error.cause,
      );
      if (got !== want) wrong++;
    };
    for (let done = 0; done < 100_000; done += 100) {
      const batch = [];
      for (let i = 0; i < 100; i++)
        batch.push(verify(tokens[Math.floor(Math.random() * tokens.length)]));
      if (done % 10_000 === 0) verifier.configure(policy); // forgets what it knew, with all of these under way
      await Promise.all(batch);
    }
    equal(wrong, 0, "wrong verdicts:");
  },

  async "a broken instance is replaced by one that knows the same"() {
    const key = await newKey("ES256");
    const good = await token(key);
    const bad = forged(good, { user_id: "1" });
    await breaking(
      VERIFY,
      () => Math.random() < 0.002,
      async () => {
        const verifier = await Verifier.create({ policy: { jwks: { keys: [key.jwk] } } });
        let failed = 0;
        for (let i = 0; i < 5000; i++) {
          const text = i % 2 === 0 ? good : bad;
          const got = await verifier.verify(text).then(
            (claims) => claims.user_id,
            (error) => error.cause,
          );
          if (got === "failed") failed++;
          else equal(got, text === good ? "7" : "bad_signature");
        }
        if (failed === 0) throw new Error("nothing broke");
      },
    );
  },

  async "a module that always breaks is not made again and again"() {
    const key = await newKey("HS256");
    const good = await token(key);
    await breaking(
      VERIFY,
      () => true,
      async (made) => {
        const verifier = await Verifier.create({ policy: { jwks: { keys: [key.jwk] } } });
        for (let i = 0; i < 1000; i++) equal(await refusal(verifier.verify(good)), "failed");
        if (made() > 60) throw new Error(`${made()} instances were made`);
      },
    );
  },

  async "the module checks alone where WebCrypto cannot use a key"() {
    const key = await newKey("ES256");
    const good = await token(key);
    const bad = forged(good, { user_id: "1" });
    const policy = { jwks: { keys: [key.jwk] }, signatures: "host" };
    const { importKey } = crypto.subtle;
    crypto.subtle.importKey = () =>
      Promise.reject(new DOMException("no such curve", "NotSupportedError"));
    try {
      for (const written of [policy, JSON.stringify(policy)]) {
        const verifier = await Verifier.create({ policy: written });
        await Promise.all(
          Array.from({ length: 100 }, async (_, i) => {
            if (i % 2 === 0) equal((await verifier.verify(good)).user_id, "7");
            else equal(await refusal(verifier.verify(bad)), "bad_signature");
          }),
        );
      }
    } finally {
      crypto.subtle.importKey = importKey;
    }
  },
};
