export { Client } from "./client.js";
export { LoggedOut, Refused, Unavailable, Unexpected } from "./errors.js";
export type { Logout } from "./logout.js";
export type { Options, Paths } from "./options.js";
export { memory, type Storage } from "./storage.js";
export { tabs } from "./tabs.js";
export type { Tokens } from "./tokens.js";
