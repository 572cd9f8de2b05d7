import { waitFor } from "@cmdop/testkit";
import { expect, it } from "vitest";
import { exitCodes } from "../exit-codes.ts";
import { openTestTerminal } from "../testing/test-terminal.ts";

it.each([[["invitations", "accept"]], [["join"]], [["keys", "leaked"]], [["token", "revoke", "-"]]])(
  "%j says that it waits for what is pasted, and ^C ends it",
  async (line) => {
    const terminal = openTestTerminal({}, { isAttended: true });
    const running = terminal.run(...line);
    await waitFor(() => terminal.texts.error.includes("then press Enter and Ctrl-D"), { what: "the note" });
    terminal.interrupt();
    expect(await running).toBe(exitCodes.interrupted);
  },
);

it("a question that is left with ^C changes nothing and is no wrong use", async () => {
  const terminal = openTestTerminal({}, { isAttended: true });
  const running = terminal.run("providers", "add", "openai");
  await terminal.answer("The provider's key", "\u0003");
  expect(await running).toBe(exitCodes.interrupted);
  expect(terminal.texts.error).toContain("nothing changed");
});
