import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultLeader, parseLeader } from "./leader.ts";
import { type InputAction, LeaderKeys } from "./leader-keys.ts";
import { pasteBytesMax, TerminalInput } from "./terminal-input.ts";

const esc = "\u001b";
const utf8 = (text: string): Uint8Array => Buffer.from(text);

/** What becomes of bytes, read as given, and then of a wait that runs out. */
const read = (reads: readonly (string | Uint8Array)[], leader = defaultLeader): InputAction[] => {
  const input = new TerminalInput(leader);
  const keys = new LeaderKeys();
  const tokens = [
    ...reads.flatMap((bytes) => input.push(typeof bytes === "string" ? utf8(bytes) : bytes)),
    ...input.flush(),
  ];
  return tokens.flatMap((token) => keys.apply(token));
};

const show = (actions: readonly InputAction[]): string[] => {
  const shown: string[] = [];
  let sent = "";
  for (const action of actions) {
    if (action.kind === "send") {
      sent += Buffer.from(action.bytes).toString("latin1");
      continue;
    }
    if (sent) shown.push(`send ${sent}`);
    sent = "";
    shown.push(action.kind === "paste" ? `paste ${Buffer.from(action.bytes).toString()}` : action.command);
  }
  if (sent) shown.push(`send ${sent}`);
  return shown;
};

describe("keys that go through as they are", () => {
  it.each([
    ["text", "hello\r"],
    ["^C", "\u0003"],
    ["utf-8", "\u00e6\u0097\u00a5"],
    ["arrows", `${esc}[A${esc}OB${esc}[1;5C`],
    ["lone ESC", esc],
    ["ESC ESC", esc + esc],
    ["Alt-x", `${esc}x`],
    ["Alt-]", `${esc}]`],
    ["Alt-] and a letter", `${esc}]a`],
    ["Alt-] and a digit, then nothing", `${esc}]1`],
    ["Alt-P and a letter", `${esc}Pa`],
    ["Alt-_", `${esc}_x`],
    ["Alt-X, Alt-^", `${esc}X1${esc}^1`],
    ["Alt-[ alone", `${esc}[`],
    ["Alt-O alone", `${esc}O`],
    ["F3", `${esc}OR`],
    ["Shift-F3", `${esc}[1;2R`],
    ["Ctrl-Shift-Alt-F3", `${esc}[1;8R`],
    ["F3 of kitty", `${esc}[13~`],
    ["F3 of kitty with an event", `${esc}[1;2:3R`],
    ["rxvt Shift-Right", `${esc}[c`],
    ["SGR mouse", `${esc}[<0;12;3M${esc}[<0;12;3m`],
    ["X10 mouse", `${esc}[M !!`],
    ["focus", `${esc}[I${esc}[O`],
    ["Linux console F1", `${esc}[[A`],
    ["kitty letter", `${esc}[97;5u`],
    ["kitty ] without Ctrl", `${esc}[93;1u`],
    ["kitty Ctrl-Shift-]", `${esc}[93;6u`],
    ["Alt-Ctrl-]", `${esc}\u001d`],
    ["modifyOtherKeys Ctrl-a", `${esc}[27;5;97~`],
    ["Delete", `${esc}[3~`],
  ])("%s", (_name, bytes) => {
    expect(show(read([Buffer.from(bytes, "latin1")]))).toEqual([`send ${bytes}`]);
  });
});

