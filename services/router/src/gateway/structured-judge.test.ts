import { expect, it } from "vitest";
import { StructuredJudge } from "./structured-judge.ts";

// Its parsing would hold the process, and may take more memory than it has.
it("an answer that is too large to be checked is not even parsed", async () => {
  const asked: string[] = [];
  const schema = { type: "array" };
  const structured = { name: "a", schema, schemaText: JSON.stringify(schema), isStrict: true, format: {} };
  const judge = new StructuredJudge(structured, async (_schema, instance) => {
    asked.push(instance);
    return { kind: "valid" };
  });
  const content = `[${"[],".repeat(400_000)}[]]`;
  const completion = { choices: [{ index: 0, message: { content }, finish_reason: "stop" }] };
  expect(await judge.judge(completion, "strict")).toEqual({
    kind: "misfit",
    completion,
    problems: ["#: It is too large to be checked."],
  });
  expect(asked).toEqual([]);
});
