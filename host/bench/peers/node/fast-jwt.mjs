// fast-jwt, as a peer of the benchmark, without its cache, or with one that holds all tokens: FILE [cached].
import { createVerifier } from "fast-jwt";
import { input, serve, version } from "./peer.mjs";

const verify = createVerifier({
  key: input.secret ?? input.public_key,
  algorithms: [input.alg],
  allowedIss: input.iss,
  allowedAud: input.aud,
  requiredClaims: ["exp"],
  cache: process.argv[3] === "cached" ? 2 * input.tokens.length : false,
});

let next = 0;
let last; // so that no result is thrown away unseen
await serve(version("fast-jwt"), (n) => {
  const { tokens } = input;
  for (let i = 0; i < n; i++) {
    last = verify(tokens[next]);
    next = next + 1 === tokens.length ? 0 : next + 1;
  }
  if (last.exp === undefined) throw new Error("no claims");
}, verify);
