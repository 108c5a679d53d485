// The attack on a host that waits between the two halves of a check, and what judge refuses.
import { webcrypto } from "node:crypto";
import { configuration, Guest, OUT_OF_ORDER } from "./guest.mjs";

const NOW = 1790000000;
const REST = { exp: NOW + 300, jti: "x", iss: "us", aud: "shop", token_type: "access" };

const utf8 = new TextEncoder();
const base64url = (/** @type {ArrayBuffer | Uint8Array} */ bytes) =>
  Buffer.from(/** @type {any} */ (bytes)).toString("base64url");
const hmac = (/** @type {string} */ secret) =>
  webcrypto.subtle.importKey("raw", utf8.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
    "verify",
  ]);

const ours = await hmac("a secret of our own, of 32 bytes and more");
const theirs = await hmac("a secret of a stranger, of 32 bytes and more");

/** @param {webcrypto.CryptoKey} key @param {object} claims */
async function sign(key, claims) {
  const input = [{ alg: "HS256" }, claims]
    .map((part) => base64url(utf8.encode(JSON.stringify(part))))
    .join(".");
  return utf8.encode(
    `${input}.${base64url(await webcrypto.subtle.sign("HMAC", key, utf8.encode(input)))}`,
  );
}

const guest = await Guest.load();

/** What a host does with one of many requests in flight. The guest may see other tokens while it waits. @param {Uint8Array} token */
async function verify(token) {
  const { cause, nonce, input, signature } = guest.inspect(token);
  if (cause !== "ok") return cause;
  const given = Buffer.from(new TextDecoder().decode(token.subarray(signature)), "base64url");
  if (!(await webcrypto.subtle.verify("HMAC", ours, given, token.subarray(0, input))))
    return "bad_signature";
  // The signature of these bytes is good, so they are inspected again in the same turn if others came between.
  return guest.accept(nonce) ?? guest.accept(guest.inspect(token).nonce) ?? "out of order";
}

let passed = 0;
let failed = 0;
/** @param {string} name @param {unknown} got @param {unknown} want */
function check(name, got, want) {
  const good = JSON.stringify(got) === JSON.stringify(want);
  if (good) passed++;
  else failed++;
  console.log(
    `${good ? "ok  " : "FAIL"} ${name}${good ? "" : `: ${JSON.stringify(got)}, want ${JSON.stringify(want)}`}`,
  );
}

guest.configure(configuration({ issuer: "us", audience: ["shop"] }));

const good = await sign(ours, { ...REST, user_id: 1 });
const forged = await sign(theirs, { ...REST, user_id: 2 });
const claims = JSON.stringify({ ...REST, user_id: 1 });

const first = guest.inspect(good);
const second = guest.inspect(forged);
check(
  "the nonce of the good token does not accept the forged one",
  guest.accept(first.nonce),
  undefined,
);
check("nor does any other", guest.accept(second.nonce + 1n), undefined);
check("accept without a nonce is refused", guest.call("accept", new Uint8Array()) !== 0, true);
const nonce = guest.inspect(good).nonce;
check("the nonce of the latest token accepts it", guest.accept(nonce), claims);
check("and is used up", guest.accept(nonce), undefined);
check(
  "out of order has the status of the ABI",
  guest.call("accept", new Uint8Array(8)),
  OUT_OF_ORDER,
);

check(
  "a good and a forged token sent together",
  await Promise.all([verify(good), verify(forged), verify(good)]),
  [claims, "bad_signature", claims],
);
let wrong = 0;
for (let round = 0; round < 200; round++) {
  const tokens = Array.from({ length: 50 }, () => (Math.random() < 0.5 ? good : forged));
  const verdicts = await Promise.all(tokens.map(verify));
  wrong += verdicts.filter(
    (verdict, i) => verdict !== (tokens[i] === good ? claims : "bad_signature"),
  ).length;
}
check("10,000 good and forged tokens, 50 in flight: wrong verdicts", wrong, 0);

for (const [name, claims, want] of /** @type {[string, object, string][]} */ ([
  ["a good access token", { plan: 1 }, "ok"],
  ["a refresh token", { plan: 1, token_type: "refresh" }, "wrong_type"],
  ["a token of another issuer", { plan: 1, iss: "them" }, "wrong_issuer"],
  ["a token for others", { plan: 1, aud: "bank" }, "wrong_audience"],
  ["a token without a claim that is required", {}, "missing_claim"],
  ["an expired token", { plan: 1, exp: NOW }, "expired"],
])) {
  const { nonce } = guest.inspect(await sign(ours, { ...REST, ...claims }));
  guest.accept(nonce);
  check(`${name} is judged`, guest.judge(nonce, NOW, "access", ["exp", "plan"]), want);
}

console.log(`${passed} passed, ${failed} failed, 0 skipped`);
