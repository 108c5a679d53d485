import { same, type Tokens } from "./tokens.js";

/**
 * Keeps the tokens of one session. Tabs or processes may share one: then all of them call it, and shared
 * says so.
 */
export interface Storage {
  /** Whether others may store tokens too. */
  readonly shared: boolean;
  /** What is there; undefined: nobody is logged in. */
  load(): Promise<Tokens | undefined>;
  /**
   * Puts next where old is, and says whether it did: not if something else is there by now. undefined as
   * next logs out.
   */
  replace(old: Tokens | undefined, next: Tokens | undefined): Promise<boolean>;
  /** Calls changed when others have logged out. */
  watch?(changed: () => void): void;
  close?(): void;
}

/** Keeps tokens until the page or the program ends. */
export function memory(): Storage {
  let held: Tokens | undefined;
  return {
    shared: false,
    load: async () => held,
    replace: async (old, next) => {
      if (!same(held, old)) return false;
      held = next;
      return true;
    },
  };
}
