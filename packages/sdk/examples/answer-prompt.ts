// A terminal that others see too: type, wait for what the program says, answer.
import { type Client, Failure, waitFor } from "@cmdop/sdk";

export const deploy = async (client: Client, session: string, password: string): Promise<boolean> => {
  await using terminal = await client.attach(session);
  try {
    await terminal.write("make deploy\r");
  } catch (failure) {
    // Somebody else holds the keyboard: nothing was typed.
    if (failure instanceof Failure && failure.code === "lease_held") return false;
    throw failure;
  }
  const said = await waitFor(terminal, { pattern: [/password:/i, /deployed/], timeoutMs: 60_000 });
  if (said.reason !== "pattern") return false;
  if (said.index === 1) return true;
  await terminal.write(`${password}\r`);
  const done = await waitFor(terminal, { pattern: "deployed", exit: true, timeoutMs: 60_000 });
  return done.reason === "pattern";
};
