import { readClocks, ServerClock } from "./clock.js";
import { Refused, Unavailable, Unexpected } from "./errors.js";
import { retryAfter } from "./retry.js";

// What no cache answers.
const UNSAFE = /^(?!GET$|HEAD$)/;

// The most that is read of an answer, in bytes.
const MAX_ANSWER = 1 << 20;

// The longest that a timer of Node takes, in milliseconds.
const LONGEST_TIMER = 2 ** 31 - 1;

/** What a client reads of the answers of the token views; "": it is missing. */
export interface Answer {
  access: string;
  refresh: string;
  csrftoken: string;
}

/** Says things to the token views, once each. */
export class Caller {
  readonly clock = new ServerClock();
  readonly server: URL;
  readonly #fetch: typeof fetch;
  readonly #credentials: RequestCredentials;

  constructor(server: URL, send: typeof fetch, credentials: RequestCredentials) {
    this.server = server;
    this.#fetch = send;
    this.#credentials = credentials;
  }

  /** The address of a path below the server's. */
  address(path: string): string {
    return this.server.href.replace(/\/$/, "") + path;
  }

  /**
   * Sends any request, and looks at the clock. What the signal of a request follows is given beside it: Node
   * forgets it together with the request that it was given to (nodejs/undici#4068).
   */
  async send(request: Request, signal?: AbortSignal): Promise<Response> {
    const sent = readClocks();
    const answer = await this.#fetch(request, { signal: signal ?? null });
    const asked = UNSAFE.test(request.method) || ["no-store", "reload", "no-cache"].includes(request.cache);
    this.clock.heard(sent, readClocks(), answer.headers, !asked);
    return answer;
  }

  /**
   * Asks a token view within so many milliseconds. It follows no redirect: what it sends is for the server
   * alone.
   */
  async ask(
    path: string,
    within: number,
    body: object | undefined,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const method = body === undefined ? "GET" : "POST";
    const what = `${method} ${path}`;
    let answer: Response;
    let text: string;
    try {
      const init: RequestInit = {
        method,
        headers: { Accept: "application/json", ...headers },
        credentials: this.#credentials,
        redirect: "manual",
        cache: "no-store",
      };
      if (body !== undefined) {
        init.headers = { ...init.headers, "Content-Type": "application/json" };
        init.body = JSON.stringify(body);
      }
      const signal = AbortSignal.timeout(Math.ceil(Math.min(within, LONGEST_TIMER))); // Node takes no fractions
      answer = await this.send(new Request(this.address(path), init), signal);
      text = await beginning(answer);
    } catch (error) {
      throw new Unavailable(what, 0, { cause: error });
    }
    const got = parsed(text);
    const field = (name: string) => (typeof got?.[name] === "string" ? got[name] : "");
    if (answer.status === 200 && got !== undefined) {
      return { access: field("access"), refresh: field("refresh"), csrftoken: field("csrftoken") };
    }
    const detail = field("detail");
    if (answer.status === 401 && detail !== "") {
      throw new Refused(answer.headers.get("X-Auth-Error") ?? "", detail);
    }
    // A 401 without words is that of a proxy on the way, which knows nothing of the session.
    if ([401, 408, 425, 429].includes(answer.status) || answer.status >= 500) {
      throw new Unavailable(`${what}: ${answer.status}`, retryAfter(answer.headers));
    }
    // Of an answer that may have tokens an error, which is logged, says nothing.
    throw new Unexpected(what, answer.status, detail, answer.status < 400 ? undefined : got);
  }
}

/** Reads an answer, and no more of it than one of a token view has. */
export async function beginning(answer: Response): Promise<string> {
  const reader = answer.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let left = MAX_ANSWER; reader !== undefined; ) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
    left -= value.length;
    if (left > 0) continue;
    reader.cancel().catch(() => {}); // that of a clone waits for the other reader
    break;
  }
  return text;
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
