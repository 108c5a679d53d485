// Servers whose sessions processes share: a node, and a real Django with simplejwt, which testdata/interop installs.
import { execFileSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { password, people, start } from "../browser/node.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

// settings are those of SIMPLE_JWT on either side; life is that of access tokens, in seconds.
function settings(life, rotation) {
  return { ACCESS_TOKEN_LIFETIME: life, ROTATE_REFRESH_TOKENS: rotation, BLACKLIST_AFTER_ROTATION: rotation };
}

// node is a node of ours. grace is refresh.grace.
export async function node(life, rotation, grace = "10s") {
  const { origin, stop } = await start({ host: "127.0.0.1", config: { simple_jwt: settings(life, rotation), ...(rotation && { refresh: { grace } }) } });
  return { origin, stop };
}

// simplejwt is a Django with djangorestframework-simplejwt 5.5.1.
export async function simplejwt(life, rotation) {
  const setup = here("../interop/setup");
  const port = Number(execFileSync("python3", [here("../ports/ports.py")], { encoding: "utf8" }));
  const document = { compat: "5.5", port,
    settings: { SECRET_KEY: "a-key-of-the-tests-of-clients-alone-0123456789", ALLOWED_HOSTS: ["127.0.0.1"], BLACKLIST_APP: true,
      AUTH_HEADER_TYPES: ["Bearer"], AUTH_TOKEN_CLASSES: ["access"], ...settings(life, rotation) },
    customers: [{ id: 1, password, is_active: true, date_joined: "2024-01-02T03:04:05Z", ...people.ana }] };
  execFileSync(setup, [], { input: JSON.stringify(document), stdio: ["pipe", "pipe", "inherit"] });
  return { origin: `http://127.0.0.1:${port}`, stop: async () => { execFileSync(setup, ["--stop", String(port)]); } };
}

// root is the folder of the repository.
export const root = path.dirname(path.dirname(path.dirname(here("servers.mjs"))));
