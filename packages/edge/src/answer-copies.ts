import { createCipheriv, createDecipheriv, createHash, hash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { writeSecretFile } from "@cmdop/authority";
import type { Clock } from "@cmdop/base";
import { z } from "zod";
import { type ActiveAnswer, activeAnswerSchema } from "./contract.ts";
import { edgeLimits } from "./limits.ts";

// What the control plane said about opaque tokens, on disk, so that an edge that restarts inside an outage still knows
// who was let in before it.
//
// D1 A token stands here by its hash alone, and its answer is sealed with a key that only the token gives (an answer
//    for a router holds providers' keys): whoever reads the file learns neither.
// D2 An answer's grace runs from when the control plane gave it, over every restart. A clock that went back ends all.
// D3 Copies are bound to the revocations on disk beside them (`epoch`): when revocations were missed, what was written
//    before counts for nothing. Whoever opens an answer holds it against the fence.
// D4 A file that is damaged is as none.
// D5 Whoever asks for a verdict never waits for the disk. Entries, their size and the bytes written a second are bounded.

export interface AnswerCopy {
  readonly answer: ActiveAnswer;
  /** Monotonic: when the control plane was asked. */
  readonly atMs: number;
}

interface Sealed {
  /** Nonce, tag and ciphertext, base64. */
  readonly text: string;
  readonly atMs: number;
  /** Monotonic: when it may not be used any more, whatever the control plane does. */
  readonly untilMs: number;
}

export interface AnswerCopiesOptions {
  readonly file: string;
  readonly clock: Clock;
  /** Undefined: no revocations are on disk, so that nothing written before counts. */
  readonly epoch: number | undefined;
  readonly events: { corrupt(): void; unwritable(cause: unknown): void };
}

const headSchema = z.object({ epoch: z.int().min(0), savedAtMs: z.int().min(0) });
const entrySchema = z.tuple([z.string().min(1).max(256), z.int(), z.int(), z.string()]);

const nonceBytes = 12;
const tagBytes = 16;
/** Lines in one piece of the file: between two pieces others have their turn. */
const linesPerPiece = 200;

export class AnswerCopies {
  readonly #options: AnswerCopiesOptions;
  /** The oldest first. */
  readonly #entries = new Map<string, Sealed>();
  #bytes = 0;
  #epoch: number;
  #isDue = false;
  #isClosed = false;
  #writing: Promise<void> | undefined;
  #cancel: (() => void) | undefined;

  constructor(options: AnswerCopiesOptions) {
    this.#options = options;
    this.#epoch = options.epoch ?? 0;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** `key`: names token and fleet, without saying the token. */
  keep(key: string, token: string, { answer, atMs }: AnswerCopy): void {
    const text = seal(key, token, JSON.stringify(answer));
    this.#remove(key);
    if (text.length <= edgeLimits.answerCopyBytesMax)
      this.#add(key, { text, atMs, untilMs: atMs + answer.usableForMs });
    this.#due();
  }

  /** Undefined: there is none, or its time is over. */
  find(key: string, token: string): AnswerCopy | undefined {
    const sealed = this.#entries.get(key);
    if (!sealed || sealed.untilMs <= this.#options.clock.nowMs()) return undefined;
    const answer = open(key, token, sealed.text);
    return answer && { answer, atMs: sealed.atMs };
  }

  forget(key: string): void {
    if (this.#remove(key)) this.#due();
  }

  clear(epoch: number): void {
    this.#entries.clear();
    this.#bytes = 0;
    this.#epoch = epoch;
    this.#due();
  }

  async load(): Promise<void> {
    const { file, clock, epoch, events } = this.#options;
    const found = await readCopies(file);
    if (found === "absent" || epoch === undefined) return;
    const wallMs = clock.wallMs();
    if (found === "corrupt" || found.savedAtMs > wallMs) return events.corrupt();
    if (found.epoch !== epoch) return;
    const toMonotonic = clock.nowMs() - wallMs;
    for (const [key, atMs, untilMs, text] of found.entries)
      if (untilMs > wallMs && atMs <= wallMs)
        this.#add(key, { text, atMs: atMs + toMonotonic, untilMs: untilMs + toMonotonic });
  }

  /** Writes what is due, and no more after it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#writing;
    if (this.#isDue) await this.#write();
  }

  #add(key: string, sealed: Sealed): void {
    // Twice in a file when it changed while that was written.
    this.#remove(key);
    this.#entries.set(key, sealed);
    this.#bytes += sealed.text.length;
    for (const oldest of this.#entries.keys()) {
      const isFull =
        this.#entries.size > edgeLimits.answerCopiesMax || this.#bytes > edgeLimits.answerCopiesBytesMax;
      if (!isFull) break;
      this.#remove(oldest);
    }
  }

  #remove(key: string): boolean {
    this.#bytes -= this.#entries.get(key)?.text.length ?? 0;
    return this.#entries.delete(key);
  }

  #due(): void {
    this.#isDue = true;
    if (this.#isClosed || this.#cancel) return;
    const paceMs = (this.#bytes / edgeLimits.answerCopiesBytesPerS) * 1_000;
    this.#cancel = this.#options.clock.after(Math.max(edgeLimits.answerCopiesPauseMs, paceMs), () => {
      this.#writing = this.#write().finally(() => {
        this.#cancel = undefined;
        this.#writing = undefined;
        if (this.#isDue) this.#due();
      });
    });
  }

  async #write(): Promise<void> {
    this.#isDue = false;
    try {
      await writeSecretFile(this.#options.file, this.#pieces());
    } catch (cause) {
      this.#options.events.unwritable(cause);
    }
  }

  /** The file, as it stands when each piece is made: an entry that changes meanwhile makes another write due. */
  async *#pieces(): AsyncIterable<string> {
    const { clock } = this.#options;
    const nowMs = clock.nowMs();
    const wallMs = Math.trunc(clock.wallMs());
    const toWall = (atMs: number): number => Math.trunc(atMs - nowMs) + wallMs;
    const hash = createHash("sha256");
    const pieceOf = (lines: readonly unknown[]): string => {
      const piece = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
      hash.update(piece);
      return piece;
    };
    const epoch = this.#epoch;
    yield pieceOf([{ epoch, savedAtMs: wallMs }]);
    let lines: unknown[] = [];
    for (const [key, { text, atMs, untilMs }] of this.#entries) {
      // Cleared meanwhile: what was to be written is of another time.
      if (this.#epoch !== epoch) break;
      if (untilMs <= nowMs) this.#remove(key);
      else lines.push([key, toWall(atMs), toWall(untilMs), text]);
      if (lines.length < linesPerPiece) continue;
      yield pieceOf(lines);
      lines = [];
    }
    yield pieceOf(lines);
    yield `${hash.digest("hex")}\n`;
  }
}

interface Copies extends z.infer<typeof headSchema> {
  readonly entries: readonly z.infer<typeof entrySchema>[];
}

const readCopies = async (file: string): Promise<Copies | "absent" | "corrupt"> => {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "ENOENT" ? "absent" : "corrupt";
  }
  const end = text.lastIndexOf("\n", text.length - 2) + 1;
  const body = text.slice(0, end);
  if (text.slice(end) !== `${createHash("sha256").update(body).digest("hex")}\n`) return "corrupt";
  try {
    const [head, ...entries] = body
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    return { ...headSchema.parse(head), entries: entries.map((entry) => entrySchema.parse(entry)) };
  } catch {
    return "corrupt";
  }
};

/** A token holds 190 random bits: what is derived from it needs no slow hash. The prefix parts it from the token's own. */
const keyOf = (token: string): Uint8Array => hash("sha256", `cmdop edge answer copy\0${token}`, "buffer");

const seal = (key: string, token: string, text: string): string => {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", keyOf(token), nonce).setAAD(Buffer.from(key));
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
};

const open = (key: string, token: string, text: string): ActiveAnswer | undefined => {
  const bytes = Buffer.from(text, "base64");
  try {
    const decipher = createDecipheriv("aes-256-gcm", keyOf(token), bytes.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    })
      .setAAD(Buffer.from(key))
      .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    const opened = Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
    return activeAnswerSchema.parse(JSON.parse(opened.toString("utf8")));
  } catch {
    return undefined;
  }
};
