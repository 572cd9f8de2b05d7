import { inspect } from "node:util";
import { expect, it } from "vitest";
import { redact, secretsIn } from "./provider-errors.ts";
import { Secret } from "./secret.ts";

it("a secret prints as none", () => {
  const secret = new Secret("sk-x");
  expect(
    [`${secret}`, JSON.stringify({ secret }), inspect(secret), inspect({ secret })].join(),
  ).not.toContain("sk-x");
  expect(secret.reveal()).toBe("sk-x");
});

it("a provider's text loses the key that was sent, and whatever looks like one", () => {
  expect(redact("bad mykey123, sk-proj-abcdef and Bearer abc.def", [new Secret("mykey123")])).toBe(
    "bad [secret], [secret] and [secret]",
  );
});

it("a provider's text loses the values of the headers that were set for it, but for those too short to be secret", () => {
  const sent = secretsIn(new Secret("k"), { "x-auth": "Basic dXNlcjpwYXNz", "x-team": "blue" });
  expect(redact("blue sent Basic dXNlcjpwYXNz, that is dXNlcjpwYXNz", sent)).toBe(
    "blue sent [secret], that is [secret]",
  );
});
