import type { Logout } from "./errors.js";
import type { Storage } from "./storage.js";

/** Paths below the server's. */
export interface Paths {
  login: string;
  refresh: string;
  blacklist: string;
  /** simplejwt has none. */
  logoutAll: string;
  /** Of a node with cookies.enabled. */
  csrf: string;
}

export interface Options {
  /**
   * The URL that the paths are below: that of the node, or of Django. In a page the page's own origin is the
   * default, and "/api" is below it.
   */
  server?: string | URL;
  /**
   * "bearer": the client has the tokens and sends the access token along. "cookie": the browser has them, in
   * cookies that no script can read, of a node with cookies.enabled. Default: "bearer".
   */
  mode?: "bearer" | "cookie";
  /** Origins that get the access token beside the server's. No other ever does. */
  origins?: (string | URL)[];
  /** Default: those of edgetoken. */
  paths?: Partial<Paths>;
  /** The member of a log-in that names the customer. Default: "email"; "username" in a stock Django. */
  loginField?: string;
  /** Where the tokens are, in bearer mode. Default: in memory. */
  storage?: Storage;
  /** Used in place of the global fetch. */
  fetch?: typeof fetch;
  /**
   * How long before its end an access token is replaced, in milliseconds, or up to a quarter later, by
   * chance. At most a quarter of the token's life. Default: 5 minutes.
   */
  early?: number;
  /**
   * In cookie mode: how long an access token lasts, in milliseconds (ACCESS_TOKEN_LIFETIME). A script cannot
   * see when the cookie ends; without this, it is replaced when a request is refused.
   */
  lifetime?: number;
  /**
   * The milliseconds of one attempt to reach the token views, and of all attempts together. Where refresh
   * tokens rotate, patience has to be shorter than the server's window for answers that were lost
   * (refresh.grace, 10 s). Defaults: 2,000 and 8,000.
   */
  attempt?: number;
  patience?: number;
  /** Told when the session is over, once, whoever ended it. */
  onLogout?: (logout: Logout) => void;
}

const MINUTE = 60_000;

/** The options with their defaults. Throws a TypeError that names what is wrong. */
export function complete(options: Options) {
  const server = address(options.server);
  if (server.protocol !== "http:" && server.protocol !== "https:") {
    throw new TypeError(`server ${server.href} is not a URL such as https://shop.example`);
  }
  if (server.search !== "" || server.hash !== "" || server.username !== "") {
    throw new TypeError("server may have neither user, query nor fragment");
  }
  const mode = options.mode ?? "bearer";
  if (mode !== "bearer" && mode !== "cookie") throw new TypeError(`mode is "bearer" or "cookie", not ${String(mode)}`);
  const early = options.early ?? 5 * MINUTE;
  return {
    ...options,
    server,
    mode,
    origins: new Set([server.origin, ...(options.origins ?? []).map((o) => new URL(o).origin)]),
    paths: {
      login: "/auth/token/",
      refresh: "/auth/token/refresh/",
      blacklist: "/auth/token/blacklist/",
      logoutAll: "/auth/logout/all/",
      csrf: "/auth/csrf/",
      ...options.paths,
    },
    loginField: options.loginField ?? "email",
    // Clients that share a storage do not all refresh at once.
    early: early - (Math.random() * early) / 4,
    attempt: options.attempt ?? 2_000,
    patience: options.patience ?? 8_000,
    fetch: options.fetch ?? ((input: string | URL | Request, init?: RequestInit) => fetch(input, init)),
  };
}

export type Complete = ReturnType<typeof complete>;

/** The address of a server. In a page it may be relative. */
function address(server: string | URL = ""): URL {
  try {
    return new URL(server, globalThis.location?.origin);
  } catch {
    const want = "server has to be the URL of the node, or of Django, such as https://shop.example";
    throw new TypeError(server === "" ? want : `${want}, not ${server}`);
  }
}
