// The streams of revocations, one an edge: what it missed, then what comes, and a heartbeat each second while the database
// answers: without it, nobody here would hear what another process revokes.
//
// I1  Lines leave in the order of their numbers, none twice and none left out.
// I2  What is not kept any more is said before anything else; when it goes while it is read, the stream ends.
// I3  An edge that does not read is let go: it comes back and asks from where it stood.
// I4  A control plane that stops ends them at once: they would hold its listener for as long as it waits for anybody.
import { internalLimits, type RevocationRow } from "@cmdop/edge";
import type { FastifyReply } from "fastify";
import type { RevocationLog } from "../../store/edges/revocation-log.ts";

const bufferedBytesMax = 4 * 1024 * 1024;
const rowsPerRead = 1_000;

export class RevocationStreams {
  readonly #options: { readonly revocations: RevocationLog; readonly wallMs: () => number };
  readonly #open = new Set<() => void>();

  constructor(options: { readonly revocations: RevocationLog; readonly wallMs: () => number }) {
    this.#options = options;
  }

  /** Edges that follow. */
  get count(): number {
    return this.#open.size;
  }

  async serve(reply: FastifyReply, after: number | undefined): Promise<FastifyReply> {
    const { raw } = reply;
    const end = (): void => void raw.end();
    this.#open.add(end);
    try {
      return await streamRevocations(reply, { ...this.#options, after });
    } finally {
      // What ends before its answer has begun is told to nobody later.
      if (raw.closed) this.#open.delete(end);
      else raw.once("close", () => this.#open.delete(end));
    }
  }

  /** Ends all of them; an edge asks again, from where it stands. */
  close(): void {
    for (const end of this.#open) end();
  }
}

const streamRevocations = async (
  reply: FastifyReply,
  options: {
    readonly revocations: RevocationLog;
    readonly after: number | undefined;
    readonly wallMs: () => number;
  },
): Promise<FastifyReply> => {
  const { revocations, wallMs } = options;
  const { head, oldest } = await revocations.bounds();
  if (options.after !== undefined && (options.after < oldest || options.after > head)) {
    // Beyond the head: the control plane was restored from a backup, and what the edge knows is of another time.
    return reply.code(410).type("application/problem+json").send({ code: "log_compacted", head, oldest });
  }
  let sent = options.after ?? oldest;
  const { raw } = reply;
  reply.hijack();
  // An edge that left meanwhile: its close has been, and would end nothing of what begins below.
  if (raw.closed) return reply;
  raw.writeHead(200, {
    "content-type": "application/x-ndjson",
    "cache-control": "no-store",
    // Its end is the end of the connection: a control plane that stops waits for none.
    connection: "close",
  });
  const line = (value: unknown): void => {
    if (raw.writableEnded) return;
    if (raw.writableLength > bufferedBytesMax) raw.destroy();
    else raw.write(`${JSON.stringify(value)}\n`);
  };
  const send = (rows: readonly RevocationRow[]): void => {
    for (const row of rows) {
      if (row.seq <= sent) continue;
      // Numbers have no hole: what lies between was compacted since. The edge asks again.
      if (row.seq !== sent + 1) return void raw.destroy();
      line(row);
      sent = row.seq;
    }
  };

  const arrived: RevocationRow[] = [];
  let isReplayed = false;
  const stop = revocations.follow((rows) => {
    if (isReplayed) send(rows);
    else arrived.push(...rows);
  });
  const heartbeat = setInterval(() => {
    if (isReplayed && revocations.isCurrent) line({ head: sent, nowMs: wallMs() });
  }, internalLimits.heartbeatMs);
  raw.once("close", () => {
    stop();
    clearInterval(heartbeat);
  });
  try {
    for (;;) {
      const rows = await revocations.read(sent, rowsPerRead);
      send(rows);
      if (rows.length < rowsPerRead || raw.destroyed) break;
    }
    send(arrived);
    isReplayed = true;
    line({ head: sent, nowMs: wallMs() });
  } catch {
    raw.destroy();
  }
  return reply;
};
