// The types that openapi-typescript makes, used with openapi-fetch against a node whose URL is the argument.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

const api = createClient<paths>({ baseUrl: process.argv[2] });

const wrong = await api.POST("/auth/token/", { body: { email: "ana@example.com", password: "wrong" } });
assert.equal(wrong.response.status, 401);
assert.equal(wrong.error?.detail, "No active account found with the given credentials");
const blank = await api.POST("/auth/token/", { body: { email: "", password: "" } });
assert(blank.error && "password" in blank.error);
assert.deepEqual(blank.error.password, ["This field may not be blank."]);

const pair = await api.POST("/auth/token/", { body: { email: "ana@example.com", password: "correct horse 1" } });
assert(pair.data);
const { refresh, groups, plan } = pair.data;
assert.deepEqual([groups, plan], [[], "pro"]);
const refreshed = await api.POST("/auth/token/refresh/", { body: { refresh } });
assert(refreshed.data);
const { access } = refreshed.data;
assert((await api.POST("/auth/token/verify/", { body: { token: access } })).data);

const headers = { Authorization: `Bearer ${access}` };
const me = await api.GET("/customers/me/", { headers });
assert(me.data);
const id: number = me.data.id; // JSON.parse rounds it, so what is exact is the text
assert.equal(id, Number("9007199254740993"));
assert.equal(me.data.first_name, "Ana");
const text = await api.GET("/customers/me/", { headers, parseAs: "text" });
assert.match(String(text.data), /"id":9007199254740993,/);
const everyone = await api.GET("/customers/", { headers });
assert.deepEqual(everyone.data?.map((c) => c.last_login === null), [false, true]);

assert((await api.POST("/auth/token/blacklist/", { body: { refresh } })).data);
const ended = await api.POST("/auth/token/refresh/", { body: { refresh } });
assert(ended.error && "code" in ended.error);
assert.equal(ended.error.code, "token_not_valid");
const refused = await api.GET("/customers/me/", { headers });
assert(refused.error && "messages" in refused.error);
assert.equal(refused.error.messages?.[0].token_type, "access");
