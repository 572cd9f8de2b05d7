// The thread that holds the embedded engine. It takes whole messages of PostgreSQL's protocol and answers them one
// after the other; the control process' own loop is never blocked by a query.
import { dirname } from "node:path";
import { setFlagsFromString } from "node:v8";
import { parentPort, workerData } from "node:worker_threads";
import { keepCompiledCode } from "@cmdop/service/compiled-code";
import { PGlite } from "@electric-sql/pglite";
import { DiskSpace } from "./disk-space.ts";
import { DurableFiles } from "./durable-files.ts";
import type { EmbeddedWorkerData, FromEmbedded, ToEmbedded } from "./embedded-messages.ts";
import { summarizeAnswer } from "./server-messages.ts";
import { engineStartParams } from "./start-params.ts";

/** The engine never checkpoints by itself: it has no background process, and alone its log would grow for ever. */
const checkpointBytes = 16 * 1024 * 1024;

const port = parentPort;
if (port === null) throw new Error("This file is the entry of a worker thread.");
const post = (message: FromEmbedded, transfer: ArrayBuffer[] = []): void =>
  port.postMessage(message, transfer);

// The optimizing compiler takes 600 MB for one function of the engine that has 100 kB (its own trace says so), keeps
// 60 more for ever, and doubles the processor time of a start. Without it a statement takes a fifth more; what is
// prepared takes none. Each function is validated when it is first compiled: most of the engine's 8 MB never is.
// For the whole process, and before the engine is loaded.
for (const flag of ["--no-wasm-tier-up", "--no-wasm-dynamic-tiering", "--wasm-lazy-validation"]) {
  setFlagsFromString(flag);
}

const startedMs = performance.now();
const { dataDir } = workerData as EmbeddedWorkerData;
const files = new DurableFiles(dataDir);
const space = new DiskSpace(dirname(dataDir));
space.prepare();

/** The end of the engine's own log: when it dies, its last lines say why. For the log of the process, never for a peer. */
const logLinesMax = 20;
const log: string[] = [];
const died = (cause: unknown): Error =>
  new Error([`The embedded engine died: ${files.abortCause ?? String(cause)}`, ...log].join("\n"), { cause });

const engine = await PGlite.create({
  fs: files,
  startParams: [...engineStartParams],
  onStderr: (line) => {
    log.push(line);
    if (log.length > logLinesMax) log.shift();
    return false;
  },
}).catch((cause: unknown) => {
  throw died(cause);
});

const execute = async (bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> => {
  const parts: Uint8Array[] = [];
  await engine.execProtocolRawStream(bytes, {
    syncToFs: false,
    // The bytes lie in the engine's memory and are overwritten by the next ones.
    onRawData: (part) => parts.push(part.slice()),
  });
  if (files.abortCause !== undefined) throw died(files.abortCause);
  const [only] = parts;
  return parts.length === 1 && only !== undefined
    ? new Uint8Array(only.buffer as ArrayBuffer)
    : new Uint8Array(Buffer.concat(parts));
};

/** A simple query whose answer nobody waits for. */
const run = async (sql: string): Promise<void> => {
  const text = Buffer.from(`${sql}\0`);
  const message = Buffer.alloc(5 + text.length);
  message.write("Q");
  message.writeUInt32BE(4 + text.length, 1);
  text.copy(message, 5);
  await execute(message);
};

let checkpointAtBytes = files.bytesWritten + checkpointBytes;
const checkpoint = async (): Promise<void> => {
  const beforeMs = performance.now();
  await run("CHECKPOINT");
  checkpointAtBytes = files.bytesWritten + checkpointBytes;
  post({ kind: "checkpoint", ms: performance.now() - beforeMs });
};

/** Fails closed: an engine whose syncs do not arrive here would lose what it acknowledged. */
const assertSyncs = async (): Promise<void> => {
  const before = files.syncs;
  await run("CHECKPOINT");
  if (files.syncs === before) {
    throw new Error("The embedded engine does not sync its files. It must not be used in this version.");
  }
};

let isIdle = true;
let isReadOnly = false;
/** Between transactions alone: inside one, the setting would end with it. */
const heedSpace = async (): Promise<void> => {
  if (!isIdle || space.isFull(performance.now(), files.bytesWritten) === isReadOnly) return;
  isReadOnly = !isReadOnly;
  await run(`SET default_transaction_read_only = ${isReadOnly ? "on" : "off"}`);
  post({ kind: "space", isFull: isReadOnly });
};

const handle = async (message: ToEmbedded): Promise<void> => {
  switch (message.kind) {
    case "reset":
      await run("ROLLBACK");
      await run("DISCARD ALL");
      isIdle = true;
      isReadOnly = false;
      for (const channel of message.channels) await run(`LISTEN ${channel}`);
      break;
    case "bytes": {
      await heedSpace();
      const bytes = await execute(message.bytes);
      const answer = summarizeAnswer(bytes);
      isIdle = answer.isIdle;
      post({ kind: "bytes", connection: message.connection, bytes }, [bytes.buffer]);
      if (answer.fatal !== undefined) {
        files.fence(answer.fatal);
        throw new Error(`The embedded engine ended: ${answer.fatal}`);
      }
      // On a full disk a checkpoint finds no space for its own files, and the engine ends itself.
      if (isIdle && !isReadOnly && files.bytesWritten > checkpointAtBytes) await checkpoint();
      break;
    }
    case "close":
      await engine.close();
      post({ kind: "closed" });
      port.close();
      break;
  }
};

await assertSyncs();

let queue = Promise.resolve();
port.on("message", (message: ToEmbedded) => {
  // A rejection ends the thread: the process sees its error and starts another one, which recovers from the log.
  queue = queue.then(() => handle(message));
});
post({ kind: "ready", startMs: performance.now() - startedMs });
keepCompiledCode();
