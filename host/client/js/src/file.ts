import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { sleep } from "./retry.js";
import type { Storage } from "./storage.js";
import { same, type Tokens } from "./tokens.js";

// Whoever changes the file holds a lock for a few milliseconds. One that is older than this was left behind.
const STALE = 10_000;
const LOCK_POLL = 5;

/**
 * Keeps tokens in a file that its owner alone may read (mode 0600), as JSON with the members "access" and
 * "refresh", as the Go client does. Processes may share it. A change is written beside it, synced and
 * renamed, so that a reader sees the one or the other. Its directory is made if it is missing (0700).
 */
export function file(path: string): Storage {
  return {
    shared: true,
    load: () => read(path),
    replace: async (old, next) => {
      const directory = dirname(path);
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const written = next === undefined ? undefined : await write(path, next);
      try {
        return await locked(`${path}.writing`, async () => {
          if (!same(await read(path), old)) return false;
          if (written === undefined) await rm(path, { force: true });
          else await rename(written, path);
          await sync(directory);
          return true;
        });
      } finally {
        if (written !== undefined) await rm(written, { force: true }); // what was not renamed
      }
    },
  };
}

async function read(path: string): Promise<Tokens | undefined> {
  let text: string;
  try {
    const { mode } = await stat(path);
    if (process.platform !== "win32" && (mode & 0o077) !== 0) {
      throw new Error(`others may read ${path}: log out, since somebody may have, or run chmod 600 ${path}`);
    }
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const { access, refresh } = JSON.parse(text) as Partial<Tokens>;
    if (typeof access === "string" && typeof refresh === "string") return { access, refresh };
  } catch {
    // An error of JSON.parse quotes the text.
  }
  throw new Error(`${path} is not a file of this program; move it away and log in again`);
}

/** Writes tokens beside a file, and gives the name. */
async function write(path: string, { access, refresh }: Tokens): Promise<string> {
  const beside = `${path}.${randomUUID()}.new`;
  const opened = await open(beside, "wx", 0o600);
  try {
    await opened.writeFile(`${JSON.stringify({ access, refresh })}\n`);
    await opened.sync();
  } finally {
    await opened.close();
  }
  return beside;
}

/** Makes a renamed or removed file last. Windows has no such call. */
async function sync(directory: string): Promise<void> {
  if (process.platform === "win32") return;
  const opened = await open(directory);
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}

/** Does something while nobody else does, by a directory that only one can make. */
async function locked<T>(path: string, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      await mkdir(path, 0o700);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const left = await stat(path).then(({ mtimeMs }) => Date.now() - mtimeMs > STALE, () => false);
      if (left) await rmdir(path).catch(() => {});
      else await sleep(LOCK_POLL * (0.5 + Math.random()));
    }
  }
  try {
    return await work();
  } finally {
    await rmdir(path).catch(() => {});
  }
}
