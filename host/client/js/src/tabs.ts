import type { Storage } from "./storage.js";
import { same, type Tokens } from "./tokens.js";

interface Message {
  /** "ask": who has tokens? "has": these, since that change. */
  kind: "ask" | "has";
  tokens?: Tokens | undefined;
  change?: number;
}

// How long a new tab waits for others to say what they have, in milliseconds.
const ANSWER = 150;

/**
 * Keeps tokens in the memory of the tabs of one origin, so that a new tab is logged in as the others are,
 * and all are logged out at once. Nothing is written anywhere: with the last tab the session is gone from
 * the browser. Any script of the origin can ask for the tokens, as it could take them from a page's memory.
 */
export function tabs(name = "edgetoken"): Storage {
  const channel = new BroadcastChannel(name);
  let held: Tokens | undefined;
  let change = 0; // when held was put, in milliseconds since 1970; a later one wins
  let told = () => {};

  function take(tokens: Tokens | undefined, at: number): void {
    if (at <= change) return;
    const ended = held !== undefined && tokens === undefined;
    held = tokens;
    change = at;
    if (ended) told();
  }

  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data.kind === "has") take(data.tokens, data.change ?? 0);
    else if (change > 0) channel.postMessage({ kind: "has", tokens: held, change } satisfies Message);
  };

  const heard = new Promise<void>((resolve) => {
    channel.postMessage({ kind: "ask" } satisfies Message);
    const began = Date.now();
    const look = () => {
      if (change > 0 || Date.now() - began >= ANSWER) resolve();
      else setTimeout(look, 10);
    };
    look();
  });

  return {
    shared: true,
    load: async () => {
      await heard;
      return held;
    },
    replace: async (old, next) => {
      await heard;
      if (!same(held, old)) return false;
      held = next;
      change = Math.max(Date.now(), change + 1);
      channel.postMessage({ kind: "has", tokens: held, change } satisfies Message);
      return true;
    },
    watch: (changed) => {
      told = changed;
    },
    close: () => channel.close(),
  };
}
