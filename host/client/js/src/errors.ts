/** What a request gets that nobody is logged in for. */
export class LoggedOut extends Error {
  override name = "LoggedOut";
  constructor() {
    super("nobody is logged in");
  }
}

/** An answer of 401: the server knows the request and says no. */
export class Refused extends Error {
  override name = "Refused";
  /** X-Auth-Error: "no_active_account", "expired", …; "": the server does not say. */
  override readonly cause: string;
  /** The server's text for people. */
  readonly detail: string;
  constructor(cause: string, detail: string) {
    super(`refused: ${detail}`);
    this.cause = cause;
    this.detail = detail;
  }
}

/** The server could not be reached, or answered that it cannot say now. The same may be tried again. */
export class Unavailable extends Error {
  override name = "Unavailable";
  /**
   * How long the server asks to wait (Retry-After, RFC 9110 §10.2.3), at most an hour, in milliseconds; 0: it
   * does not.
   */
  readonly after: number;
  constructor(message: string, after = 0, options?: ErrorOptions) {
    super(`the server is not available: ${message}`, options);
    this.after = after;
  }
}

const MAX_FIELD_ERRORS = 4096; // characters

/** An answer that repeating does not mend: a field left empty, or a wrong address. */
export class Unexpected extends Error {
  override name = "Unexpected";
  readonly status: number;
  readonly detail: string;
  /** What the server says, where it is JSON: of a log-in with a field left empty, say, the error of that. */
  readonly answer: unknown;
  constructor(what: string, status: number, detail: string, answer?: unknown) {
    const says = detail || fieldErrors(answer);
    super(`${what}: ${status}${says === "" ? "; check server and paths" : ` ${says}`}`);
    this.status = status;
    this.detail = detail;
    this.answer = answer;
  }
}

/** What REST framework says of the fields of a request, as "email: This field is required."; "": nothing. */
function fieldErrors(answer: unknown): string {
  const said = Object.entries(answer ?? {}).flatMap(([name, texts]) => {
    if (!Array.isArray(texts)) return [];
    return [`${name}: ${texts.filter((text) => typeof text === "string").join(" ")}`];
  });
  return said.join("; ").slice(0, MAX_FIELD_ERRORS);
}
