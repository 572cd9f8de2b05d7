import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { freePort } from "./free-port.ts";
import { waitFor } from "./wait-for.ts";

const run = promisify(execFile);

/** Where Debian, Homebrew and the makers' own packages put the programs. */
const roots = ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"];
const oldestMajor = 15;

const programDirectory = (): string | undefined =>
  roots
    .filter((root) => existsSync(root))
    .flatMap((root) => readdirSync(root).map((name) => ({ root, name })))
    .map(({ root, name }) => ({ bin: path.join(root, name, "bin"), major: Number(/\d+$/.exec(name)?.[0]) }))
    .filter(({ bin, major }) => major >= oldestMajor && existsSync(path.join(bin, "initdb")))
    .sort((one, other) => other.major - one.major)[0]?.bin;

interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

/** PostgreSQL refuses to run as root; then it runs as the user that its package made, else as nobody. */
const serverIdentity = (): Identity => {
  if (process.getuid?.() !== 0) return {};
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const user = ["postgres", "nobody"].flatMap((name) => users.filter(([first]) => first === name))[0];
  if (user === undefined) throw new Error("There is no user that PostgreSQL could run as.");
  return { uid: Number(user[2]), gid: Number(user[3]) };
};

// The server ends with the test run, also when that is killed: its standard input closes then.
const watched = 'exec 3<&0; "$@" 3<&- & server=$!; { read -r _ <&3; kill -QUIT $server; } & wait $server';

const makeDirectory = (identity: Identity): string => {
  const directory = mkdtempSync(path.join(tmpdir(), "cmdop-pg-"));
  if (identity.uid !== undefined) chownSync(directory, identity.uid, identity.gid ?? identity.uid);
  return directory;
};

const initialize = (bin: string, directory: string, identity: Identity): void => {
  execFileSync(
    path.join(bin, "initdb"),
    [
      ...["--pgdata", path.join(directory, "data"), "--username", "postgres", "--auth", "trust"],
      ...["--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"],
    ],
    { ...identity, cwd: directory, stdio: ["ignore", "ignore", "inherit"] },
  );
};

/** With its owner and modes, which the server insists on. */
const copy = (from: string, to: string): void => {
  execFileSync("cp", ["-a", from, to]);
};

/**
 * A real PostgreSQL server in a temporary directory, fast and forgetful: nothing is synced. Databases made from a
 * template take about a tenth of a second each. In a test run that has prepared one (CMDOP_TEST_POSTGRES), each begins
 * as a copy of what initdb made.
 */
export class TemporaryPostgres {
  readonly port: number;
  readonly #bin: string;
  readonly #directory: string;
  readonly #identity: Identity;
  #server: ChildProcess | undefined;
  #databases = 0;

  private constructor(bin: string, directory: string, identity: Identity, port: number) {
    this.#bin = bin;
    this.#directory = directory;
    this.#identity = identity;
    this.port = port;
  }

  /** Whether PostgreSQL 15 or newer is installed; on Debian: apt-get install postgresql. */
  static isInstalled(): boolean {
    return programDirectory() !== undefined;
  }

  /** Puts what initdb makes below `root`, unless it is there, and gives its place; undefined: not installed. */
  static prepare(root: string): string | undefined {
    const bin = programDirectory();
    if (bin === undefined) return undefined;
    const target = path.join(root, bin.replaceAll(path.sep, "-").slice(1));
    if (existsSync(target)) return target;
    const identity = serverIdentity();
    const directory = makeDirectory(identity);
    const unfinished = `${target}.${process.pid}`;
    try {
      initialize(bin, directory, identity);
      copy(path.join(directory, "data"), unfinished);
      renameSync(unfinished, target);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
    return target;
  }

  static async start(): Promise<TemporaryPostgres> {
    const bin = programDirectory();
    if (bin === undefined) throw new Error(`PostgreSQL ${oldestMajor} or newer is not installed.`);
    const identity = serverIdentity();
    const directory = makeDirectory(identity);
    const postgres = new TemporaryPostgres(bin, directory, identity, await freePort());
    try {
      const prepared = process.env.CMDOP_TEST_POSTGRES;
      if (prepared === undefined) initialize(bin, directory, identity);
      else copy(prepared, path.join(directory, "data"));
      await postgres.resume();
    } catch (error) {
      await postgres.close();
      throw error;
    }
    return postgres;
  }

  /** By its Unix socket. */
  url(database = "postgres"): string {
    return `postgres://postgres@${encodeURIComponent(this.#directory)}:${this.port}/${database}`;
  }

  /** By loopback, for what stands between: a proxy, a pooler. */
  tcpUrl(database = "postgres"): string {
    return `postgres://postgres@127.0.0.1:${this.port}/${database}`;
  }

  /** Makes a database and gives its name; `template` is the name of one that nobody is connected to. */
  async createDatabase(template = "template1"): Promise<string> {
    this.#databases += 1;
    const name = `test_${this.#databases}`;
    await this.execute(`create database ${name} template ${template}`);
    return name;
  }

  /** Runs SQL as the superuser and gives what psql prints: unaligned rows without headers. */
  async execute(sql: string, database = "postgres"): Promise<string> {
    const { stdout } = await run(path.join(this.#bin, "psql"), [
      ...["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"],
      ...["--dbname", this.url(database), "--command", sql],
    ]);
    return stdout.trim();
  }

  /** Starts the server again on what kill() left. */
  async resume(): Promise<void> {
    const settings = [
      // Commits still reach the operating system, so they survive kill().
      "fsync=off",
      "full_page_writes=off",
      "shared_buffers=32MB",
      "max_wal_size=256MB",
      "listen_addresses=127.0.0.1",
      `port=${this.port}`,
      `unix_socket_directories=${this.#directory}`,
    ].flatMap((setting) => ["-c", setting]);
    const server = spawn(
      "sh",
      [
        ...["-c", watched, "sh"],
        path.join(this.#bin, "postgres"),
        ...["-D", path.join(this.#directory, "data"), ...settings],
      ],
      { ...this.#identity, cwd: this.#directory, stdio: ["pipe", "ignore", "pipe"] },
    );
    let log = "";
    server.stderr.on("data", (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4_000);
    });
    this.#server = server;
    await waitFor(
      async () => {
        if (server.exitCode !== null) throw new Error(log);
        return (await this.execute("select 1")) === "1";
      },
      { timeoutMs: 20_000, everyMs: 50, what: "PostgreSQL's start" },
    );
  }

  /** Ends the server at once, as a crash does; its data stay. */
  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined || server.exitCode !== null) return;
    const ended = once(server, "exit");
    server.stdin?.end();
    await ended;
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
