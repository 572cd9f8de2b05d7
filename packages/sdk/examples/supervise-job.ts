// Long work whose output is handled as it comes: every byte in order, whatever happens to the connection.
import type { Client } from "@cmdop/sdk";

export const runTests = async (client: Client, signal: AbortSignal): Promise<number | null> => {
  // Leaving this function detaches; the job goes on. `client.close(job.session.id)` ends it.
  await using job = await client.start(
    { argv: ["npm", "test"], kind: "command", cwd: "/srv/app", waitForReader: true },
    { mode: "lossless", signal },
  );
  for await (const item of job.output()) {
    if (item.kind === "output") process[item.channel === "stderr" ? "stderr" : "stdout"].write(item.bytes);
    else if (item.kind === "gap") console.error(`${item.to - item.from} bytes are gone (${item.reason})`);
  }
  const { code } = await job.exited;
  return code;
};
