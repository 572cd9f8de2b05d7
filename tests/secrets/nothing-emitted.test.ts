import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { createClient } from "@cmdop/sdk";
import { Stack } from "@cmdop/testkit";
import { expect, it } from "vitest";

/** Text that stands nowhere else: once in what is typed, printed, pasted, passed. */
const markers = {
  output: "planted-output-7f3a",
  input: "planted-input-91c2",
  paste: "planted-paste-d04e",
  environment: "planted-environment-5b68",
};

it("no terminal byte, environment or token is in a log, a metric or the agent's status", async () => {
  const stack = await Stack.start({ env: { CMDOP_LOG_LEVEL: "debug" } });
  const client = createClient(stack.clientOptions);
  try {
    const attachment = await client.start({
      argv: ["sh", "-c", `echo ${markers.output}; read a; read b; exit 4`],
      env: { PLANTED: markers.environment },
      name: "planted",
    });
    const ticket = await client.ticket(attachment.session.id, "observer");
    await attachment.write(`${markers.input}\r`);
    await attachment.write(`${markers.paste}\n`, { paste: true });
    await attachment.exited;
    await client.attach(attachment.session.id, { mode: "lossless" }).then((again) => again.exited);

    const secrets = [
      ...Object.values(markers),
      ticket.token,
      stack.local.operatorToken,
      readFileSync(path.join(stack.home, "agent", "machine.token"), "utf8").trim(),
    ];
    const logs = path.join(stack.home, "logs");
    const emitted = [
      ...readdirSync(logs).map((file) => readFileSync(path.join(logs, file), "utf8")),
      readFileSync(path.join(stack.home, "agent", "status.json"), "utf8"),
      await fetch(`http://127.0.0.1:${stack.metricsPort}/metrics`).then((response) => response.text()),
    ].join("\n");
    // They were there to be found: the session itself was logged by its id.
    expect(emitted).toContain(attachment.session.id);
    expect(secrets.filter((secret) => emitted.includes(secret))).toEqual([]);
  } finally {
    await client.dispose();
    await stack.close();
  }
});
