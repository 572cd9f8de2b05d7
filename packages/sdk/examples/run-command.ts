// One command, collected. A non-zero exit is data, not an exception.
import { createClient } from "@cmdop/sdk";

export const countLines = async (relay: string, token: string, pin: string): Promise<number> => {
  await using client = createClient({ relay, token, ca: { pin } });
  const result = await client.run({
    machine: "build-1",
    argv: ["wc", "-l"],
    input: "one\ntwo\n",
    timeoutMs: 30_000,
  });
  if (result.code !== 0) throw new Error(`wc ended with ${result.code ?? result.signal}: ${result.stderr}`);
  return Number(result.stdout);
};
