import { Backoff } from "@cmdop/base";
import pg from "pg";
import type { StopListening, Wake } from "../../store/database.ts";
import { toStorageError } from "./storage-failures.ts";

export interface Listener {
  listen(channel: string, wake: Wake): Promise<StopListening>;
  close(): Promise<void>;
}

const channelName = /^[a-z_][a-z0-9_]{0,62}$/;

/** Who is to be woken on which channel. */
export class WakeTable {
  readonly #wakes = new Map<string, Set<Wake>>();

  get channels(): string[] {
    return [...this.#wakes.keys()];
  }

  /** Says whether the channel is new. The name goes into SQL as it stands, so it must be a plain one. */
  add(channel: string, wake: Wake): boolean {
    if (!channelName.test(channel)) throw new Error(`${channel} is not a channel's name.`);
    const wakes = this.#wakes.get(channel);
    wakes?.add(wake);
    if (wakes === undefined) this.#wakes.set(channel, new Set([wake]));
    return wakes === undefined;
  }

  /** Says whether nobody is left on the channel. */
  delete(channel: string, wake: Wake): boolean {
    const wakes = this.#wakes.get(channel);
    wakes?.delete(wake);
    return wakes?.size === 0 && this.#wakes.delete(channel);
  }

  wake(channel: string, payload: string | undefined): void {
    for (const wake of [...(this.#wakes.get(channel) ?? [])]) wake(payload);
  }

  wakeAll(): void {
    for (const channel of this.channels) this.wake(channel, undefined);
  }
}

/**
 * Listens on a connection of its own, opened with the first channel, and dials again when it is lost. LISTEN does
 * not work through a pooler in transaction mode: the URL must reach the server itself.
 */
export class PostgresListener implements Listener {
  readonly #url: string;
  readonly #onLost: (cause: unknown) => void;
  readonly #table = new WakeTable();
  readonly #backoff = new Backoff();
  #client: Promise<pg.Client> | undefined;
  #redial: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(url: string, onLost: (cause: unknown) => void) {
    this.#url = url;
    this.#onLost = onLost;
  }

  async listen(channel: string, wake: Wake): Promise<StopListening> {
    const isNew = this.#table.add(channel, wake);
    try {
      const client = await this.#connected();
      if (isNew) await client.query(`LISTEN ${channel}`);
    } catch (error) {
      this.#table.delete(channel, wake);
      throw toStorageError(error);
    }
    return async () => {
      if (!this.#table.delete(channel, wake)) return;
      // A connection that is lost listens to nothing; the next one reads the table.
      await this.#client?.then((client) => client.query(`UNLISTEN ${channel}`)).catch(() => {});
    };
  }

  #connected(): Promise<pg.Client> {
    this.#client ??= this.#dial();
    return this.#client;
  }

  async #dial(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: "cmdop-control-listener",
      keepAlive: true,
    });
    client.on("notification", ({ channel, payload }) => this.#table.wake(channel, payload ?? ""));
    let isLost = false;
    const lose = (cause: unknown): void => {
      if (isLost) return;
      isLost = true;
      this.#lose(cause);
    };
    client.on("error", lose);
    client.on("end", () => lose(new Error("The listening connection ended.")));
    try {
      await client.connect();
      for (const channel of this.#table.channels) await client.query(`LISTEN ${channel}`);
    } catch (error) {
      lose(error);
      void client.end().catch(() => {});
      throw error;
    }
    this.#backoff.reset();
    return client;
  }

  #lose(cause: unknown): void {
    this.#client = undefined;
    if (this.#isClosed) return;
    this.#onLost(cause);
    if (this.#redial !== undefined || this.#table.channels.length === 0) return;
    this.#redial = setTimeout(() => {
      this.#redial = undefined;
      this.#connected().then(
        () => this.#table.wakeAll(),
        () => {},
      );
    }, this.#backoff.nextMs());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#redial);
    await this.#client?.then((client) => client.end()).catch(() => {});
  }
}
