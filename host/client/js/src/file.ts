import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { lstat, mkdir, open, readdir, rename, rm, rmdir, stat, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sleep } from "./retry.js";
import type { Storage } from "./storage.js";
import { same, type Tokens } from "./tokens.js";

// Whoever changes the file holds a lock for a few milliseconds. One that is older than this was left behind.
const STALE = 10_000;
const LOCK_POLL = 5;
const LONGEST_WAIT = 2 * STALE;
const TAKEN = new Set<unknown>(["ENOTEMPTY", "EEXIST"]); // what rmdir says of a directory with something in it
const MAX_FILE_SIZE = 1 << 20;

/**
 * Keeps tokens in a file that its owner alone may read (mode 0600), as JSON with the members "access" and
 * "refresh", as the Go client does. Processes may share it. Its directory is made if it is missing (0700). A
 * change is written in a directory beside it, PATH.writing, synced and renamed, so that a reader sees the one
 * or the other; that only one process can make that directory is the lock. A file that others may read, or
 * that is another user's, or none of ours, is an error that says so. Windows goes by the access rights of the
 * directory instead.
 */
export function file(path: string): Storage {
  return {
    shared: true,
    load: () => read(path),
    replace: async (old, next) => {
      const directory = dirname(path);
      await makeDirectory(directory);
      return locked(`${path}.writing`, async (beside) => {
        if (!same(await read(path), old)) return false;
        if (next === undefined) {
          await rm(path, { force: true });
        } else {
          await write(beside, next);
          await rename(beside, path);
        }
        await sync(directory);
        return true;
      });
    },
  };
}

async function read(path: string): Promise<Tokens | undefined> {
  let opened: FileHandle;
  try {
    opened = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)); // else a pipe holds who opens it
  } catch (error) {
    if (code(error) === "ENOENT") return undefined;
    throw error;
  }
  try {
    const info = await opened.stat();
    const windows = process.platform === "win32";
    if (!info.isFile()) throw new Error(`${path} is no regular file`);
    // Even root, who may read the files of others, would lock them out by replacing theirs.
    if (!windows && info.uid !== process.geteuid?.()) throw new Error(`${path} belongs to another user`);
    if (!windows && (info.mode & 0o077) !== 0) {
      throw new Error(`others may read ${path}: run chmod 600 ${path}, and log out, since somebody may have`);
    }
    const tokens = info.size <= MAX_FILE_SIZE ? parsed(await opened.readFile("utf8")) : undefined;
    if (tokens === undefined) throw new Error(`${path} is not a file of this program; move it away and log in again`);
    return tokens;
  } finally {
    await opened.close();
  }
}

function parsed(text: string): Tokens | undefined {
  try {
    const { access = "", refresh } = JSON.parse(text) as Partial<Tokens>;
    if (typeof access === "string" && typeof refresh === "string" && refresh !== "") return { access, refresh };
    return undefined;
  } catch {
    return undefined; // the error quotes the text
  }
}

async function write(path: string, { access, refresh }: Tokens): Promise<void> {
  const opened = await open(path, "wx", 0o600);
  try {
    await opened.writeFile(`${JSON.stringify({ access, refresh })}\n`);
    await opened.sync();
  } finally {
    await opened.close();
  }
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

/** Makes a directory and those above it. That of Node never ends where one cannot be made, such as in /proc. */
async function makeDirectory(path: string): Promise<void> {
  try {
    return await mkdir(path, 0o700);
  } catch (error) {
    const above = dirname(path);
    if (code(error) !== "ENOENT" || above === path) {
      if (await stat(path).then((info) => info.isDirectory(), () => false)) return;
      throw error;
    }
    await makeDirectory(above);
  }
  try {
    await mkdir(path, 0o700);
  } catch (error) {
    if (code(error) !== "EEXIST") throw error; // others have made it meanwhile
  }
}

/**
 * Does something while nobody else does, by a directory that only one can make. work gets the name of a file
 * in there, which is gone if somebody has taken the lock for one that was left behind.
 */
async function locked<T>(directory: string, work: (beside: string) => Promise<T>): Promise<T> {
  const watch = new Watch(directory);
  for (;;) {
    try {
      await mkdir(directory, 0o700);
      break;
    } catch (error) {
      if (code(error) !== "EEXIST") throw error;
    }
    if (!(await watch.unlocked())) await sleep(LOCK_POLL * (0.5 + Math.random()));
  }
  const beside = join(directory, `${randomUUID()}.new`);
  try {
    return await work(beside);
  } finally {
    await rm(beside, { force: true });
    await rmdir(directory).catch(() => {}); // others may have taken it
  }
}

/** Looks at the lock of others while one waits for it. */
class Watch {
  readonly #directory: string;
  readonly #began = performance.now();
  #seen = ""; // the lock as it was last
  #since = 0; // when it was so first

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Whether the lock is gone: one that was left behind is removed. Throws once the wait has been long. */
  async unlocked(): Promise<boolean> {
    let gone = false;
    try {
      if (await this.#left()) gone = await remove(this.#directory);
    } catch (error) {
      if (code(error) !== "ENOENT") throw error;
      gone = true;
    }
    if (!gone && performance.now() - this.#began > LONGEST_WAIT) {
      throw new Error(`${this.#directory} is in use all the time; remove it if no program uses it`);
    }
    return gone;
  }

  /** Whether the lock is old, by its date or, where a clock was wrong, because it has not changed for so long. */
  async #left(): Promise<boolean> {
    const now = performance.now();
    const info = await lstat(this.#directory);
    if (!info.isDirectory()) throw new Error(`${this.#directory} is no directory; move it away`);
    const seen = `${info.ino} ${info.ctimeMs}`;
    if (seen !== this.#seen) {
      this.#seen = seen;
      this.#since = performance.now();
    }
    return Date.now() - info.mtimeMs > STALE || now - this.#since > STALE;
  }
}

/** Removes a lock, with what a program that was killed was writing; false: somebody has just taken it. */
async function remove(directory: string): Promise<boolean> {
  for (const name of await readdir(directory)) {
    if (!name.endsWith(".new")) throw new Error(`${join(directory, name)} is not a file of this program; move it away`);
    await rm(join(directory, name), { force: true });
  }
  try {
    await rmdir(directory);
  } catch (error) {
    if (!TAKEN.has(code(error))) throw error;
    return false;
  }
  return true;
}

function code(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
