import { Gate, protect } from "edgetoken-verify";
import { equal, thrown } from "./run.js";
import { forged, newKey, token } from "./tokens.js";

const URL = "https://shop.example/api";
const NOT_VALID = "Given token not valid for any token type";

function request(headers = {}) {
  return new Request(URL, { headers });
}

/** What an answer shows to a client. */
async function shown(answer) {
  const headers = {};
  for (const name of ["WWW-Authenticate", "X-Auth-Error", "Retry-After"]) {
    const value = answer.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  equal(answer.headers.get("Content-Type"), "application/json");
  return [answer.status, headers, await answer.text()];
}

function unauthorized(name, body) {
  return [401, { "WWW-Authenticate": 'Bearer realm="api"', "X-Auth-Error": name }, body];
}

function notValid(name, message, type = "access", kind = "AccessToken") {
  const messages = `[{"token_class":"${kind}","token_type":"${type}","message":"${message}"}]`;
  return unauthorized(
    name,
    `{"detail":"${NOT_VALID}","code":"token_not_valid","messages":${messages}}`,
  );
}

export const tests = {
  async "answers are those of the service"() {
    const key = await newKey("ES256");
    const gate = new Gate({ policy: { jwks: { keys: [key.jwk] } } });
    const good = await token(key);
    equal((await gate.check(request({ Authorization: `Bearer ${good}` }))).user_id, "7");
    equal((await gate.check(request({ Authorization: ` Bearer \t ${good} ` }))).user_id, "7");
    const absent = '{"detail":"Authentication credentials were not provided."}';
    const parts =
      '{"detail":"Authorization header must contain two space-delimited values","code":"bad_authorization_header"}';
    const noUser =
      '{"detail":"Token contained no recognizable user identification","code":"token_not_valid"}';
    for (const [header, want] of [
      [undefined, unauthorized("not_authenticated", absent)],
      ["Basic YTpi", unauthorized("not_authenticated", absent)],
      [`bearer ${good}`, unauthorized("not_authenticated", absent)],
      ["Bearer", unauthorized("bad_authorization_header", parts)],
      ["Bearer a b", unauthorized("bad_authorization_header", parts)],
      ["Bearer x", notValid("invalid", "Token is invalid")],
      [`Bearer ${forged(good, {})}`, notValid("invalid", "Token is invalid")],
      [`Bearer ${await token(key, { exp: 1 })}`, notValid("expired", "Token is expired")],
      [
        `Bearer ${await token(key, { token_type: "refresh" })}`,
        notValid("wrong_type", "Token has wrong type"),
      ],
      [`Bearer ${await token(key, { jti: undefined })}`, notValid("no_id", "Token has no id")],
      [`Bearer ${await token(key, { user_id: undefined })}`, unauthorized("no_user", noUser)],
    ]) {
      const answer = await gate.check(
        request(header === undefined ? {} : { Authorization: header }),
      );
      equal(await shown(answer), want, header);
    }
  },

  async "answers by the policy's version and types"() {
    const key = await newKey("HS256");
    const policy = { jwks: { keys: [key.jwk] }, compat: "5.2", types: ["sliding"] };
    const gate = new Gate({ policy, realm: "shop" });
    const expired = await token(key, { exp: 1, token_type: "sliding" });
    const want = notValid("invalid", "Token is invalid or expired", "sliding", "SlidingToken");
    want[1]["WWW-Authenticate"] = 'Bearer realm="shop"';
    equal(await shown(await gate.check(request({ Authorization: `Bearer ${expired}` }))), want);
  },

  async "what nobody can know is a 503"() {
    const gate = new Gate({ wasm: undefined });
    const want = [
      503,
      { "Retry-After": "1" },
      '{"detail":"Service temporarily unavailable, try again later."}',
    ];
    equal(await shown(await gate.check(request({ Authorization: "Bearer x" }))), want);
  },

  async "a token in a cookie, from our own pages"() {
    const key = await newKey("HS256");
    const gate = new Gate({
      policy: { jwks: { keys: [key.jwk] } },
      cookie: "access",
      origins: ["https://app.example"],
    });
    const good = await token(key);
    const status = async (headers) => {
      const got = await gate.check(request(headers));
      return got instanceof Response ? got.status : Number(got.user_id);
    };
    for (const [headers, want] of [
      [{ Cookie: `a=b; access=${good}` }, 7],
      [{ Cookie: ` access = "${good}" ;c` }, 7],
      [{ Cookie: `access=${good}`, Origin: "https://shop.example" }, 7],
      [{ Cookie: `access=${good}`, Origin: "https://app.example" }, 7],
      [{ Cookie: `access=${good}`, Origin: "https://evil.example" }, 403],
      [{ Cookie: `access=${good}`, Origin: "null" }, 403],
      [{ Cookie: `access=${good}; access=${good}` }, 401],
      [{ Cookie: `Access=${good}` }, 401],
      [{ Cookie: `access=${good}`, Authorization: "Bearer x" }, 401],
      [{ Cookie: "access=x", Authorization: `Bearer ${good}` }, 7],
    ]) {
      equal(await status(headers), want, JSON.stringify(headers));
    }
  },

  async "protect calls the handler for good tokens alone"() {
    const key = await newKey("EdDSA");
    const handler = protect(
      (env) => ({ policy: { jwks: { keys: [env.key] } } }),
      (_request, claims, env) => new Response(`${claims.user_id} of ${env.shop}`),
    );
    const env = { key: key.jwk, shop: "shop" };
    const good = request({ Authorization: `Bearer ${await token(key)}` });
    equal(await (await handler(good, env)).text(), "7 of shop");
    equal((await handler(request(), env)).status, 401);
  },

  async "a mistake in the policy is an error each time, not a verdict"() {
    const gate = new Gate({ policy: "{" });
    const any = request({ Authorization: "Bearer x" });
    for (let i = 0; i < 2; i++) equal((await thrown(gate.check(any))).name, "PolicyError");
  },
};