const replies: readonly (readonly [string, string])[] = [
  ["DA1", `${esc}[?62;4;22c`],
  ["DA2", `${esc}[>41;354;0c`],
  ["DA3", `${esc}P!|00000000${esc}\\`],
  ["CPR", `${esc}[24;80R`],
  ["CPR on row 1, far right", `${esc}[1;80R`],
  ["DECXCPR", `${esc}[?1;2;1R`],
  ["DSR ok", `${esc}[0n`],
  ["colour scheme", `${esc}[?997;1n`],
  ["DECRPM", `${esc}[?2026;2$y`],
  ["DECRPM of ANSI mode", `${esc}[4;2$y`],
  ["kitty flags", `${esc}[?1u`],
  ["modifyOtherKeys state", `${esc}[>4;2m`],
  ["text area", `${esc}[8;24;80t`],
  ["OSC 11 with ST", `${esc}]11;rgb:1e1e/1e1e/1e1e${esc}\\`],
  ["OSC 10 with BEL", `${esc}]10;rgb:ffff/ffff/ffff\u0007`],
  ["OSC 52", `${esc}]52;c;aGVsbG8=\u0007`],
  ["title", `${esc}]lmy title${esc}\\`],
  ["XTVERSION", `${esc}P>|xterm(390)${esc}\\`],
  ["DECRQSS", `${esc}P1$r0m${esc}\\`],
  ["XTGETTCAP", `${esc}P1+r544e=787465726d${esc}\\`],
  ["kitty graphics", `${esc}_Gi=31;OK${esc}\\`],
  ["sixel geometry", `${esc}[?2;0;1000;1000S`],
  ["terminal parameters", `${esc}[2;1;1;128;128;1;0x`],
];

describe("replies to queries are not typed into the program", () => {
  it.each(replies)("%s", (_name, bytes) => {
    expect(read([bytes])).toEqual([]);
    expect(show(read([`a${bytes}b`]))).toEqual(["send ab"]);
  });

  it("a clipboard of 100 KiB, in reads of 4 KiB", () => {
    const reply = `${esc}]52;c;${"A".repeat(100 * 1024)}${esc}\\`;
    const reads = reply.match(/[\s\S]{1,4096}/g) ?? [];
    expect(show(read([...reads, "x"]))).toEqual(["send x"]);
  });
});

describe("the leader", () => {
  const leader = "\u001d";
  it.each([
    ["raw", leader],
    ["kitty", `${esc}[93;5u`],
    ["kitty with NumLock", `${esc}[93;133u`],
    ["kitty with CapsLock and NumLock", `${esc}[93;197u`],
    ["kitty press event", `${esc}[93;5:1u`],
    ["kitty alternate keys", `${esc}[93:125;5u`],
    ["kitty, Cyrillic layout", `${esc}[1098::93;5u`],
    ["modifyOtherKeys", `${esc}[27;5;93~`],
  ])("%s, then d, detaches; twice sends it once", (_name, bytes) => {
    expect(show(read([`${bytes}d`]))).toEqual(["detach"]);
    expect(show(read([`a${bytes}`, "d"]))).toEqual(["send a", "detach"]);
    expect(show(read([bytes + bytes]))).toEqual([`send ${bytes}`]);
  });

  it.each([
    ["d", "detach"],
    ["t", "take"],
    ["r", "handBack"],
    ["w", "who"],
    ["l", "redraw"],
    ["?", "help"],
    ["\u0004", "detach"],
    [`${esc}[100u`, "detach"],
    [`${esc}[100;5u`, "detach"],
    [`${esc}[47;2u`, "help"],
    [`${esc}[223:63;2u`, "help"],
  ])("then %j is %s", (key, command) => {
    expect(show(read([leader, key]))).toEqual([command]);
  });

  it.each([["x"], [`${esc}[A`], [" "], [`${esc}[120u`], [`${esc}d`]])(
    "goes through before %j, which is not ours",
    (key) => {
      expect(show(read([leader + key]))).toEqual([`send ${leader}${key}`]);
    },
  );

  it("is not forgotten over the release of its keys, and a command's release is not typed", () => {
    const typed = `${esc}[57442;5:1u${esc}[93;5:1u${esc}[93;5:3u${esc}[57442;1:3u${esc}[100;1:1u${esc}[100;1:3u`;
    expect(show(read([typed]))).toEqual([`send ${esc}[57442;5:1u`, "detach"]);
  });

  it("is not looked for inside a paste", () => {
    expect(show(read([`${esc}[200~a${leader}d${esc}[201~`]))).toEqual([`paste a${leader}d`]);
    expect(show(read([`${leader}${esc}[200~d${esc}[201~`]))).toEqual([`send ${leader}`, "paste d"]);
  });

  it("can be another key or none", () => {
    const other = parseLeader("^a");
    expect(other?.raw).toBe(1);
    expect(show(read(["\u0001d"], other))).toEqual(["detach"]);
    expect(show(read([`${esc}[97;5ud`], other))).toEqual(["detach"]);
    expect(new TerminalInput(parseLeader("none")).push(utf8("\u001dd"))).toEqual([
      { kind: "text", bytes: utf8("\u001dd") },
    ]);
    for (const bad of ["", "a", "^", "^m", "^[", "^é", "ctrl-i"])
      expect(() => parseLeader(bad)).toThrow(RangeError);
  });
});

