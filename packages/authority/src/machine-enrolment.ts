import { createHash, createPublicKey, type KeyObject, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Failure } from "@cmdop/base";
import { type AskControl, textOf } from "./ask-control.ts";
import { signControlProof } from "./control-proof.ts";
import { rawPublicKey } from "./fingerprint.ts";
import { parseJoinString } from "./join-string.ts";
import { writeSecretFile } from "./secret-file.ts";

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
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
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

const keep = async (files: EnrolmentFiles, mark: string, answer: Record<string, unknown>) => {
  await writeSecretFile(files.tokenFile, `${textOf(answer, "token")}\n`);
  await writeMarks(files.marksFile, { mark });
  return {
    machineId: textOf(answer, "machineId"),
    name: textOf(answer, "name"),
    expiresAtMs: Date.parse(textOf(answer, "expiresAt")),
  };
};

/** Rejects with `permission_denied` while somebody has to let the machine in first. */
export const joinFleet = async (
  ask: AskControl,
  files: EnrolmentFiles,
  machine: {
    readonly key: KeyObject;
    readonly joinString: string;
    readonly name: string;
    readonly hostname: string;
  },
): Promise<MachineEnrolment> => {
  const { key, name, hostname } = machine;
  const token = parseJoinString(machine.joinString)?.token;
  if (token === undefined) throw new Failure("invalid_argument", "That is no join string.");
  const nonce = textOf(await ask("POST", "/v1/join/challenge"), "nonce");
  const mark = newMark();
  await writeMarks(files.marksFile, { mark });
  const parts = [createHash("sha256").update(token).digest("base64url"), mark];
  const signature = signControlProof(key, { purpose: "join", nonce, parts });
  const answer = await ask("POST", "/v1/join", {
    body: {
      token,
      publicKey: publicKeyOf(key),
      nonce,
      mark,
      signature: Buffer.from(signature).toString("base64url"),
      name,
      hostname,
    },
  });
  if (answer.token === undefined) {
    throw new Failure("permission_denied", "Somebody has to let this machine in: cmdop machines approve.");
  }
  return keep(files, mark, answer);
};

/** The machine's next token, written to its file. Undefined: it has not joined by this control plane. */
export const renewMachineToken = async (
  ask: AskControl,
  files: EnrolmentFiles,
  key: KeyObject,
): Promise<MachineEnrolment | undefined> => {
  const known = await readMarks(files.marksFile);
  if (!known) return undefined;
  const { mark, nextMark = newMark() } = known;
  const nonce = textOf(await ask("POST", "/v1/machines/token/challenge"), "nonce");
  await writeMarks(files.marksFile, { mark, nextMark });
  const signature = signControlProof(key, { purpose: "token", nonce, parts: [mark, nextMark] });
  const answer = await ask("POST", "/v1/machines/token", {
    body: {
      publicKey: publicKeyOf(key),
      nonce,
      mark,
      nextMark,
      signature: Buffer.from(signature).toString("base64url"),
    },
  });
  return keep(files, nextMark, answer);
};
