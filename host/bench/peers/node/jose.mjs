// jose, as a peer of the benchmark, with a key that is imported once: FILE. Verifications run 16 at a time, as in a server under
// load, which halves their processor time: one after the other, threads of Node.js are woken for each signature.
import { importSPKI, jwtVerify } from "jose";
import { input, serve, version } from "./peer.mjs";

const atOnce = 16;
const hmac = { name: "HMAC", hash: "SHA-256" };
const key = input.secret === undefined
  ? await importSPKI(input.public_key, input.alg)
  : await crypto.subtle.importKey("raw", Buffer.from(input.secret), hmac, false, ["verify"]);
const options = { algorithms: [input.alg], issuer: input.iss, audience: input.aud, requiredClaims: ["exp"] };

let next = 0;
await serve(version("jose"), async (n) => {
  const { tokens } = input;
  for (let i = 0; i < n; i += atOnce) {
    const verifying = [];
    for (let j = i; j < n && j < i + atOnce; j++) {
      verifying.push(jwtVerify(tokens[next], key, options));
      next = next + 1 === tokens.length ? 0 : next + 1;
    }
    const [{ payload }] = await Promise.all(verifying);
    if (payload.exp === undefined) throw new Error("no claims");
  }
}, (token) => jwtVerify(token, key, options));
