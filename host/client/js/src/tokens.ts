/** The tokens of one session. */
export interface Tokens {
  access: string;
  refresh: string;
}

/** Whether two are the same tokens, or both none. */
export function same(a: Tokens | undefined, b: Tokens | undefined): boolean {
  return a?.access === b?.access && a?.refresh === b?.refresh;
}

/** Whether an access token can be in a header: visible ASCII. Errors of fetch quote what cannot. */
export function sendable(access: string): boolean {
  return /^[!-~]+$/.test(access);
}

// A token is fresh for so long, at most: another one would fare no better. In milliseconds.
const YOUTH = 10_000;

// The end of the year 9999, in seconds.
const MAX_DATE = 253402300799;

/** When a token was issued and when it expires, in milliseconds by the server's clock. */
export class Life {
  readonly from: number | undefined;
  readonly to: number | undefined;

  /** Reads a token without checking it: that is the server's business. */
  constructor(token: string) {
    const claims = claimsOf(token);
    const exp = claims?.["exp"];
    const iat = claims?.["iat"];
    if (typeof exp !== "number" || exp <= 0 || exp > MAX_DATE) return;
    this.to = exp * 1000;
    if (typeof iat === "number" && iat > 0 && iat <= exp) this.from = iat * 1000;
  }

  ended(now: number): boolean {
    return this.to !== undefined && now >= this.to;
  }

  /**
   * Whether a new token is wanted: early before the end, or a quarter of the token's life before it where
   * that is shorter; of that time only the share that is drawn. A token that does not say when it expires is
   * never due.
   */
  due(now: number, early: number, draw: number): boolean {
    if (this.to === undefined) return false;
    if (this.from !== undefined) early = Math.min(early, (this.to - this.from) / 4);
    return now >= this.to - draw * early;
  }

  /** Whether the token is so fresh that another one would fare no better. */
  young(now: number): boolean {
    if (this.from === undefined || this.to === undefined) return false;
    return now - this.from < Math.min(YOUTH, (this.to - this.from) / 4);
  }
}

function claimsOf(token: string): Record<string, unknown> | undefined {
  const [, payload = "", ...signature] = token.split(".");
  if (signature.length !== 1) return undefined;
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === "object" && claims !== null ? { ...claims } : undefined;
  } catch {
    return undefined;
  }
}
