import { describe, expect, it } from "vitest";
import { parseForm } from "./multipart.ts";

const type = 'multipart/form-data; boundary="b1"';
const form = [
  "--b1",
  'Content-Disposition: form-data; name="model"',
  "",
  "lone",
  "--b1",
  'Content-Disposition: form-data; name="image"; filename="a.png"',
  "Content-Type: image/png",
  "",
  "\u0000\u00ff--b1 is no boundary here\r\n-b1",
  "--b1",
  'content-disposition: form-data; name="empty"',
  "",
  "",
  "--b1--",
  "",
].join("\r\n");

describe("a form", () => {
  it("is read", () => {
    const parsed = parseForm(form, type);
    if (parsed.kind !== "form") throw new Error(parsed.reason);
    const values = parsed.fields.map(({ name, start, end, isFile }) => [
      name,
      form.slice(start, end),
      isFile,
    ]);
    expect(values).toEqual([
      ["model", "lone", false],
      ["image", "\u0000\u00ff--b1 is no boundary here\r\n-b1", true],
      ["empty", "", false],
    ]);
    expect(parsed.fields.map(({ mediaType }) => mediaType)).toEqual([undefined, "image/png", undefined]);
  });

  it.each([
    ["without a boundary", form, "multipart/form-data"],
    ["with another boundary", form, "multipart/form-data; boundary=b2"],
    ["that is cut", form.slice(0, -10), type],
    ["with a field without a name", form.replace('name="model"', "x"), type],
    ["with headers without an end", `--b1\r\nx: ${"y".repeat(5_000)}\r\n\r\n\r\n--b1--`, type],
    [
      "with too many fields",
      `${'--b1\r\ncontent-disposition: form-data; name="a"\r\n\r\nx\r\n'.repeat(65)}--b1--`,
      type,
    ],
    ["of nothing", "", type],
    // What another reader would take for another field.
    ["with a field of two names", form.replace('name="model"', 'name="model"; name="x"'), type],
    ["with a name in another spelling", form.replace('name="model"', `name="x"; name*=utf-8''model`), type],
    ["with an escape in a name", form.replace('name="model"', 'name="mod\\el"'), type],
    [
      "with two dispositions of a field",
      form.replace('name="model"', 'name="x"\r\ncontent-disposition: form-data; name="model"'),
      type,
    ],
    ["whose boundary has no end of a line", form.replace("--b1\r\nContent", "--b1\nContent"), type],
  ])("%s is refused", (_name, text, contentType) => {
    expect(parseForm(text, contentType).kind).toBe("invalid");
  });
});
