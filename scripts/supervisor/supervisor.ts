// The processes of one home: starts them, starts again what ends by itself and says so, notes who runs, and ends all of
// them in the order in which nothing is lost.
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Failure } from "@cmdop/base";
import { stopAgent } from "../../apps/cli/src/agent-client.ts";
import { lastWordsOf } from "./last-words.ts";
import { endLeftHost } from "./left-process.ts";
import { type PartName, partNames, parts } from "./parts.ts";
import { removeRunFile, writeRunFile } from "./run-file.ts";
import type { Settings } from "./settings.ts";
import { describeEnd, SupervisedProcess } from "./supervised-process.ts";

export interface SupervisorOptions {
  /** The clone. */
  readonly root: string;
  readonly settings: Settings;
  readonly runFile: string;
  /** What every part is told; each reads what concerns it. */
  readonly env: NodeJS.ProcessEnv;
  readonly say: (text: string) => void;
}

const startWithinMs = 30_000;
/** What ends so often by itself before it was ready once is set up wrongly. */
const startsMax = 3;
const lookEveryMs = 50;
/** How long a stop waits for the agent to be told. */
const answerWithinMs = 5_000;

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #processes: Readonly<Record<PartName, SupervisedProcess>>;
  /** Who waits for a part: it is said once that it is ready. */
  readonly #waits = new Map<PartName, Promise<void>>();
  /** How often each ended by itself; what was ready once is started again for ever. */
  readonly #ends = new Map<PartName, number>();
  #stopped: Promise<void> | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#processes = Object.fromEntries(partNames.map((name) => [name, this.#create(name)])) as Record<
      PartName,
      SupervisedProcess
    >;
  }

  get isStopping(): boolean {
    return this.#stopped !== undefined;
  }

  start(name: PartName): void {
    this.#processes[name].start();
    this.#note();
  }

  /** Says that it is ready when it is; rejects when that takes too long. */
  untilReady(name: PartName): Promise<void> {
    const wait = this.#waits.get(name) ?? this.#wait(name).finally(() => this.#waits.delete(name));
    this.#waits.set(name, wait);
    return wait;
  }

  /** Resolves when nothing runs any more; nothing is started after it was called. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  #create(name: PartName): SupervisedProcess {
    const { root, settings, env, say } = this.#options;
    const { title, main, nodeFlags } = parts[name];
    return new SupervisedProcess(
      {
        command: [
          process.execPath,
          "--disable-warning=ExperimentalWarning",
          ...nodeFlags,
          path.join(root, main),
        ],
        env,
        logFile: path.join(settings.home, "logs", `${name}.log`),
      },
      {
        ended: (reason, delayMs) => {
          this.#ends.set(name, (this.#ends.get(name) ?? 0) + 1);
          say(
            `The ${title} ${describeEnd(reason)}; it is started again in ${(delayMs / 1000).toFixed(1)} s.`,
          );
        },
        startedAgain: () => {
          this.#note();
          if (this.#waits.has(name)) return;
          this.untilReady(name).catch((error: unknown) => {
            if (!this.isStopping) console.error(textOf(error));
          });
        },
      },
    );
  }

  async #wait(name: PartName): Promise<void> {
    const { settings, say } = this.#options;
    const { isReady, readyLine } = parts[name];
    const deadline = performance.now() + startWithinMs;
    while (!(await isReady(settings))) {
      if (this.isStopping) throw new Failure("cancelled");
      if ((this.#ends.get(name) ?? 0) >= startsMax) {
        throw this.#notReady(name, `ended ${startsMax} times before it was ready`);
      }
      if (performance.now() > deadline) {
        throw this.#notReady(name, `was not ready within ${startWithinMs / 1000} s`);
      }
      await delay(lookEveryMs);
    }
    this.#ends.set(name, Number.NEGATIVE_INFINITY);
    say(readyLine(settings));
  }

  /** With what it said last: whoever reads that needs no log. */
  #notReady(name: PartName, what: string): Failure {
    const { logFile } = this.#processes[name];
    const words = lastWordsOf(logFile).map((line) => `\n  ${line}`);
    const why =
      words.length === 0
        ? ` Its log says why: ${logFile}`
        : ` It says:${words.join("")}\nIts log: ${logFile}`;
    return new Failure("timed_out", `The ${parts[name].title} ${what}.${why}`);
  }

  async #stop(): Promise<void> {
    const { relay, router, control } = this.#processes;
    await this.#stopAgent();
    const relayEnded = relay.stop("SIGTERM", 5_000);
    // Nothing is linked any more that it could move: a second signal skips its drain.
    relay.signal("SIGTERM");
    await Promise.all([relayEnded, router.stop("SIGTERM", 5_000)]);
    // Last: the others report to it what ended.
    await control.stop("SIGTERM", 10_000);
    removeRunFile(this.#options.runFile);
  }

  /** Sessions first, so that their operators see how they ended: a signal alone would leave them to the next agent. */
  async #stopAgent(): Promise<void> {
    const { agent } = this.#processes;
    const { home } = this.#options.settings;
    const deadlineMs = performance.now() + answerWithinMs;
    // One that has just been started answers in a moment.
    while (agent.pid !== undefined && performance.now() < deadlineMs) {
      if (await stopAgent(home, true).catch(() => false)) break;
      await delay(lookEveryMs);
    }
    await agent.stop("SIGTERM", 10_000);
    await endLeftHost(home, 10_000);
  }

  #note(): void {
    const { runFile, say } = this.#options;
    const children = Object.fromEntries(
      partNames.flatMap((name) => {
        const { pid } = this.#processes[name];
        return pid === undefined ? [] : [[name, pid]];
      }),
    );
    try {
      writeRunFile(runFile, { supervisorPid: process.pid, children });
    } catch (error) {
      // What runs is worth more than the note of it.
      say(`${runFile} cannot be written: ${textOf(error)}`);
    }
  }
}
