import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Attachment, Client, SessionReference } from "@cmdop/sdk";
import { waitFor } from "@cmdop/testkit";
import { numberedLines } from "./numbered-lines.ts";
import { ReceivedOutput } from "./received-output.ts";
import { collect, expectNothingLost, type Typing, typeTokens } from "./under-fault.ts";

/** A session that streams numbered lines to a lossless operator who types all the while. */
export class LiveSession {
  readonly attachment: Attachment;
  readonly #client: Client;
  readonly #scratch: string;
  readonly #received = new ReceivedOutput();
  readonly #collected: Promise<void>;
  readonly #typing: Typing;

  private constructor(client: Client, attachment: Attachment, scratch: string) {
    this.#client = client;
    this.attachment = attachment;
    this.#scratch = scratch;
    this.#collected = collect(attachment, this.#received);
    this.#typing = typeTokens(attachment);
  }

  static async start(client: Client): Promise<LiveSession> {
    const scratch = mkdtempSync(path.join(tmpdir(), "cmdop-outage-"));
    const argv = numberedLines(path.join(scratch, "input"), 200);
    const attachment = await client.start({ argv, cols: 100, rows: 30 }, { mode: "lossless" });
    return new LiveSession(client, attachment, scratch);
  }

  get id(): string {
    return this.attachment.session.id;
  }

  /** Lines that were typed and given back, with a word. */
  get refused(): readonly string[] {
    return this.#typing.refused;
  }

  /** Resolves when output and acknowledgements of key presses come that were not there before. */
  async untilFlowing(): Promise<void> {
    const bytes = this.#received.receivedBytes;
    const keys = this.#typing.acked.length;
    await waitFor(
      () => this.#received.receivedBytes > bytes + 10_000 && this.#typing.acked.length > keys + 5,
      { timeoutMs: 60_000, what: "output and acknowledged input" },
    );
  }

  async end(): Promise<void> {
    await expectNothingLost({
      client: this.#client,
      attachment: this.attachment,
      collected: this.#collected,
      received: this.#received,
      typing: this.#typing,
      inputFile: path.join(this.#scratch, "input"),
    });
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}

/** Attaches, reads a little, detaches. Gives how many bytes came. */
export const attachAndRead = async (client: Client, session: SessionReference): Promise<number> => {
  const attachment = await client.attach(session, { mode: "lossless" });
  const received = new ReceivedOutput();
  for (let item = await attachment.read(); item; item = await attachment.read()) {
    received.take(item);
    if (received.receivedBytes > 5_000) break;
  }
  await attachment.detach();
  return received.receivedBytes;
};
