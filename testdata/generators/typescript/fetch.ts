// The client that openapi-generator makes (typescript-fetch), used against a node whose URL is the argument.
import assert from "node:assert/strict";
import { AuthApi, Configuration, CustomersApi, FaultsFromJSON, RefusalFromJSON, ResponseError } from "./client/index.js";

const basePath = process.argv[2];
const auth = new AuthApi(new Configuration({ basePath }));

// failed is the answer by which a call fails.
async function failed(call: Promise<unknown>): Promise<Response> {
  const error = await call.then(() => undefined, (reason: unknown) => reason);
  assert(error instanceof ResponseError);
  return error.response;
}

const wrong = await failed(auth.postAuthToken({ loginRequest: { email: "ana@example.com", password: "wrong" } }));
assert.equal(wrong.status, 401);
assert.equal(RefusalFromJSON(await wrong.json()).detail, "No active account found with the given credentials");
const blank = await failed(auth.postAuthToken({ loginRequest: { email: "", password: "" } }));
assert.deepEqual(FaultsFromJSON(await blank.json()).password, ["This field may not be blank."]);

const { refresh, groups, plan } = await auth.postAuthToken({ loginRequest: { email: "ana@example.com", password: "correct horse 1" } });
assert.deepEqual([groups, plan], [[], "pro"]);
const { access } = await auth.postAuthTokenRefresh({ refreshRequest: { refresh } });
await auth.postAuthTokenVerify({ verifyRequest: { token: access } });

const customers = new CustomersApi(new Configuration({ basePath, accessToken: access }));
const me = await customers.getCustomersMeRaw();
assert.match(await me.raw.clone().text(), /"id":9007199254740993,/);
const id: number = (await me.value()).id; // JSON.parse rounds it
assert.equal(id, Number("9007199254740993"));
const everyone = await customers.getCustomers();
assert(everyone[0].dateJoined instanceof Date);
assert.deepEqual(everyone.map((c) => c.lastLogin === null), [false, true]);

await auth.postAuthTokenBlacklist({ blacklistRequest: { refresh } });
const ended = await failed(auth.postAuthTokenRefresh({ refreshRequest: { refresh } }));
assert.equal(RefusalFromJSON(await ended.json()).code, "token_not_valid");
const refused = await failed(customers.getCustomersMe());
assert.equal(RefusalFromJSON(await refused.json()).messages?.[0].tokenType, "access");
