import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createPrivateKey25519, mintOpaqueToken, toPem } from "@cmdop/authority";
import { expect, it } from "vitest";
import { piecesOf } from "./secret-files.ts";
import { SecretSearch } from "./secret-search.ts";

const searchFor = (secret: string | Uint8Array): SecretSearch => {
  const search = new SecretSearch();
  search.note("the word", secret);
  return search;
};

it("finds a secret as it is, in hexadecimal and in base64, and says where without showing it", () => {
  const secret = "planted word/ö?~";
  const utf8 = Buffer.from(secret);
  const url = Buffer.from(`\0\0${secret}\0`).toString("base64url");
  for (const form of [
    secret,
    utf8.toString("hex"),
    utf8.toString("base64"),
    Buffer.from(`a${secret}`).toString("base64"),
    Buffer.from(`ab${secret}cd`).toString("base64"),
    url,
  ]) {
    const found = searchFor(secret).findIn("the dump", `keys (a, b)\nwebhooks (c,${form},d)\n`);
    expect([form, found]).toEqual([form, ["the word in the dump: webhooks"]]);
  }
});

it("finds none in what resembles it, at either end of a text too", () => {
  const search = searchFor("planted-word");
  expect(search.findIn("the log", "planted-wore planted-wor")).toEqual([]);
  expect(search.findIn("the log", "planted-word")).toHaveLength(1);
  expect(search.findIn("the log", "")).toEqual([]);
});

it("looks for bytes", () => {
  const key = Uint8Array.from({ length: 32 }, (_, at) => at * 7);
  expect(searchFor(key).findIn("the dump", `keys ("\\\\x${Buffer.from(key).toString("hex")}")`)).toEqual([
    "the word in the dump: keys",
  ]);
});

it("leaves out what is too short to be looked for, and keeps one of a kind", () => {
  const search = searchFor("123456");
  search.note("one", "12345678");
  search.note("two", "12345678");
  search.note("of few characters and many bytes", "żółć!");
  expect([search.size, search.findIn("log", "123456 12345678")]).toEqual([2, ["one in log: 123456"]]);
});

it("knows keys and tokens by their shape, wherever they come from", () => {
  const pem = toPem(createPrivateKey25519());
  const der = Buffer.from(pem.split("\n")[1] ?? "", "base64").toString("hex");
  const { token } = mintOpaqueToken("api");
  const mistyped = `${token.slice(0, -1)}${token.endsWith("a") ? "b" : "a"}`;
  const found = (text: string): readonly string[] => new SecretSearch().findIn("log", `x ${text}`);
  expect([pem, der, token, mistyped].map((text) => found(text).length)).toEqual([2, 1, 1, 0]);
});

it("finds what lies across two pieces of a file, wherever it is cut", () => {
  const directory = mkdtempSync(path.join(tmpdir(), "cmdop-pieces-"));
  const file = path.join(directory, "log");
  const pieceBytes = 10_000;
  const secret = "planted across two pieces";
  try {
    for (let at = pieceBytes - secret.length; at <= pieceBytes; at += 1) {
      writeFileSync(file, `${".".repeat(at)}${secret}${".".repeat(2 * pieceBytes)}`);
      const found = [...piecesOf(file, pieceBytes)].flatMap((piece) =>
        searchFor(secret).findIn("log", piece),
      );
      expect([at, found.length > 0]).toEqual([at, true]);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
