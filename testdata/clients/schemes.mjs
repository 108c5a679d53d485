// A shop whose AUTH_HEADER_TYPES has another word than Bearer.
import { same } from "../browser/check.mjs";
import { start } from "../browser/node.mjs";
import { Person } from "./shop.mjs";

export const schemes = {
  async "a shop that wants JWT in place of Bearer"() {
    const node = await start({ host: "127.0.0.1", config: { simple_jwt: { AUTH_HEADER_TYPES: ["JWT"] } } });
    try {
      const [wrong, p, other] = [new Person(node), new Person(node, { scheme: "JWT" }), new Person(node, { scheme: "JWT" })];
      for (const one of [wrong, p, other]) await one.logIn();
      same("status", [await wrong.me(), await p.me(), await other.me()], [401, 200, 200]);
      await p.client.logoutEverywhere();
      other.later(57);
      await other.me();
      same("after the log-out everywhere", [await p.me(), await other.me()], ["nobody", "nobody"]);
    } finally {
      await node.stop();
    }
  },
};
