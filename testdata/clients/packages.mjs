// The packages as `run` has installed them, in the folder EDGETOKEN_CLIENTS_CACHE.
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(path.join(process.env.EDGETOKEN_CLIENTS_CACHE, "package.json"));
const load = (name) => import(pathToFileURL(require.resolve(name)));

export const { Client, LoggedOut, memory, Refused, tabs, Unavailable, Unexpected } = await load("edgetoken-client");
export const { attach } = await load("edgetoken-client/axios");
export const { file } = await load("edgetoken-client/file");
export const axios = (await load("axios")).default;
