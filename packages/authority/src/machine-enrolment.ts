import { createHash, createPublicKey, type KeyObject, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Failure } from "@cmdop/base";
import { type AskControl, textOf } from "./ask-control.ts";
import { type ControlProofPurpose, signControlProof } from "./control-proof.ts";
import { rawPublicKey } from "./fingerprint.ts";
import { parseJoinString } from "./join-string.ts";
import type { MachineIdentity } from "./machine-identity.ts";
import { hasCode, writeSecretFile } from "./secret-file.ts";

// How a machine comes into a fleet with its own key, and how it gets its next token there.
//
// The marks: each request names the mark that the one before has set, and the next one. Both lie on disk before the
// request is sent, and stay until its answer is there: a lost answer is asked for again with the same two, and a copy of
// this disk, which names old ones, is found out.

export interface EnrolmentFiles {
  readonly tokenFile: string;
  readonly marksFile: string;
}

export interface MachineEnrolment {
  readonly machineId: string;
  readonly name: string;
  readonly expiresAtMs: number;
  /** `host:port`, the preferred one first. */
  readonly relays: readonly string[];
  readonly relayCaPin: string | undefined;
}

interface Marks {
  readonly mark: string;
  readonly nextMark?: string;
}

const markPattern = /^[A-Za-z0-9_-]{22}$/;

const newMark = (): string => randomBytes(16).toString("base64url");

const isMark = (value: unknown): value is string => typeof value === "string" && markPattern.test(value);

/** Undefined: this machine did not join. */
const readMarks = async (file: string): Promise<Marks | undefined> => {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    if (hasCode(cause, "ENOENT")) return undefined;
    throw new Failure("not_configured", `${file} cannot be read.`, { cause });
  }
  const { mark, nextMark } = (value ?? {}) as Record<string, unknown>;
  if (!isMark(mark)) throw new Failure("not_configured", `${file} holds no mark.`);
  return isMark(nextMark) ? { mark, nextMark } : { mark };
};

const writeMarks = (file: string, marks: Marks): Promise<void> =>
  writeSecretFile(file, `${JSON.stringify(marks)}\n`);

const publicKeyOf = (key: KeyObject): string =>
  Buffer.from(rawPublicKey(createPublicKey(key))).toString("base64url");

const keep = async (
  files: EnrolmentFiles,
  mark: string,
  answer: Record<string, unknown>,
): Promise<MachineEnrolment> => {
  await writeSecretFile(files.tokenFile, `${textOf(answer, "token")}\n`);
  await writeMarks(files.marksFile, { mark });
  const { relays, relayCaPin } = answer;
  return {
    machineId: textOf(answer, "machineId"),
    name: textOf(answer, "name"),
    expiresAtMs: Date.parse(textOf(answer, "expiresAt")),
    relays: Array.isArray(relays) ? relays.map(String) : [],
    relayCaPin: typeof relayCaPin === "string" ? relayCaPin : undefined,
  };
};

const sign = (
  key: KeyObject,
  purpose: ControlProofPurpose,
  nonce: string,
  parts: readonly string[],
): string => Buffer.from(signControlProof(key, { purpose, nonce, parts })).toString("base64url");

export interface JoiningMachine {
  readonly key: KeyObject;
  readonly joinString: string;
  /** Absent: the host's name. */
  readonly name?: string | undefined;
  readonly hostname: string;
}

export type JoinOutcome =
  | { readonly kind: "joined"; readonly enrolment: MachineEnrolment }
  /** Somebody has to let it in, who sees the same code; after that it joins again. */
  | { readonly kind: "waits"; readonly enrolmentId: string; readonly code: string };

export const joinFleet = async (
  ask: AskControl,
  files: EnrolmentFiles,
  machine: JoiningMachine,
): Promise<JoinOutcome> => {
  const { key, name, hostname } = machine;
  const token = parseJoinString(machine.joinString)?.token;
  if (token === undefined) throw new Failure("invalid_argument", "That is no join string.");
  const nonce = textOf(await ask("POST", "/v1/join/challenge"), "nonce");
  const mark = newMark();
  const tokenHash = createHash("sha256").update(token).digest("base64url");
  const answer = await ask("POST", "/v1/join", {
    body: {
      token,
      publicKey: publicKeyOf(key),
      nonce,
      mark,
      signature: sign(key, "join", nonce, [tokenHash, mark]),
      hostname,
      ...(name === undefined ? {} : { name }),
    },
  });
  return answer.token === undefined
    ? { kind: "waits", enrolmentId: textOf(answer, "enrolmentId"), code: textOf(answer, "code") }
    : { kind: "joined", enrolment: await keep(files, mark, answer) };
};

/** Whether a machine that waits was let in. */
export const readEnrolmentState = async (
  ask: AskControl,
  enrolmentId: string,
): Promise<"waiting" | "approved" | "denied"> => {
  const state = textOf(await ask("POST", "/v1/join/state", { body: { enrolmentId } }), "state");
  return state === "approved" || state === "denied" ? state : "waiting";
};

/**
 * The machine's next token, written to its file; with it a new key, when the control plane wants one or one was on its
 * way. Undefined: it has not joined by this control plane.
 */
export const renewMachineToken = async (
  ask: AskControl,
  files: EnrolmentFiles,
  identity: MachineIdentity,
): Promise<MachineEnrolment | undefined> => {
  const known = await readMarks(files.marksFile);
  if (!known) return undefined;
  if (await identity.isRotating()) return rotate(ask, files, identity);
  const renewed = await renew(ask, files, identity.key);
  if (renewed.answer.rotateKey === true) return rotate(ask, files, identity);
  return renewed.enrolment;
};

const renew = async (
  ask: AskControl,
  files: EnrolmentFiles,
  key: KeyObject,
): Promise<{ readonly enrolment: MachineEnrolment; readonly answer: Record<string, unknown> }> => {
  const known = await readMarks(files.marksFile);
  if (!known) throw new Failure("not_configured", `${files.marksFile} is gone: join again (cmdop join).`);
  const { mark, nextMark = newMark() } = known;
  const nonce = textOf(await ask("POST", "/v1/machines/token/challenge"), "nonce");
  await writeMarks(files.marksFile, { mark, nextMark });
  const answer = await ask("POST", "/v1/machines/token", {
    body: {
      publicKey: publicKeyOf(key),
      nonce,
      mark,
      nextMark,
      signature: sign(key, "token", nonce, [mark, nextMark]),
    },
  });
  return { enrolment: await keep(files, nextMark, answer), answer };
};

/** Every step may be done again: the old key holds until the new one got a token. */
const rotate = async (
  ask: AskControl,
  files: EnrolmentFiles,
  identity: MachineIdentity,
): Promise<MachineEnrolment> => {
  const next = await identity.openNext();
  await propose(ask, identity.key, next).catch((error: unknown) => {
    // The new key has taken over already, and only the answer was lost.
    if (!(error instanceof Failure) || error.code !== "machine_not_found") throw error;
  });
  const { enrolment } = await renew(ask, files, next);
  await identity.takeNext();
  return enrolment;
};

const propose = async (ask: AskControl, key: KeyObject, next: KeyObject): Promise<void> => {
  const nonce = textOf(await ask("POST", "/v1/machines/token/challenge"), "nonce");
  const parts = [publicKeyOf(key), publicKeyOf(next)];
  await ask("POST", "/v1/machines/rotation", {
    body: {
      publicKey: publicKeyOf(key),
      newPublicKey: publicKeyOf(next),
      nonce,
      signature: sign(key, "rotation", nonce, parts),
      newSignature: sign(next, "rotation", nonce, parts),
    },
  });
};
