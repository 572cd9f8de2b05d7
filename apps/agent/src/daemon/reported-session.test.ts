import { create } from "@bufbuild/protobuf";
import { encodeMessage, HostedSessionSchema } from "@cmdop/protocol";
import { describe, expect, it } from "vitest";
import { toReported } from "./reported-session.ts";

describe("a session as relays are told of it", () => {
  it("is what it is when it is short", () => {
    const session = create(HostedSessionSchema, { sessionId: "s", argv: ["ls", "-l"], title: "t", cwd: "/" });
    expect(toReported(session)).toEqual(session);
  });

  it.each([
    ["many arguments", { argv: Array.from({ length: 1_000 }, () => "argument") }],
    ["one long argument", { argv: ["sh", "-c", "x".repeat(250_000)] }],
    ["empty arguments", { argv: Array.from({ length: 200_000 }, () => "") }],
    [
      "long texts of wide characters",
      { title: "界".repeat(10_000), argv: ["界".repeat(10_000)], cwd: "/".repeat(9_000) },
    ],
  ])("is bounded with %s, and can be sent", (_name, init) => {
    const reported = toReported(create(HostedSessionSchema, { sessionId: "s", ...init }));
    expect(encodeMessage(HostedSessionSchema, reported).length).toBeLessThan(11 * 1024);
  });
});
