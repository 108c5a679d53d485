// The keys of a node, as staff see them while the node runs.
import { holds, same } from "../check.mjs";

// rows are the cells of the table: id, algorithm, state, published, signs from, ends, origin.
const rows = (page) => page.locator("tbody tr").evaluateAll((list) => list.map((row) => [...row.cells].map((cell) => cell.innerText)));

export const keys = {
  async "a key that is made shows at once, and what happens next"({ node, visit, page }) {
    await visit.open(node.url("/auth/login/?next=/auth/browse/"));
    await visit.logIn("staff");
    same("status", await visit.follow(() => page.getByRole("link", { name: "Keys of this node" }).click()), 200);
    const [[first, algorithm, state, , , ends]] = await rows(page);
    same("the key that signs", [algorithm, state, ends], ["ES256", "signing", "–"]);
    const made = JSON.parse(node.run(["keys", "generate", "--at", "60h", "--algorithm", "EdDSA", "--json"]));
    await visit.open(node.url("/auth/keys/"));
    const shown = await rows(page);
    same("keys", shown.map((row) => row[1] + " " + row[2]).sort(), ["ES256 signing", "EdDSA published"]);
    holds("ids", shown.map((row) => row[0]), first);
    const next = page.getByRole("region", { name: "What happens next" });
    holds("next", await next.innerText(), "begins to sign");
    holds("when", await next.innerText(), "in 2 days");
    holds("what the command says", JSON.stringify(made), shown.find((row) => row[1] === "EdDSA")[0]);

    same("status", await visit.follow(() => page.getByRole("link", { name: "JWK Set" }).click()), 200);
    const set = JSON.parse(await visit.answer.text());
    same("public keys", set.keys.map((key) => key.kid).sort(), shown.map((row) => row[0]).sort());
    same("members", set.keys.some((key) => "d" in key), false);
  },
};
