import { channel } from "./channel.js";
import type { Storage } from "./storage.js";
import { same, type Tokens } from "./tokens.js";

/** What a tab knows of the session. */
interface State {
  /** When its customer logged in, and when it last changed, in milliseconds since 1970; 0: never. */
  login: number;
  change: number;
  /** undefined: nobody is logged in. */
  tokens: Tokens | undefined;
}

interface Message {
  /** "ask": who knows anything? "has": this. */
  kind: "ask" | "has";
  state?: State;
}

// How long a new tab waits for others to say what they have, in milliseconds.
const ANSWER = 150;

/**
 * Keeps tokens in the memory of the tabs of one origin, so that a new tab is logged in as the others are,
 * and all are logged out at once. Nothing is written anywhere: with the last tab the session is gone from
 * the browser. Any script of the origin can ask for the tokens, as it could take them from a page's memory.
 */
export function tabs(name = "edgetoken"): Storage {
  const others = channel(name);
  let held: State = { login: 0, change: 0, tokens: undefined };
  let closed = false;
  let told = () => {};

  const say = (message: Message) => {
    if (!closed) others.postMessage(message);
  };

  others.onmessage = ({ data }: MessageEvent<Partial<Message> | null | undefined>) => {
    const state = data?.state;
    if (data?.kind === "ask") {
      if (held.change > 0) say({ kind: "has", state: held });
    } else if (data?.kind === "has" && valid(state) && later(state, held)) {
      const ended = held.tokens !== undefined && state.tokens === undefined;
      held = state;
      if (ended) told();
    }
  };

  const heard = new Promise<void>((resolve) => {
    say({ kind: "ask" });
    const began = Date.now();
    const look = () => {
      if (held.change > 0 || Date.now() - began >= ANSWER) resolve();
      else setTimeout(look, 10);
    };
    look();
  });

  return {
    shared: true,
    load: async () => {
      await heard;
      return held.tokens;
    },
    replace: async (old, next) => {
      await heard;
      if (!same(held.tokens, old)) return false;
      const change = Math.max(Date.now(), held.change + 1);
      held = { login: old === undefined ? change : held.login, change, tokens: next };
      say({ kind: "has", state: held });
      return true;
    },
    watch: (changed) => {
      told = changed;
    },
    close: () => {
      closed = true;
      others.close();
    },
  };
}

/** Whether a state is one: any script of the origin can send messages. */
function valid(state: Partial<State> | null | undefined): state is State {
  const { login, change, tokens } = state ?? {};
  if (!Number.isSafeInteger(login) || !Number.isSafeInteger(change)) return false;
  return tokens === undefined || (typeof tokens?.access === "string" && typeof tokens.refresh === "string");
}

/**
 * Whether a state of another tab counts more than ours: that of a later log-in; of the same one a log-out,
 * even where this tab has refreshed at the same moment; else the later change.
 */
function later(theirs: State, ours: State): boolean {
  if (theirs.login !== ours.login) return theirs.login > ours.login;
  const [out, wasOut] = [theirs.tokens === undefined, ours.tokens === undefined];
  if (out !== wasOut) return out;
  return theirs.change > ours.change;
}