describe("pastes", () => {
  it("come out whole, whatever is in them", () => {
    const inside = `line 1\r${esc}[31mred${esc}[6n\u0003${esc}[20${esc}`;
    expect(show(read([`x${esc}[200~${inside}${esc}[201~y`]))).toEqual([
      "send x",
      `paste ${inside}`,
      "send y",
    ]);
  });

  it("that never end are let go after the wait", () => {
    const input = new TerminalInput(defaultLeader);
    expect(input.push(utf8(`${esc}[200~abc${esc}[20`))).toEqual([]);
    expect(input.waitMs).toBe(10_000);
    expect(input.flush()).toEqual([{ kind: "paste", bytes: Buffer.from(`abc${esc}[20`) }]);
    expect(input.push(utf8("d"))).toEqual([{ kind: "text", bytes: utf8("d") }]);
  });

  it("beyond the bound are several, cut between characters", () => {
    const text = "é".repeat(pasteBytesMax / 2 + 10);
    const actions = read([`${esc}[200~a${text}${esc}[201~`]);
    expect(actions.map((action) => action.kind)).toEqual(["paste", "paste"]);
    const parts = actions.flatMap((action) => (action.kind === "paste" ? [Buffer.from(action.bytes)] : []));
    expect(
      parts.every((part) => part.length <= pasteBytesMax && part.toString().includes("\ufffd") === false),
    ).toBe(true);
    expect(Buffer.concat(parts).toString()).toBe(`a${text}`);
  });
});

describe("whatever is typed and however it is split", () => {
  const keys = fc.oneof(
    fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 5 })
      .filter((text) => !/[\u001b\u001d]/.test(text)),
    fc.constantFrom(
      `${esc}[A`,
      `${esc}OP`,
      `${esc}[1;2R`,
      `${esc}x`,
      `${esc}[<0;1;1M`,
      `${esc}[97;5u`,
      `${esc}[I`,
    ),
  );
  const item = fc.oneof(
    keys.map((bytes) => ({ bytes, kept: `send ${bytes}` })),
    fc.constantFrom(...replies).map(([, bytes]) => ({ bytes, kept: "" })),
    fc
      .string({ unit: "grapheme", maxLength: 8 })
      .filter((text) => !text.includes(esc))
      .map((text) => ({ bytes: `${esc}[200~${text}${esc}[201~`, kept: text === "" ? "" : `paste ${text}` })),
    fc
      .constantFrom("\u001dd", `${esc}[93;5ud`, `${esc}[27;5;93~d`)
      .map((bytes) => ({ bytes, kept: "detach" })),
  );

  it("keys come through exactly, replies never, pastes whole, commands once", () => {
    fc.assert(
      fc.property(
        fc.array(item, { maxLength: 12 }),
        fc.array(fc.nat(200), { maxLength: 30 }),
        (items, cuts) => {
          const bytes = utf8(items.map((one) => one.bytes).join(""));
          const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
          const reads = [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
          const expected: string[] = [];
          for (const { kept } of items) {
            const last = expected.at(-1);
            if (kept.startsWith("send ") && last?.startsWith("send "))
              expected[expected.length - 1] = last + kept.slice(5);
            else if (kept !== "") expected.push(kept);
          }
          const shown = show(read(reads)).map((line) =>
            line.startsWith("send ") ? Buffer.from(line, "latin1").toString() : line,
          );
          expect(shown).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("arbitrary bytes: splitting changes nothing, what is held back is bounded", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, cut) => {
        expect(show(read([bytes.subarray(0, cut), bytes.subarray(cut)]))).toEqual(show(read([bytes])));
      }),
      { numRuns: 500 },
    );
  });
});
