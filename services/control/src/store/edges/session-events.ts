// Sessions as relays see them, into the catalogue and the audit log. Each event holds the whole session, so the newest
// version wins whatever the order; what happened once (opened, attached, ended) is in the audit log by its event.
import type { EventParty, SessionEvent } from "@cmdop/edge";
import { sql } from "kysely";
import type { Actor, WriteTransaction } from "../unit-of-work.ts";

export const applySessionEvent = async (tx: WriteTransaction, event: SessionEvent): Promise<void> => {
  const { session, attachment, by } = event;
  const { exit } = session;
  const isEndKnown = event.change === "ended" && (await hasEnded(tx, event.sessionId));
  await tx.db
    .insertInto("sessions")
    .values({
      id: event.sessionId,
      fleet_id: event.fleet,
      machine_id: event.machineId,
      version: event.version,
      kind: session.kind,
      name: session.name,
      program: session.program,
      state: session.state,
      opened_by: session.openedBy,
      opened_by_account: null,
      opened_by_token: null,
      actor: null,
      created_at: new Date(session.createdAtMs),
      ended_at: exit ? new Date(exit.atMs) : null,
      exit_code: exit?.code ?? null,
      exit_signal: exit && exit.signal !== "" ? exit.signal : null,
      exit_reason: exit?.reason ?? null,
      output_bytes: session.outputBytes,
      input_bytes: session.inputBytes,
      attachments: session.attachments,
      updated_at: new Date(event.atMs),
      ...recordingOf(event),
    })
    .onConflict((conflict) =>
      conflict
        .column("id")
        .doUpdateSet((row) => ({
          version: row.ref("excluded.version"),
          name: row.ref("excluded.name"),
          state: row.ref("excluded.state"),
          ended_at: row.ref("excluded.ended_at"),
          exit_code: row.ref("excluded.exit_code"),
          exit_signal: row.ref("excluded.exit_signal"),
          exit_reason: row.ref("excluded.exit_reason"),
          output_bytes: sql`greatest(sessions.output_bytes, excluded.output_bytes)`,
          input_bytes: sql`greatest(sessions.input_bytes, excluded.input_bytes)`,
          attachments: row.ref("excluded.attachments"),
          updated_at: row.ref("excluded.updated_at"),
          // A relay of before says nothing about it: what was known stays.
          ...(event.recording && recordingOf(event)),
        }))
        .whereRef("sessions.version", "<", "excluded.version")
        // A session never moves to another fleet, whatever a relay says.
        .whereRef("sessions.fleet_id", "=", "excluded.fleet_id"),
    )
    .execute();
  if (event.change === "opened" && by) {
    // Told once, perhaps behind later events of it: kept whatever the version.
    await tx.db
      .updateTable("sessions")
      .set({ opened_by_account: by.accountId, opened_by_token: by.tokenId, actor: by.actor })
      .where("id", "=", event.sessionId)
      .where("fleet_id", "=", event.fleet)
      .where("opened_by_token", "is", null)
      .where("opened_by_account", "is", null)
      .execute();
  }
  if (attachment) await applyAttachment(tx, event, attachment);
  if (!isEndKnown) await noteSession(tx, event);
  tx.publish("session", event.sessionId, event.fleet);
};

const recordingOf = ({ recording }: SessionEvent) => {
  const kept = recording?.state === "kept" ? recording : undefined;
  const gone = recording?.state === "gone" ? recording : undefined;
  return {
    recording_from: kept?.from ?? null,
    recording_to: kept?.to ?? null,
    recording_until: kept && kept.untilMs !== null ? new Date(kept.untilMs) : null,
    recording_gone_at: gone ? new Date(gone.atMs) : null,
  };
};

/** A relay that starts anew hears of the end again from the machine, and tells it again. */
const hasEnded = async (tx: WriteTransaction, sessionId: string): Promise<boolean> => {
  const known = await tx.db
    .selectFrom("sessions")
    .select("state")
    .where("id", "=", sessionId)
    .executeTakeFirst();
  return known?.state === "ended";
};

const applyAttachment = async (
  tx: WriteTransaction,
  event: SessionEvent,
  attachment: NonNullable<SessionEvent["attachment"]>,
): Promise<void> => {
  const { by } = attachment;
  await tx.db
    .insertInto("session_attachments")
    .values({
      id: attachment.id,
      session_id: event.sessionId,
      fleet_id: event.fleet,
      name: by.name,
      actor: by.actor,
      account_id: by.accountId,
      token_id: by.tokenId,
      role: attachment.role,
      attached_at: new Date(attachment.attachedAtMs),
      detached_at: attachment.detachedAtMs === null ? null : new Date(attachment.detachedAtMs),
      reason: attachment.reason,
      output_bytes: attachment.outputBytes,
    })
    .onConflict((conflict) =>
      conflict
        .column("id")
        .doUpdateSet({
          detached_at: sql`coalesce(session_attachments.detached_at, excluded.detached_at)`,
          reason: sql`case when excluded.detached_at is null then session_attachments.reason else excluded.reason end`,
          output_bytes: sql`greatest(session_attachments.output_bytes, excluded.output_bytes)`,
        })
        .whereRef("session_attachments.session_id", "=", "excluded.session_id"),
    )
    .execute();
};

const audited: Readonly<Partial<Record<SessionEvent["change"], string>>> = {
  opened: "session.open",
  attached: "session.attach",
  detached: "session.detach",
  ended: "session.end",
};

const noteSession = async (tx: WriteTransaction, event: SessionEvent): Promise<void> => {
  const action = audited[event.change];
  if (!action) return;
  const { attachment, session } = event;
  tx.audit(
    {
      action,
      fleet: event.fleet,
      target: { kind: "session", id: event.sessionId },
      body: {
        machine: event.machineId,
        seenAt: new Date(event.atMs).toISOString(),
        ...(attachment ? { attachment: attachment.id, role: attachment.role } : {}),
        ...(event.change === "ended" && session.exit
          ? { reason: session.exit.reason, code: session.exit.code }
          : {}),
      },
    },
    await toActor(tx, attachment?.by ?? event.by),
  );
};

const toActor = async (tx: WriteTransaction, by: EventParty | null): Promise<Actor | undefined> => {
  if (!by) return undefined;
  const name = by.name === "" ? undefined : by.name;
  const credential = await credentialOf(tx, by);
  const fingerprint = credential?.fingerprint;
  const serviceAccount = credential?.service_account_id;
  if (serviceAccount) return { kind: "service", id: serviceAccount, name, fingerprint };
  const account = by.accountId ?? credential?.account_id;
  return account
    ? { kind: "account", id: account, name, fingerprint }
    : { kind: "edge", id: name ?? "operator" };
};

/** Theirs alone: what a leaked key did is found by its fingerprint. */
const credentialOf = async (tx: WriteTransaction, { accountId, tokenId }: EventParty) => {
  if (tokenId === null) return undefined;
  const found = await tx.db
    .selectFrom("credentials")
    .select(["fingerprint", "account_id", "service_account_id"])
    .where("id", "=", tokenId)
    .executeTakeFirst();
  const bearer = found?.service_account_id ?? found?.account_id;
  // A ticket of a service account names none.
  return accountId === null || accountId === bearer ? found : undefined;
};
