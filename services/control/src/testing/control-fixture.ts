// A whole control plane in this process on a database of its own, and a client that speaks HTTP to it. When it closes,
// every secret that it was told or has told is looked for in its database, its log and its refusals (secret-watch.ts).
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { askLocalControl, mintOpaqueToken } from "@cmdop/authority";
import { newId } from "@cmdop/base";
import { placePreparedDatabase, type SecretSearch, TemporaryPostgres } from "@cmdop/testkit";
import { sql } from "kysely";
import pino from "pino";
import { type Dispatcher, request as send } from "undici";
import { createArgon2Passwords } from "../adapters/passwords/argon2-passwords.ts";
import { parseConfig } from "../config.ts";
import type { InstallationRole } from "../core/access/roles.ts";
import type { Proof } from "../core/identity/proofs.ts";
import { type Control, type ControlOptions, openControl } from "../server.ts";
import type { Services } from "../services.ts";
import { openBrowserSession } from "../store/identity/browser-sessions.ts";
import type { WriteTransaction } from "../store/unit-of-work.ts";
import { SecretWatch } from "./secret-watch.ts";

export interface TestAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it knows to be there
  readonly body: any;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface AskOptions {
  readonly token?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TestAccount {
  readonly accountId: string;
  readonly token: string;
}

/** The session cookie that an answer sets, as a browser sends it back. */
export const cookieOf = (answer: TestAnswer): string => {
  const set = String(answer.headers["set-cookie"] ?? "");
  if (!set.startsWith("__Host-cmdop=cmdop_ses_")) {
    throw new Error(`no session in an answer of ${answer.status}: ${JSON.stringify(answer.body)}`);
  }
  return set.split(";")[0] ?? "";
};

/** Of a password's hash. At production's cost is operations/sign-in/sign-in.test.ts. */
const leastCost = { memoryCost: 8, timeCost: 1, parallelism: 1 };

/** Everything that was written to its log. */
export class LogLines {
  readonly lines: string[] = [];
  write(line: string): void {
    this.lines.push(line);
  }
}

export class ControlFixture {
  readonly control: Control;
  readonly home: string;
  readonly log: LogLines;
  readonly url: string;
  /** All that will be searched for. */
  readonly secrets: SecretSearch;
  readonly #server: TemporaryPostgres | undefined;

  private constructor(
    { control, secrets }: WatchedControl,
    {
      home,
      log,
      server,
    }: { readonly home: string; readonly log: LogLines; readonly server: TemporaryPostgres | undefined },
  ) {
    this.control = control;
    this.secrets = secrets;
    this.home = home;
    this.log = log;
    this.#server = server;
    this.url = `http://127.0.0.1:${control.port}`;
  }

  /**
   * `databaseUrl`: a PostgreSQL of the test's own; without it, the embedded engine, or where the suite runs once more
   * on PostgreSQL (CMDOP_TEST_ENGINE, vitest.config.ts) a server of this fixture's own.
   */
  static async open(
    options: Partial<ControlOptions> & {
      readonly home?: string;
      /** More of the configuration's variables. */
      readonly env?: Readonly<Record<string, string>>;
      /** Of what it is asked nothing is searched for: it is made up. */
      readonly isSentNoise?: boolean;
    } = {},
  ): Promise<ControlFixture> {
    const home = options.home ?? mkdtempSync(path.join(tmpdir(), "cmdop-control-"));
    const log = new LogLines();
    const parsed = parseConfig(
      {
        CMDOP_HOME: home,
        CMDOP_CONTROL_PORT: "0",
        CMDOP_CONTROL_INTERNAL_PORT: "0",
        CMDOP_CONTROL_METRICS_PORT: "off",
        ...options.env,
      },
      "/",
    );
    if (parsed.kind === "problems") throw new Error(parsed.problems.join("\n"));
    const config = options.config ?? parsed.config;
    const isOnPostgres = process.env.CMDOP_TEST_ENGINE === "postgres" && options.databaseUrl === undefined;
    const server = isOnPostgres ? await TemporaryPostgres.start() : undefined;
    const databaseUrl = server?.url(await server.createDatabase()) ?? options.databaseUrl;
    if (databaseUrl === undefined) placePreparedDatabase(config.dir);
    try {
      const passwords = createArgon2Passwords(leastCost);
      const opened = { log: pino({ messageKey: "event" }, log), passwords, ...options, config, databaseUrl };
      const { dir } = config;
      const { isSentNoise = false } = options;
      const control = watchSecrets(await openControl(opened), { dir, log, isSentNoise });
      return new ControlFixture(control, { home, log, server });
    } catch (error) {
      await server?.close();
      throw error;
    }
  }

  async ask(method: Dispatcher.HttpMethod, at: string, options: AskOptions = {}): Promise<TestAnswer> {
    const { token, body, headers } = options;
    const response = await send(`${this.url}${at}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.body.text();
    return {
      status: response.statusCode,
      body: text === "" ? undefined : JSON.parse(text),
      headers: response.headers,
    };
  }

  /** Where the first owner is made: what `cmdop control setup-url` prints. */
  async setupUrl(): Promise<string> {
    const socket = path.join(this.home, "control", "control.sock");
    const { url } = await askLocalControl(socket, "POST", "/local/v1/setup-codes");
    return String(url);
  }

  /** An account with a CLI login that was just made, put into the tables as the operations would. */
  async addAccount(name: string, role: InstallationRole = "member"): Promise<TestAccount> {
    const accountId = newId("acc");
    const { unitOfWork } = this.control.services;
    await unitOfWork.write("all", { kind: "system", id: "test" }, { requestId: "test" }, async (tx) => {
      await tx.db
        .insertInto("accounts")
        .values({
          id: accountId,
          email: `${name}@example.org`,
          name,
          installation_role: role,
          password_hash: null,
          created_at: tx.now,
        })
        .execute();
      tx.audit({ action: "account.create", target: { kind: "account", id: accountId }, body: {} });
    });
    return { accountId, token: (await this.addCredential(accountId, "cli")).token };
  }

  /** A credential of the account that allows all that the account may. */
  async addCredential(
    accountId: string,
    kind: "cli" | "api",
  ): Promise<{ readonly id: string; readonly token: string }> {
    const minted = mintOpaqueToken(kind);
    const { unitOfWork } = this.control.services;
    await unitOfWork.record({ kind: "system", id: "test" }, { requestId: "test" }, (tx) =>
      tx.db
        .insertInto("credentials")
        .values({
          id: minted.id,
          kind,
          hash: minted.hash,
          fingerprint: minted.fingerprint,
          account_id: accountId,
          service_account_id: null,
          fleet_id: null,
          name: "test",
          scopes: null,
          fleets: null,
          limits: null,
          client: "{}",
          created_at: tx.now,
          created_by: accountId,
          signed_in_at: kind === "cli" ? tx.now : null,
          last_used_from: null,
          revoked_reason: null,
          replaced_by: null,
        })
        .execute(),
    );
    return minted;
  }

  /** Puts a membership into the tables; gives its id. */
  async addMember(fleetId: string, accountId: string, role: string): Promise<string> {
    const id = newId("mem");
    const { unitOfWork } = this.control.services;
    await unitOfWork.record({ kind: "system", id: "test" }, { requestId: "test" }, (tx) =>
      tx.db
        .insertInto("memberships")
        .values({
          id,
          fleet_id: fleetId,
          account_id: accountId,
          role,
          invited_by: null,
          created_at: tx.now,
        })
        .execute(),
    );
    return id;
  }

  /** Puts machines into the tables; gives their ids. */
  async addMachines(fleetId: string, names: readonly string[]): Promise<readonly string[]> {
    const { unitOfWork } = this.control.services;
    return await unitOfWork.record({ kind: "system", id: "test" }, { requestId: "test" }, async (tx) => {
      const ids = names.map(() => newId("mch"));
      for (const [index, name] of names.entries()) {
        await tx.db
          .insertInto("machines")
          .values({
            id: ids[index] ?? "",
            fleet_id: fleetId,
            name,
            hostname: name,
            tags: [],
            facts: "{}",
            created_at: tx.now,
            joined_with: "test",
            ephemeral_after_ms: null,
            disabled_reason: null,
            generation_mark: null,
            last_contact_at: tx.now,
            online_edge: null,
          })
          .execute();
      }
      return ids;
    });
  }

  /** A relay has its link from now on. */
  async linkMachine(machineId: string): Promise<void> {
    await this.control.services.unitOfWork.record(
      { kind: "system", id: "test" },
      { requestId: "test" },
      (tx) =>
        tx.db.updateTable("machines").set({ online_edge: "test" }).where("id", "=", machineId).execute(),
    );
  }

  /** Puts a live session into the catalogue, as a relay's events would; gives its id. */
  async addSession(fleetId: string, machineId: string): Promise<string> {
    const id = newId("ses");
    await this.control.services.unitOfWork.record(
      { kind: "system", id: "test" },
      { requestId: "test" },
      (tx) =>
        tx.db
          .insertInto("sessions")
          .values({
            ...{ id, fleet_id: fleetId, machine_id: machineId, version: 1, kind: "terminal", name: "build" },
            ...{ program: "sh", state: "live", opened_by: "test", opened_by_account: null, actor: null },
            ...{ opened_by_token: null, created_at: tx.now, ended_at: null, exit_code: null },
            ...{ exit_signal: null, exit_reason: null, output_bytes: 0, input_bytes: 0, attachments: 0 },
            updated_at: tx.now,
          })
          .execute(),
    );
    return id;
  }

  /** From now on, all that the account signed in with is older than what needs a fresh sign-in takes. */
  async ageSignIn(accountId: string): Promise<void> {
    const { unitOfWork } = this.control.services;
    await unitOfWork.record({ kind: "system", id: "test" }, { requestId: "test" }, (tx) =>
      tx.db
        .updateTable("credentials")
        .set({ signed_in_at: new Date(tx.nowMs - 3_600_000) })
        .where("account_id", "=", accountId)
        .execute(),
    );
  }

  async revokeCredential(id: string): Promise<void> {
    const { unitOfWork } = this.control.services;
    await unitOfWork.record({ kind: "system", id: "test" }, { requestId: "test" }, async (tx) => {
      await tx.db.updateTable("credentials").set({ revoked_at: tx.now }).where("id", "=", id).execute();
      tx.revoke([id], "test");
    });
  }

  /** A browser in which somebody has just signed in: its cookie. */
  async openBrowser(accountId: string, proofs: readonly Proof[] = ["password"]): Promise<string> {
    const { unitOfWork, random } = this.control.services;
    const actor = { kind: "system", id: "test" } as const;
    const session = await unitOfWork.write("all", actor, { requestId: "test" }, (tx) =>
      openBrowserSession(tx, random, { accountId, proofs, origin: { requestId: "test" } }),
    );
    return session.headers["set-cookie"].split(";")[0] ?? "";
  }

  /** Changes rows as no operation would: time that has passed, a setting that somebody made. */
  async change(body: (tx: WriteTransaction) => Promise<unknown>): Promise<void> {
    const actor = { kind: "system", id: "test" } as const;
    await this.control.services.unitOfWork.write("all", actor, { requestId: "test" }, async (tx) => {
      await body(tx);
      tx.audit({ action: "test.change", body: {} });
    });
  }

  /** Every row of every table, as text: to be searched for what must not be there. */
  dumpDatabase(): Promise<string> {
    return dump(this.control.services);
  }

  async close(): Promise<void> {
    try {
      await this.control.close();
    } finally {
      await this.#server?.close();
      rmSync(this.home, { recursive: true, force: true });
    }
  }
}

const dump = ({ unitOfWork }: Services): Promise<string> =>
  unitOfWork.read("all", async (db) => {
    const tables = await sql<{ name: string }>`
      select tablename as name from pg_tables
      where schemaname = 'public' and has_table_privilege(format('%I.%I', schemaname, tablename), 'select')`.execute(
      db,
    );
    const texts: string[] = [];
    for (const { name } of tables.rows) {
      const rows = await sql<{ row: string }>`select t::text as row from ${sql.table(name)} t`.execute(db);
      texts.push(...rows.rows.map(({ row }) => `${name} ${row}`));
    }
    return texts.join("\n");
  });

interface WatchedControl {
  readonly control: Control;
  readonly secrets: SecretSearch;
}

/** The control plane, searched for its secrets when it closes for the first time. */
const watchSecrets = (
  control: Control,
  { log, ...options }: { readonly dir: string; readonly log: LogLines; readonly isSentNoise: boolean },
): WatchedControl => {
  const watch = new SecretWatch({ ...options, ports: [control.port, control.internalPort] });
  const searched = async (close: () => Promise<void>): Promise<void> => {
    const database = await dump(control.services).finally(close);
    const lines = log.lines.map((line) => `${/"event":"([\w.]+)"/.exec(line)?.[1]} ${line}`);
    const found = watch.end({ dump: database, log: lines.join("") });
    if (found.length > 0) throw new Error(`secrets where none may be:\n${found.join("\n")}`);
  };
  let closed: Promise<void> | undefined;
  const closeBy = (close: () => Promise<void>) => (): Promise<void> => {
    closed ??= searched(close);
    return closed;
  };
  return {
    control: { ...control, close: closeBy(() => control.close()), drain: closeBy(() => control.drain()) },
    secrets: watch.search,
  };
};
