// Transactions of the control plane. A change and its audit entry are one transaction; so are the revocations that
// it causes.
//
// I1  No change commits without an audit entry; facts that edges and clocks report are no change of anybody's.
// I2  Audit entries and revocations are numbered under the lock of audit_head, taken last: numbers are committed in
//     their order, and the lock is held for the shortest time.
// I3  Code that works for a tenant sees the fleets of its scope alone: row-level security stands behind it.
import { type AuditEntryDraft, appendEntry, parseHead } from "@cmdop/audit";
import type { Clock } from "@cmdop/base";
import { internalLimits, type RevocationRow } from "@cmdop/edge";
import { sql } from "kysely";
import type { StorageEngine } from "./database.ts";
import type { ControlDatabase, Reader, Writer } from "./schema.ts";
import { enqueueDeliveries, type WebhookEvent } from "./webhooks/enqueue-deliveries.ts";

/** Whose rows a transaction may touch: those of some fleets, or what is one account's own. */
export type RowScope = "all" | readonly string[] | { readonly account: string };

/** Who changes something, for the audit log. */
export interface Actor {
  readonly kind: "account" | "service" | "machine" | "edge" | "system" | "anonymous";
  readonly id: string;
  readonly name?: string | undefined;
  readonly fingerprint?: string | undefined;
}

/** Where a request came from. */
export interface Origin {
  readonly requestId: string;
  readonly ip?: string | undefined;
  readonly client?: string | undefined;
}

export type AuditNote = Omit<AuditEntryDraft, "at" | "actor" | "requestId" | "ip" | "client" | "outcome"> & {
  readonly outcome?: AuditEntryDraft["outcome"];
};

export interface WriteTransaction {
  readonly db: Writer;
  /** The transaction's time. */
  readonly nowMs: number;
  readonly now: Date;
  readonly actor: Actor;
  /** Notes what is done here, by the transaction's actor unless it is somebody else's doing that is reported. */
  audit(note: AuditNote, actor?: Actor): void;
  /** From the commit on, edges refuse all that carries one of these subjects, and end what is live with it. */
  revoke(subjects: readonly string[], reason: string): void;
  /** Tells those who watch, after the commit. */
  publish(topic: string, id: string, fleetId?: string): void;
}

type Outcome = "done" | "replay" | "unchanged" | "recorded";

interface SignedNote {
  readonly note: AuditNote;
  readonly by: Actor;
}

export interface Written<Result> {
  readonly kind: "done" | "replay" | "unchanged";
  readonly result: Result;
}

/** The channel on which processes learn that there is something new; the payload says what. */
export const changesChannel = "cmdop_changes";

/** Published facts that are nobody's decision, so that no audit entry tells a webhook of them. */
const happened: ReadonlySet<string> = new Set(["schedule.completed", "schedule.failed", "budget.alert"]);

export class UnitOfWork {
  readonly #database: ControlDatabase;
  readonly #clock: Clock;
  #revoked: ((rows: readonly RevocationRow[]) => void) | undefined;

