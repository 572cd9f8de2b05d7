import { describe, expect, it } from "vitest";
import { Settings, toAddress, toHttpsOrigin, toOrigin } from "./settings.ts";

describe("settings", () => {
  it("tell all problems at once, each with its variable and what it takes", () => {
    const read = new Settings({
      A: "many",
      B: "https://a.example, b.example",
      C: "yes",
      CMDOP_LOG_LEVEL: "loud",
    });
    expect(read.integer("A", 1, 9)).toBeUndefined();
    expect(read.list("B", toOrigin, "an origin")).toEqual(["https://a.example"]);
    expect(read.isOn("C")).toBe(false);
    expect(read.logLevel()).toBe("info");
    expect(read.result({})).toEqual({
      kind: "problems",
      problems: [
        'A is "many": a whole number from 1 to 9 is expected.',
        'B is "b.example": an origin is expected.',
        'C is "yes": "on" or "off" is expected.',
        'CMDOP_LOG_LEVEL is "loud": one of debug, info, warn, error, silent is expected.',
      ],
    });
  });

  it("take an empty variable for one that is not set", () => {
    const read = new Settings({ A: " ", B: "" });
    expect([read.text("A"), read.integer("A", 0, 1), read.port("B", 7)]).toEqual([undefined, undefined, 7]);
    expect(read.result({ a: 1 })).toEqual({ kind: "config", config: { a: 1 } });
  });

  it("name the ports that are the same; 0 and off never are", () => {
    const read = new Settings({ OFF: "off", ON: "7000" });
    const off = read.optionalPort("OFF", 7_000);
    read.distinct({ OFF: off, ON: read.optionalPort("ON", 1), ZERO: 0, NOUGHT: 0 });
    expect(read.result({}).kind).toBe("config");
    read.distinct({ ON: 7_000, OTHER: 7_000 });
    expect(read.result({})).toMatchObject({
      problems: ["ON and OTHER are the same: each needs a port of its own."],
    });
  });

  it.each([
    ["https://a.example", "https://a.example"],
    ["https://a.example:443/", "https://a.example"],
    ["https://a.example/path", undefined],
    ["https://user@a.example", undefined],
    ["ftp://a.example", undefined],
  ])("an origin has one form: %s", (text, form) => {
    expect(toOrigin(text)).toBe(form);
    expect(toHttpsOrigin(text.replace("https:", "http:"))).toBeUndefined();
  });

  it.each([
    ["relay.example:63142", true],
    ["[::1]:1", true],
    ["relay.example", false],
    ["relay.example:0", false],
    ["relay.example:65536", false],
    ["a b:1", false],
  ])("an address has a name and a port: %s", (text, isGood) => {
    expect(toAddress(text)).toBe(isGood ? text : undefined);
  });
});
