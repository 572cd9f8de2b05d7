import { Failure } from "@cmdop/base";
import { z } from "zod";
import { keptUntilMs, signingKeyState } from "../../core/keys/signing-key-times.ts";
import { type Operation, readOperation, writeOperation } from "../../operation.ts";
import {
  addNextSigningKey,
  readSigningKeys,
  type SigningKeyRow,
  toTimes,
  withdrawSigningKeys,
} from "../../store/keys/signing-keys.ts";
import type { WriteTransaction } from "../../store/unit-of-work.ts";

const signingKeySchema = z
  .object({
    id: z.string().describe("The key's fingerprint; `kid` in what it signs"),
    state: z.enum(["next", "signing", "retired"]),
    createdAt: z.iso.datetime(),
    signsFrom: z.iso.datetime(),
    keptUntil: z.iso.datetime().nullable().describe("Null: no key follows it yet"),
  })
  .meta({ id: "SigningKey" });

const toViews = (rows: readonly SigningKeyRow[], nowMs: number): z.input<typeof signingKeySchema>[] => {
  const times = rows.map(toTimes);
  return rows.map((row, at) => {
    const untilMs = keptUntilMs(times, at);
    return {
      id: row.id,
      state: signingKeyState(times, at, nowMs),
      createdAt: row.created_at.toISOString(),
      signsFrom: row.signs_from.toISOString(),
      keptUntil: untilMs === undefined ? null : new Date(untilMs).toISOString(),
    };
  });
};

const listSigningKeys = readOperation({
  id: "listSigningKeys",
  method: "GET",
  path: "/v1/signing-keys",
  tag: "Edges",
  summary: "The keys by which edges verify tickets and machines' tokens, the oldest first",
  access: { kind: "installation", right: "edges:read" },
  answers: { 200: z.object({ items: z.array(signingKeySchema) }) },
  handle: async ({ db, services }) => ({
    status: 200,
    body: { items: toViews(await readSigningKeys(db), services.clock.wallMs()) },
  }),
});

const rotateSigningKey = writeOperation({
  id: "rotateSigningKey",
  method: "POST",
  path: "/v1/signing-keys",
  tag: "Edges",
  summary: "Make the next signing key: it signs a day later, when every edge has it",
  description:
    "409 `conflict` while one waits already: two are never under way. The control plane does it by itself every 90 days.",
  access: { kind: "installation", right: "edges:manage" },
  isFreshSignInNeeded: true,
  answers: { 201: signingKeySchema },
  handle: async ({ tx, services }) => {
    const { kind, row } = await addNextSigningKey(tx, services.sealer);
    if (kind === "waiting")
      throw new Failure(
        "conflict",
        `The next key was made already: it signs from ${row.signs_from.toISOString()}.`,
      );
    return { status: 201, body: await viewOf(tx, row) };
  },
});

const withdrawAllSigningKeys = writeOperation({
  id: "withdrawSigningKeys",
  method: "POST",
  path: "/v1/signing-keys/withdrawal",
  tag: "Edges",
  summary: "Shut out every signing key of now, since one was stolen; a new one signs at once",
  description:
    "Relays refuse what those signed within a second, and end the links and attachments that were opened with it. Machines " +
    "come back by themselves; tickets are to be asked for again. Edges that are away hear of it when they are back.",
  access: { kind: "installation", right: "edges:manage" },
  isFreshSignInNeeded: true,
  answers: {
    201: z.object({ key: signingKeySchema, withdrawn: z.array(z.string()).describe("Their ids") }),
  },
  handle: async ({ tx, services }) => {
    const { row, withdrawn } = await withdrawSigningKeys(tx, services.sealer);
    return { status: 201, body: { key: await viewOf(tx, row), withdrawn } };
  },
});

const viewOf = async (
  tx: Pick<WriteTransaction, "db" | "nowMs">,
  row: SigningKeyRow,
): Promise<z.input<typeof signingKeySchema>> => {
  const view = toViews(await readSigningKeys(tx.db), tx.nowMs).find(({ id }) => id === row.id);
  if (!view) throw new Error("the key that was made is there");
  return view;
};

export const signingKeyOperations: readonly Operation[] = [
  listSigningKeys,
  rotateSigningKey,
  withdrawAllSigningKeys,
];
