// Runs commands through a relay, with an operator token that is good for one machine and a few minutes. How a command
// ended is asked for, not listened to: no byte of its output comes here.
import { type MintContext, mintOperatorToken } from "@cmdop/authority";
import { type Clock, Failure, type FailureCode, type Random, toFailure } from "@cmdop/base";
import { type Client, createClient, type Exit } from "@cmdop/sdk";
import type { Command, CommandOutcome, CommandPlace, CommandRunner, CommandStart } from "../../ports.ts";

export interface RelayCommandRunnerOptions {
  /** `host:port`; none: every machine is out of reach. */
  readonly relays: readonly string[];
  /** Of the relays' certificate authority; undefined: the system's authorities. */
  readonly caPin: string | undefined;
  readonly mint: MintContext;
  /** How the relays name a fleet of ours. Default: by its id. */
  readonly fleetName?: (fleetId: string) => string;
  readonly clock: Clock;
  readonly random: Random;
}

/** Longer than any one use of a token below. */
const tokenMs = 5 * 60_000;
const callMs = 30_000;
const askFirstMs = 250;
const askAtMostMs = 3_000;
/** A machine that is linked and does not know the session for so long has lost it. */
const goneMs = 60_000;
/** From SIGTERM to SIGKILL. */
const termGraceMs = 10_000;

/** The relay or the machine said no before anything began. */
const refusals: ReadonlySet<FailureCode> = new Set<FailureCode>([
  "machine_offline",
  "machine_not_found",
  "too_many_sessions",
  "unauthenticated",
  "token_revoked",
  "authority_unavailable",
  "permission_denied",
]);
const notStarted: ReadonlySet<FailureCode> = new Set<FailureCode>([
  "spawn_failed",
  "command_not_found",
  "command_not_executable",
  "invalid_argument",
  "disk_full",
  "host_unavailable",
]);

export const createRelayCommandRunner = (options: RelayCommandRunnerOptions): CommandRunner => {
  const { clock, random, mint, relays, caPin, fleetName = (fleetId: string) => fleetId } = options;

  /** A client for one place, for the time of one use. */
  const withClient = async <Result>(
    place: CommandPlace,
    use: (client: Client) => Promise<Result>,
  ): Promise<Result> => {
    if (relays.length === 0) {
      throw new Failure("not_configured", "No relay is configured: CMDOP_CONTROL_RELAYS.");
    }
    const client = createClient({
      relay: relays,
      getToken: async () =>
        (
          await mintOperatorToken(mint, {
            operator: place.operator,
            role: "operator",
            actor: "program",
            machines: [place.machineId],
            fleet: fleetName(place.fleetId),
            fence: { subjects: place.subjects, revSeq: place.revSeq },
            validMs: tokenMs,
          })
        ).token,
      ...(caPin === undefined ? {} : { ca: { pin: caPin } }),
      clock,
      random,
    });
    try {
      return await use(client);
    } finally {
      await client.dispose();
    }
  };

  const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const stop = (): void => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = clock.after(ms, () => {
        signal?.removeEventListener("abort", stop);
        resolve();
      });
      signal?.addEventListener("abort", stop, { once: true });
    });

  const start = async (client: Client, place: CommandPlace, command: Command): Promise<CommandStart> => {
    // Nothing has been asked for yet: whatever fails here has started nothing.
    const [machine] = await client.machines.list({ timeoutMs: callMs });
    if (machine?.presence !== "online") return { kind: "offline", code: "machine_offline" };
    try {
      const { session } = await client.open({
        ...command,
        machine: place.machineId,
        kind: "command",
        name: place.sessionName,
        idempotencyKey: place.sessionName,
      });
      return { kind: "started", sessionId: session.id };
    } catch (cause) {
      const { code } = toFailure(cause);
      if (refusals.has(code)) return { kind: "offline", code };
      return { kind: notStarted.has(code) ? "failed" : "unknown", code };
    }
  };

  const outcome = async (
    client: Client,
    sessionId: string,
    { untilMs, signal }: { readonly untilMs: number; readonly signal: AbortSignal },
  ): Promise<CommandOutcome> => {
    let waitMs = askFirstMs;
    let goneSinceMs: number | undefined;
    let code: FailureCode = "session_unreachable";
    for (;;) {
      try {
        const { exit } = await client.sessions.get(sessionId, { signal, timeoutMs: callMs });
        if (exit) return toOutcome(exit);
        goneSinceMs = undefined;
        code = "session_unreachable";
      } catch (cause) {
        signal.throwIfAborted();
        ({ code } = toFailure(cause));
        if (code !== "session_not_found") goneSinceMs = undefined;
        else goneSinceMs ??= clock.nowMs();
      }
      if (goneSinceMs !== undefined && clock.nowMs() - goneSinceMs >= goneMs) return { kind: "lost", code };
      if (clock.wallMs() >= untilMs) return { kind: "lost", code };
      await pause(waitMs, signal);
      waitMs = Math.min(askAtMostMs, waitMs * 1.5);
    }
  };

  const cancel = async (client: Client, sessionId: string): Promise<void> => {
    const { exit, offset } = await client.sessions.get(sessionId, { timeoutMs: callMs });
    if (exit) return;
    // From the output's end: what was written before does not come.
    const attachment = await client.attach(sessionId, { from: offset, creditBytes: 1 });
    const isEnded = attachment.exited.then(
      () => true,
      () => false,
    );
    attachment.signal("SIGTERM");
    const isOver = await Promise.race([isEnded, pause(termGraceMs).then(() => false)]);
    await attachment.detach();
    if (!isOver) await client.close(sessionId, { graceMs: 1_000 });
  };

  return {
    start: async (place, command) => {
      try {
        return await withClient(place, (client) => start(client, place, command));
      } catch (cause) {
        return { kind: "offline", code: toFailure(cause).code };
      }
    },
    find: async (place) => {
      try {
        return await withClient(place, async (client) => {
          const sessions = await client.sessions.list({ machine: place.machineId, ended: true });
          return sessions.find(({ name }) => name === place.sessionName)?.id;
        });
      } catch {
        return undefined;
      }
    },
    outcome: (place, sessionId, waiting) =>
      withClient(place, (client) => outcome(client, sessionId, waiting)),
    cancel: (place, sessionId) => withClient(place, (client) => cancel(client, sessionId)),
  };
};

const toOutcome = (exit: Exit): CommandOutcome => {
  const outputBytes = exit.finalOffset;
  switch (exit.reason) {
    case "timeout":
      return { kind: "timed_out", outputBytes };
    case "closed":
      return { kind: "closed", outputBytes };
    case "lost":
      return { kind: "lost", code: "host_unavailable" };
    case "failed":
      return { kind: "failed", code: "spawn_failed" };
    case "exited":
    case "signaled":
    case "idle":
    case "unknown":
      return { kind: "exited", exitCode: exit.code, signal: exit.signal, outputBytes };
  }
};
