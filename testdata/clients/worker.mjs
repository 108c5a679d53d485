// Uses a session that it shares with other processes, by edgetoken-client, until its time is over; as worker/main.go does.
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Client, LoggedOut, file } from "./packages.mjs";

const { values } = parseArgs({ options: {
  server: { type: "string" }, storage: { type: "string" }, paths: { type: "string", default: "" },
  use: { type: "string", default: "/customers/me/" }, loops: { type: "string", default: "50" }, for: { type: "string", default: "60s" },
} });
const seen = { answered: 0, unanswered: 0, wrong: 0, lost: 0 };
const { server, paths } = values;
const client = new Client({
  server, storage: file(values.storage),
  ...(paths && { paths: { login: paths, refresh: `${paths}refresh/`, blacklist: `${paths}blacklist/` } }),
  onLogout({ reason, cause, detail }) {
    if (reason !== "refused") return;
    seen.lost++;
    console.error(`the session is lost: ${cause} ${detail}`);
  },
});

async function ask() {
  try {
    const answer = await client.fetch(values.use, { signal: AbortSignal.timeout(5_000) });
    await answer.text();
    if (answer.status === 200) seen.answered++;
    else if (answer.status >= 500) seen.unanswered++; // it had no time
    else {
      seen.wrong++;
      console.error(`a request is answered with ${answer.status}`);
    }
  } catch (error) {
    seen.unanswered++;
    if (error instanceof LoggedOut) await client.login(process.env.CLIENT_NAME, process.env.CLIENT_PASSWORD).catch(() => {});
  }
}

const end = Date.now() + Number.parseInt(values.for) * 1000;
await Promise.all(Array.from({ length: Number(values.loops) }, async () => {
  while (Date.now() < end) {
    await ask();
    await sleep(500 + Math.random() * 1000);
  }
}));
console.log(JSON.stringify(seen));
