import type { Logout } from "./logout.js";
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
   * default, and "/api" is below it. It has to be https, except on this machine's loopback interface, or where
   * the page came from there too.
   */
  server?: string | URL;
  /** Allows servers without TLS elsewhere: behind a proxy that adds it, or in a network of your own. */
  allowHTTP?: boolean;
  /**
   * "bearer": the client has the tokens and sends the access token along. "cookie": the browser has them, in
   * cookies that no script can read, of a node with cookies.enabled. Default: "bearer".
   */
  mode?: "bearer" | "cookie";
  /** Origins that get the access token beside the server's, as "https://api.shop.example". No other ever does. */
  origins?: (string | URL)[];
  /** Default: those of edgetoken. */
  paths?: Partial<Paths>;
  /** The member of a log-in that names the customer. Default: "email"; "username" in a stock Django. */
  loginField?: string;
  /**
   * The word before the token in the Authorization header. Default: "Bearer"; what AUTH_HEADER_TYPES has where
   * that is something else, such as "JWT".
   */
  scheme?: string;
  /** Where the tokens are, in bearer mode. Default: in memory. */
  storage?: Storage;
  /** Used in place of the global fetch. */
  fetch?: typeof fetch;
  /**
   * How long before its end an access token is replaced, in milliseconds, at most a quarter of its life. Each
   * client draws how much later it does so, up to a quarter of that time. Default: 5 minutes.
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
  if (!web(server)) throw new TypeError(`server ${server.href} is not a URL such as https://shop.example`);
  if (server.search !== "" || server.hash !== "" || server.username !== "") {
    throw new TypeError("server may have neither user, query nor fragment");
  }
  const { mode = "bearer", scheme = "Bearer", allowHTTP = false, early = 5 * MINUTE } = options;
  const { attempt = 2_000, patience = 8_000, lifetime } = options;
  if (mode !== "bearer" && mode !== "cookie") throw new TypeError(`mode is "bearer" or "cookie", not ${String(mode)}`);
  const { storage } = options;
  if (storage !== undefined && (typeof storage.load !== "function" || typeof storage.replace !== "function")) {
    throw new TypeError("storage has to have load and replace, as memory() has");
  }
  if (!TOKEN.test(scheme)) throw new TypeError(`scheme ${JSON.stringify(scheme)} is not a word such as Bearer`);
  for (const [name, value] of Object.entries({ early, attempt, patience, lifetime })) {
    if (value === undefined || (typeof value === "number" && value >= 0)) continue;
    throw new TypeError(`${name} has to be milliseconds, not ${value}`);
  }
  if (!allowHTTP) guard("server", server);
  const origins = (options.origins ?? []).map((one) => {
    const url = origin(one);
    if (!allowHTTP) guard("origins", url);
    return url.origin;
  });
  return {
    ...options,
    server,
    mode,
    origins: new Set([server.origin, ...origins]),
    paths: {
      login: "/auth/token/",
      refresh: "/auth/token/refresh/",
      blacklist: "/auth/token/blacklist/",
      logoutAll: "/auth/logout/all/",
      csrf: "/auth/csrf/",
      ...options.paths,
    },
    loginField: options.loginField ?? "email",
    scheme,
    early,
    draw: 1 - Math.random() / 4, // clients that share a storage do not all refresh at once
    attempt,
    patience,
    fetch: options.fetch ?? ((input: string | URL | Request, init?: RequestInit) => fetch(input, init)),
  };
}

export type Complete = ReturnType<typeof complete>;

// A token of HTTP (RFC 9110 §5.6.2), as the scheme is (§11.1).
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/** The address of a server. In a page it may be relative. */
function address(server: string | URL = ""): URL {
  try {
    return new URL(server, globalThis.location?.origin);
  } catch {
    const want = "server has to be the URL of the node, or of Django, such as https://shop.example";
    throw new TypeError(server === "" ? want : `${want}, not ${server}`);
  }
}

function origin(text: string | URL): URL {
  try {
    const url = new URL(text);
    if (web(url) && url.href === `${url.origin}/`) return url;
  } catch {
    // It is no URL at all.
  }
  throw new TypeError(`${text} in origins is not an origin such as https://api.shop.example`);
}

function web({ protocol }: URL): boolean {
  return protocol === "http:" || protocol === "https:";
}

/** Refuses a URL whose requests anybody on the way could read, unless this page itself came by the same way. */
function guard(field: string, { href, protocol, hostname, origin }: URL): void {
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  if (protocol === "https:" || loopback || origin === globalThis.location?.origin) return;
  const why = "anybody on the way could read tokens; use https, or set allowHTTP";
  throw new TypeError(`${href} in ${field} is without TLS: ${why}`);
}
