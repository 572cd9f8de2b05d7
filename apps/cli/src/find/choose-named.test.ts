import { describe, expect, it } from "vitest";
import { chooseNamed } from "./choose-named.ts";

const things = [
  { id: "4fQ0mZr81x", name: "ci" },
  { id: "4fQ9aaaaaa", name: "CI" },
  { id: "9bcdefghij", name: "4fQ0mZr81x" },
  { id: "mem_abcdWXYZ0123456789abcd", name: "twin" },
  { id: "mem_abceWXYZ0123456789abcd", name: "twin" },
  { id: "mem_zzzzWXYZ0123456789abcd", name: "" },
];

const choose = (wanted: string) => {
  try {
    return chooseNamed(things, wanted, { what: "thing", list: "things list", namesOf: ({ name }) => [name] })
      .id;
  } catch (cause) {
    return cause;
  }
};

describe("a word means one thing of a list", () => {
  it.each([
    ["an id before a name that looks like it", "4fQ0mZr81x", "4fQ0mZr81x"],
    ["an exact name before one in another case", "CI", "4fQ9aaaaaa"],
    ["a name in any case", "TWIN", { code: "ambiguous_name" }],
    ["a beginning of one id", "mem_abcd", "mem_abcdWXYZ0123456789abcd"],
    ["a beginning of several", "mem_abc", { code: "not_found" }],
    ["the mark of their kind alone", "mem_", { code: "not_found" }],
    ["nothing", "", { code: "not_found" }],
  ])("%s", (_what, wanted, meant) => {
    const chosen = choose(wanted);
    expect(chosen).toEqual(typeof meant === "string" ? meant : expect.objectContaining(meant));
  });

  it("and one that fits several is refused with what they are and the command that lists them", () => {
    expect(choose("twin")).toMatchObject({
      what: "which thing?",
      why: "twin may be twin (mem_abcdWXYZ0123456789abcd), twin (mem_abceWXYZ0123456789abcd).",
      next: "Name one by its id: cmdop things list",
      exitCode: 2,
    });
  });
});
