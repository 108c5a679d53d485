// A program with TypeScript's strictest settings, which has the package and nothing else.
import {
  Gate,
  Refused,
  Verifier,
  protect,
  type Cause,
  type Claims,
  type Policy,
} from "edgetoken-verify";

const policy: Policy = {
  jwks: {
    keys: [
      { kty: "oct", alg: "HS256", k: "YSBzZWNyZXQgb2Ygc2l4dHktZm91ciBieXRlcywgbG9uZyBlbm91Z2g" },
    ],
  },
  audience: "shop",
};
const verifier: Verifier = await Verifier.create({ policy });

async function who(token: string): Promise<string | Cause> {
  try {
    const claims: Claims = await verifier.verify(token);
    return String(claims["user_id"]);
  } catch (error) {
    if (error instanceof Refused) return error.cause;
    throw error;
  }
}

const cause: Cause = "malformed";
if ((await who("no token")) !== cause) throw new Error("another cause");
if (verifier.status().keys[0]?.alg !== "HS256") throw new Error("another key");

const handler = protect({ policy }, (_request, claims, env: { shop: string }) =>
  Response.json({ claims, env }),
);
const answer = await handler(new Request("https://shop.example/"), { shop: "shop" });
if (answer.status !== 401) throw new Error(`answered ${answer.status}`);

const checked: Claims | Response = await new Gate({ policy }).check(
  new Request("https://shop.example/"),
);
if (!(checked instanceof Response)) throw new Error("no token was let through");
