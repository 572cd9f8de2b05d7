// A thread that draws screens. Sessions take turns of a few milliseconds, so that a flood in one delays a
// snapshot of another by no more than one turn of each flooded session.

import { parentPort } from "node:worker_threads";
import { keepCompiledCode } from "@cmdop/service/compiled-code";
import type { FromWorker, ToWorker } from "./screen-messages.ts";
import { ScreenQueue } from "./screen-queue.ts";

const turnMs = 4;
/** A flood of which nothing came for so long is over, and what rests of it is drawn. */
const restMs = 50;

const port = parentPort;
if (port === null) throw new Error("screen-worker.ts runs as a worker thread");

const screens = new Map<number, ScreenQueue>();
/** Those with something to draw, in the order of their turns. */
const ready = new Set<number>();
/** Those that rest, with the end of it. */
const resting = new Map<number, NodeJS.Timeout>();
let isScheduled = false;
const now = (): number => performance.now();

const send = (message: FromWorker): void => port.postMessage(message);

const open = (message: Extract<ToWorker, { kind: "open" }>): void => {
  const { screen } = message;
  screens.set(
    screen,
    new ScreenQueue(message, {
      drawn: (bytes) => send({ kind: "drawn", screen, bytes }),
      reply: (text) => send({ kind: "reply", screen, text }),
      title: (title) => send({ kind: "title", screen, title }),
      fault: () => send({ kind: "fault", screen }),
    }),
  );
};

const takeTurn = (): void => {
  isScheduled = false;
  const [screen] = ready;
  if (screen === undefined) return;
  ready.delete(screen);
  const queue = screens.get(screen);
  queue?.run(now, now() + turnMs);
  if (queue?.isResting) rest(screen, queue);
  else if (queue !== undefined && !queue.isIdle) ready.add(screen);
  schedule();
};

const rest = (screen: number, queue: ScreenQueue): void => {
  clearTimeout(resting.get(screen));
  const timer = setTimeout(() => {
    resting.delete(screen);
    queue.endRest();
    ready.add(screen);
    schedule();
  }, restMs);
  resting.set(screen, timer);
};

const schedule = (): void => {
  if (isScheduled || ready.size === 0) return;
  isScheduled = true;
  // Messages that came meanwhile are handled before the next turn.
  setImmediate(takeTurn);
};

const handle = (message: ToWorker): void => {
  const { screen } = message;
  if (message.kind === "open") {
    open(message);
    return;
  }
  const queue = screens.get(screen);
  if (queue === undefined) return;
  switch (message.kind) {
    case "write":
      queue.write(message.bytes);
      break;
    case "resize":
      queue.resize(message.cols, message.rows);
      break;
    case "modes":
      queue.modes((modes) => send({ kind: "modes", screen, request: message.request, modes }));
      break;
    case "snapshot":
      queue.snapshot({ nowMs: now(), scrollbackLines: message.scrollbackLines }, (snapshot) =>
        send({ kind: "snapshot", screen, request: message.request, snapshot }),
      );
      break;
    case "dispose":
      queue.dispose();
      clearTimeout(resting.get(screen));
      resting.delete(screen);
      screens.delete(screen);
      ready.delete(screen);
      return;
  }
  if (!queue.isIdle) ready.add(screen);
  schedule();
};

port.on("message", handle);

keepCompiledCode();