  constructor(database: ControlDatabase, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  get engine(): StorageEngine {
    return this.#database.engine;
  }

  /** `revoked` is told of the revocations of each transaction as soon as it is known to have committed. */
  onRevoked(revoked: (rows: readonly RevocationRow[]) => void): void {
    this.#revoked = revoked;
  }

  read<Result>(scope: RowScope, body: (db: Reader) => Promise<Result>): Promise<Result> {
    return this.#database.transaction(body, { settings: settingsOf(scope) });
  }

  /**
   * Over all fleets, each statement by itself: for a question of one or two short ones, whose later may see more than
   * the first. To begin and to end a transaction costs as much as such a question.
   */
  lookUp<Result>(body: (db: Reader) => Promise<Result>): Promise<Result> {
    return body(this.#database.kysely);
  }

  async write<Result>(
    scope: RowScope,
    actor: Actor,
    origin: Origin,
    body: (tx: WriteTransaction) => Promise<Result>,
  ): Promise<Result> {
    const { result } = await this.writeOrReplay(scope, actor, origin, async (tx) => ({
      kind: "done",
      result: await body(tx),
    }));
    return result;
  }

  /** What an edge has seen, or a clock has brought about: nobody decided it, so it need not be an audit entry. */
  async record<Result>(
    actor: Actor,
    origin: Origin,
    body: (tx: WriteTransaction) => Promise<Result>,
  ): Promise<Result> {
    const { result } = await this.#run("all", actor, origin, async (tx) => ({
      kind: "recorded",
      result: await body(tx),
    }));
    return result;
  }

  /** As `write`; a body that finds the work done already, or none to do, says so and has changed nothing. */
  writeOrReplay<Result>(
    scope: RowScope,
    actor: Actor,
    origin: Origin,
    body: (tx: WriteTransaction) => Promise<Written<Result>>,
  ): Promise<Written<Result>> {
    return this.#run(scope, actor, origin, body);
  }

  async #run<Result, Kind extends Outcome>(
    scope: RowScope,
    actor: Actor,
    origin: Origin,
    body: (tx: WriteTransaction) => Promise<{ readonly kind: Kind; readonly result: Result }>,
  ): Promise<{ readonly kind: Kind; readonly result: Result }> {
    let revoked: readonly RevocationRow[] = [];
    const work = async (db: Writer): Promise<{ readonly kind: Kind; readonly result: Result }> => {
      const nowMs = this.#clock.wallMs();
      const notes: SignedNote[] = [];
      const revocations: { subjects: readonly string[]; reason: string }[] = [];
      const changes: string[] = [];
      const events: WebhookEvent[] = [];
      const written = await body({
        db,
        nowMs,
        now: new Date(nowMs),
        actor,
        audit: (note, by = actor) => {
          notes.push({ note, by });
          const { fleet, target, outcome = "allowed" } = note;
          if (fleet === undefined || outcome !== "allowed") return;
          events.push({ type: note.action, fleetId: fleet, actor: by, target, data: note.body });
        },
        revoke: (subjects, reason) => revocations.push({ subjects, reason }),
        publish: (topic, id, fleetId) => {
          changes.push(JSON.stringify({ topic, id, ...(fleetId === undefined ? {} : { fleetId }) }));
          // One with a verb is something that happened; the others only say where to look.
          if (fleetId === undefined || !happened.has(topic)) return;
          events.push({ type: topic, fleetId, actor, data: { id } });
        },
      });
      if (written.kind === "replay" || written.kind === "unchanged") return written;
      if (notes.length === 0 && written.kind === "done") throw new Error("a change without an audit entry");
      if (notes.length + revocations.length > 0) {
        revoked = await this.#seal(db, { nowMs, origin, notes, revocations });
      }
      await enqueueDeliveries(db, events, new Date(nowMs));
      for (const change of changes) await sql`select pg_notify(${changesChannel}, ${change})`.execute(db);
      return written;
    };
    const done = await this.#database.transaction(work, { settings: settingsOf(scope) });
    if (revoked.length > 0) this.#revoked?.(revoked);
    return done;
  }

  async #seal(
    db: Writer,
    work: {
      readonly nowMs: number;
      readonly origin: Origin;
      readonly notes: readonly SignedNote[];
      readonly revocations: readonly { readonly subjects: readonly string[]; readonly reason: string }[];
    },
  ): Promise<readonly RevocationRow[]> {
    const row = await db.selectFrom("audit_head").selectAll().forUpdate().executeTakeFirstOrThrow();
    let head = parseHead({ seq: Number(row.seq), hash: row.hash, frontier: row.frontier });
    const at = new Date(work.nowMs);
    for (const { note, by } of work.notes) {
      const appended = appendEntry(head, {
        ...note,
        outcome: note.outcome ?? "allowed",
        at: at.toISOString(),
        actor: by,
        requestId: work.origin.requestId,
        ip: work.origin.ip,
        client: work.origin.client,
      });
      head = appended.head;
      await db
        .insertInto("audit_entries")
        .values({
          seq: head.seq,
          at,
          fleet_id: note.fleet ?? null,
          actor_kind: by.kind,
          actor_id: by.id,
          action: note.action,
          target_kind: note.target?.kind ?? null,
          target_id: note.target?.id ?? null,
          outcome: note.outcome ?? "allowed",
          request_id: work.origin.requestId,
          fingerprint: by.fingerprint ?? null,
          entry: appended.canonical,
          hash: head.hash,
        })
        .execute();
    }
    const revocationSeq = Number(row.revocation_seq);
    const pieces = work.revocations.flatMap(({ subjects, reason }) =>
      inPieces(subjects, internalLimits.revocationSubjects).map((piece) => ({ subjects: piece, reason })),
    );
    const revoked = pieces.map(({ subjects, reason }, index): RevocationRow => {
      const seq = revocationSeq + index + 1;
      return { seq, previousSeq: seq - 1, subjects, reason, atMs: work.nowMs };
    });
    for (const { seq, subjects, reason } of revoked) {
      await db.insertInto("revocations").values({ seq, at, subjects, reason }).execute();
    }
    await db
      .updateTable("audit_head")
      .set({
        seq: head.seq,
        hash: head.hash,
        frontier: JSON.stringify(head.frontier),
        revocation_seq: revocationSeq + revoked.length,
      })
      .execute();
    // Empty on purpose: it only wakes; what is new is read from the table.
    if (revoked.length > 0) await sql`select pg_notify('cmdop_revocations', '')`.execute(db);
    return revoked;
  }
}

/** An edge that finds more in one row ends its feed, and finds the same whenever it comes back. */
const inPieces = (subjects: readonly string[], sizeMax: number): string[][] =>
  Array.from({ length: Math.ceil(subjects.length / sizeMax) }, (_, piece) =>
    subjects.slice(piece * sizeMax, (piece + 1) * sizeMax),
  );

/** Row-level security holds from the transaction's beginning to its end. */
const settingsOf = (scope: RowScope): Readonly<Record<string, string>> =>
  typeof scope === "object" && "account" in scope
    ? { "app.fleets": "", "app.account": scope.account, role: "cmdop_tenant" }
    : { "app.fleets": scope === "all" ? "*" : scope.join(","), "app.account": "", role: "cmdop_tenant" };
