import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { useFieldWords } from "./field-words.ts";

let before: ReturnType<typeof z.config>;
beforeAll(() => {
  before = { ...z.config() };
  useFieldWords();
});
afterAll(() => {
  z.config({ customError: before.customError });
});

it.each([
  [z.string().min(1), "", "takes at least 1 character"],
  [z.string().max(3), "four", "takes at most 3 characters"],
  [z.int().min(2), 1, "takes at least 2"],
  [z.array(z.string()).max(1), ["a", "b"], "takes at most 1 item"],
  [z.enum(["day", "month"]), "year", "takes one of: day, month"],
  [z.email(), "ada", "an e-mail address is expected"],
  [z.iso.datetime(), "yesterday", "a time such as 2027-03-01T09:00:00Z is expected"],
  [z.string(), undefined, "is missing"],
  [z.string().max(3, "three at most"), "four", "three at most"],
])("a refused value is answered in words (%#)", (schema, value, expected) => {
  expect(schema.safeParse(value).error?.issues[0]?.message).toBe(expected);
});
