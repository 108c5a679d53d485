import { isUnable, refuse, refuseOrigin, unavailable, type HeaderCause } from "./answer.js";
import { Follower, type FollowOptions } from "./follow.js";
import { Refused } from "./refused.js";
import { Verifier, type Claims, type CreateOptions } from "./verifier.js";

export interface GateOptions extends CreateOptions {
  /** Where a node publishes its bundles, https://…/.well-known/edgetoken-bundle, and how to follow. */
  bundle?: FollowOptions & { url: string | URL };
  /** The cookie that may carry the token of a request without an Authorization header. */
  cookie?: string;
  /** Where pages may come from that send the cookie, besides the host that they ask. */
  origins?: string[];
  /** That of WWW-Authenticate. Default: api. */
  realm?: string;
}

/**
 * Decides about requests by their token. It makes its verifier in the first request, since Workers
 * have no random numbers before, and looks for a new bundle in requests alone.
 */
export class Gate {
  readonly #options: GateOptions;
  #ready: Promise<Verifier> | undefined;
  #follower: Follower | undefined;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Gives the claims of the request's token, or else the answer: 401, 403 or 503. */
  async check(request: Request): Promise<Claims | Response> {
    const { cookie, realm = "api" } = this.#options;
    let token = authorization(request.headers.get("Authorization") ?? "");
    if (token.cause === "not_authenticated" && cookie !== undefined) {
      const text = cookieValue(request.headers.get("Cookie") ?? "", cookie);
      if (text !== undefined) {
        if (!this.#trustsOrigin(request)) return refuseOrigin();
        token = { text };
      }
    }
    if (token.cause !== undefined) return refuse(token.cause, realm);
    const verifier = await this.#verifier();
    await this.#follower?.refreshIfDue();
    try {
      return await verifier.verify(token.text);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (isUnable(error.cause)) return unavailable();
      return refuse(error.cause, realm, verifier.status());
    }
  }

  async #verifier(): Promise<Verifier> {
    this.#ready ??= Verifier.create(this.#options);
    try {
      const verifier = await this.#ready;
      const { bundle } = this.#options;
      if (bundle !== undefined) this.#follower ??= new Follower(verifier, bundle.url, bundle);
      return verifier;
    } catch (error) {
      this.#ready = undefined;
      throw error;
    }
  }

  /** Says whether the page that had the browser send a cookie is ours. */
  #trustsOrigin(request: Request): boolean {
    const origin = request.headers.get("Origin");
    if (origin === null) return true;
    const { host } = new URL(request.url);
    const ours = /^[^:]*:\/\/(.+)$/.exec(origin)?.[1] === host;
    return ours || (this.#options.origins ?? []).includes(origin);
  }
}

/**
 * Makes a handler, as Workers, Deno.serve and Bun.serve take it, out of one that also takes the claims
 * of the request's token. Requests without a good token are answered here. Options may depend on what
 * follows the request, such as a Worker's environment: they are made when the first request comes.
 */
export function protect<Rest extends unknown[]>(
  options: GateOptions | ((...rest: Rest) => GateOptions),
  handler: (request: Request, claims: Claims, ...rest: Rest) => Response | Promise<Response>,
): (request: Request, ...rest: Rest) => Promise<Response> {
  let gate: Gate | undefined;
  return async (request, ...rest) => {
    gate ??= new Gate(typeof options === "function" ? options(...rest) : options);
    const claims = await gate.check(request);
    return claims instanceof Response ? claims : handler(request, claims, ...rest);
  };
}

type Token = { text: string; cause?: undefined } | { cause: HeaderCause };

/** Takes the header apart as Django REST framework does. */
function authorization(header: string): Token {
  const words = header.split(/[ \t-\r]+/).filter((word) => word !== "");
  if (words[0] !== "Bearer") return { cause: "not_authenticated" };
  const [, text] = words;
  if (text === undefined || words.length > 2) return { cause: "bad_authorization_header" };
  return { text };
}

/** Finds a cookie; undefined if it was not sent. Of several nobody knows which was meant: "". */
function cookieValue(header: string, name: string): string | undefined {
  let value: string | undefined;
  for (const chunk of header.split(";")) {
    const at = chunk.indexOf("=");
    if (at < 0 || chunk.slice(0, at).trim() !== name) continue;
    if (value !== undefined) return "";
    value = chunk.slice(at + 1).trim();
  }
  return value?.replace(/^"(.*)"$/, "$1");
}
