import { waitFor } from "./wait-for.ts";

// Timers and requests come and go with the test runner; handles below are what our code opens.
const watched = [
  "FSEventWrap",
  "MessagePort",
  "PipeServerWrap",
  "PipeWrap",
  "ProcessWrap",
  "TCPServerWrap",
  "TCPSocketWrap",
  "TLSWrap",
  "UDPWrap",
];

const countHandles = (): Map<string, number> => {
  const counts = new Map(watched.map((name) => [name, 0]));
  for (const name of process.getActiveResourcesInfo()) {
    const count = counts.get(name);
    if (count !== undefined) counts.set(name, count + 1);
  }
  return counts;
};

/**
 * Call before a suite; call what it returns after it. Rejects, naming the kinds, when sockets, servers, pipes,
 * child processes or workers that were opened in between are still open after `timeoutMs`.
 */
export const leakCheck = (timeoutMs = 2_000): (() => Promise<void>) => {
  const before = countHandles();
  return async () => {
    const leaks = (): string[] =>
      [...countHandles()].flatMap(([name, count]) => {
        const more = count - (before.get(name) ?? 0);
        return more > 0 ? [`${more} ${name}`] : [];
      });
    await waitFor(
      () => {
        const found = leaks();
        if (found.length > 0) throw new Error(`still open: ${found.join(", ")}`);
        return true;
      },
      { timeoutMs, what: "closing everything that was opened" },
    );
  };
};
