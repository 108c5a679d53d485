import { unable, type Cause, type Unable } from "./refused.js";

/** Why a request has no token: no header or one of another scheme, or one that is not two words. */
export type HeaderCause = "not_authenticated" | "bad_authorization_header";

/** What the texts of an answer depend on, as in Status. */
interface Wording {
  types: string[];
  compat: string;
}

// The texts that differ from "Token is invalid". X-Auth-Error has the name of the cause, or what
// stands beside the text.
const details: Partial<Record<Cause | HeaderCause, [detail: string, name?: string]>> = {
  expired: ["Token is expired"],
  no_exp: ["Token has no 'exp' claim"],
  no_id: ["Token has no id"],
  no_type: ["Token has no type"],
  wrong_type: ["Token has wrong type"],
  blacklisted: ["Token is blacklisted"],
  cut_off: ["Token is blacklisted", "blacklisted"],
  no_user: ["Token contained no recognizable user identification"],
  not_authenticated: ["Authentication credentials were not provided."],
  bad_authorization_header: ["Authorization header must contain two space-delimited values"],
};

/** Reports whether a cause says nothing of the token. */
export function isUnable(cause: Cause): boolean {
  return unable.includes(cause as Unable);
}

/** Answers where nothing is known of a token. */
export function unavailable(): Response {
  const detail = "Service temporarily unavailable, try again later.";
  return json(503, { detail }, { "Retry-After": "1" });
}

/** Answers as the service itself does, byte for byte. The wording is for tokens alone. */
export function refuse(
  cause: Cause | HeaderCause,
  realm: string,
  { types, compat }: Wording = { types: [], compat: "" },
): Response {
  let [message, name = cause] = details[cause] ?? ["Token is invalid", "invalid"];
  if (compat === "5.2" && (name === "expired" || name === "invalid")) {
    [message, name] = ["Token is invalid or expired", "invalid"];
  }
  return json(401, body(cause, message, types), {
    "WWW-Authenticate": `Bearer realm="${realm}"`,
    "X-Auth-Error": name,
  });
}

/** Answers a cookie that another site had the browser send. */
export function refuseOrigin(): Response {
  return json(403, { detail: "CSRF Failed: Origin checking failed." }, {});
}

function body(cause: Cause | HeaderCause, message: string, types: string[]): object {
  switch (cause) {
    case "not_authenticated":
      return { detail: message };
    case "bad_authorization_header":
      return { detail: message, code: cause };
    case "no_user":
      return { detail: message, code: "token_not_valid" };
  }
  return {
    detail: "Given token not valid for any token type",
    code: "token_not_valid",
    messages: types.map((type) => ({
      token_class: type === "sliding" ? "SlidingToken" : "AccessToken",
      token_type: type,
      message,
    })),
  };
}

function json(status: number, value: object, headers: Record<string, string>): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { "Content-Type": "application/json", ...headers },
  });
}
