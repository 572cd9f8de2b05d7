// The one file that knows the inside of @xterm/headless. Its public API shows neither margins, tab stops, saved
// cursors, charsets, links nor the parser's state, and a snapshot needs them all. What is read here is asserted
// when a terminal is made, and pinned to the version that it was read from: an upgrade must come through here.

import { createRequire } from "node:module";
import graphemes from "@xterm/addon-unicode-graphemes";
import headless, { type IDisposable, type Terminal } from "@xterm/headless";

/** The version whose inside this file describes (https://github.com/xtermjs/xterm.js/tree/6.0.0/src/common). */
export const xtermVersion = "6.0.0";

/** Bits of a cell's three words, from common/buffer/Constants.ts. */
export const cell = {
  size: 3,
  codepointMask: 0x1fffff,
  isCombined: 0x200000,
  contentMask: 0x3fffff,
  widthShift: 22,
  colorMask: 0x3ffffff,
  colorMode: 0x3000000,
  palette16: 0x1000000,
  palette256: 0x2000000,
  rgb: 0x3000000,
  fgInverse: 0x4000000,
  fgBold: 0x8000000,
  fgUnderline: 0x10000000,
  fgBlink: 0x20000000,
  fgInvisible: 0x40000000,
  fgStrike: 0x80000000,
  bgItalic: 0x4000000,
  bgDim: 0x8000000,
  bgHasExtended: 0x10000000,
  bgProtected: 0x20000000,
  bgOverline: 0x40000000,
} as const;

/** States of the parser, from common/parser/Constants.ts. */
export const parserState = {
  ground: 0,
  csiEntry: 3,
  csiIgnore: 6,
  sosPmApcString: 7,
  oscString: 8,
  dcsEntry: 9,
} as const;

/** Of what the width tables say of a character: its kind and width; the rest says how it came to be of that kind. */
export const joinMask = 0b1111_110;

export interface CoreExtendedAttributes {
  /** Underline style in bits 26..28 and underline colour in bits 0..25. */
  _ext: number;
  urlId: number;
  clone(): CoreExtendedAttributes;
}

export interface CoreAttributes {
  fg: number;
  bg: number;
  extended: CoreExtendedAttributes;
  updateExtended(): void;
}

export interface CoreLine {
  readonly length: number;
  readonly isWrapped: boolean;
  readonly _data: Uint32Array;
  readonly _combined: Readonly<Record<number, string | undefined>>;
  readonly _extendedAttrs: Readonly<Record<number, CoreExtendedAttributes | undefined>>;
}

/** The table of a charset; undefined is ASCII. */
export type CoreCharset = Readonly<Record<string, string>> | undefined;

export interface CoreBuffer {
  readonly lines: {
    readonly length: number;
    /** Setting another value rebuilds the ring from its first line. */
    maxLength: number;
    get(index: number): CoreLine | undefined;
  };
  readonly ybase: number;
  readonly x: number;
  readonly y: number;
  readonly scrollTop: number;
  readonly scrollBottom: number;
  readonly tabs: Readonly<Record<number, boolean | undefined>>;
  readonly savedX: number;
  /** Absolute: counted from the first line of the scrollback. */
  readonly savedY: number;
  readonly savedCurAttrData: CoreAttributes;
  readonly savedCharset: CoreCharset;
}

export interface CoreParams {
  readonly length: number;
  readonly params: Int32Array;
}

/** type 0: report, 1: set, 2: restore (all, when it has no index). */
export interface CoreColorRequest {
  readonly type: 0 | 1 | 2;
  /** 0..255 palette, 256 foreground, 257 background, 258 cursor. */
  readonly index?: number;
  readonly color?: readonly [number, number, number];
}

interface CoreFunctionId {
  readonly prefix?: string;
  readonly intermediates?: string;
  readonly final: string;
}

export interface Core {
  readonly _bufferService: {
    readonly cols: number;
    readonly rows: number;
    readonly buffers: { readonly normal: CoreBuffer; readonly alt: CoreBuffer; readonly active: CoreBuffer };
  };
  readonly _charsetService: {
    readonly charset: CoreCharset;
    readonly glevel: number;
    readonly _charsets: readonly CoreCharset[];
  };
  readonly coreService: {
    readonly isCursorHidden: boolean;
    readonly modes: { readonly insertMode: boolean };
    readonly decPrivateModes: {
      readonly applicationCursorKeys: boolean;
      readonly applicationKeypad: boolean;
      readonly bracketedPasteMode: boolean;
      readonly cursorBlink: boolean | undefined;
      readonly cursorStyle: "block" | "underline" | "bar" | undefined;
      readonly origin: boolean;
      readonly reverseWraparound: boolean;
      readonly sendFocus: boolean;
      readonly synchronizedOutput: boolean;
      readonly wraparound: boolean;
    };
    triggerDataEvent(data: string): void;
  };
  readonly coreMouseService: {
    readonly activeProtocol: "NONE" | "X10" | "VT200" | "DRAG" | "ANY";
    readonly activeEncoding: "DEFAULT" | "SGR" | "SGR_PIXELS";
  };
  readonly optionsService: {
    readonly rawOptions: { readonly convertEol: boolean; readonly cursorBlink: boolean };
  };
  readonly unicodeService: { charProperties(codepoint: number, preceding: number): number };
  readonly _inputHandler: {
    /** Synchronous as long as no handler is asynchronous; ours are not. */
    parse(data: Uint8Array): unknown;
    registerCsiHandler(id: CoreFunctionId, handler: (params: CoreParams) => boolean): IDisposable;
    onColor(listener: (requests: readonly CoreColorRequest[]) => void): IDisposable;
    readonly _curAttrData: CoreAttributes;
    readonly _windowTitle: string;
    readonly _iconName: string;
    readonly _windowTitleStack: readonly string[];
    readonly _iconNameStack: readonly string[];
    readonly _utf8Decoder: { readonly interim: Uint8Array };
    readonly _parser: { readonly currentState: number; readonly precedingJoinState: number; reset(): void };
  };
}

export interface CoreTerminal {
  readonly terminal: Terminal;
  readonly core: Core;
}

const isFunction = (value: unknown): boolean => typeof value === "function";

/** Names what is not where it was, so that an upgrade says what to look at. */
const missingParts = (core: Core): string[] => {
  const input = core._inputHandler;
  const normal = core._bufferService.buffers.normal;
  const line = normal.lines.get(0);
  const checks: [string, boolean][] = [
    [
      "input handler",
      isFunction(input.parse) && isFunction(input.registerCsiHandler) && isFunction(input.onColor),
    ],
    ["parser", input._parser.currentState === 0 && input._parser.precedingJoinState === 0],
    ["UTF-8 decoder", input._utf8Decoder.interim instanceof Uint8Array],
    ["attributes", input._curAttrData.fg === 0 && input._curAttrData.extended._ext === 0],
    ["links", input._curAttrData.extended.urlId === 0],
    ["titles", input._windowTitle === "" && input._iconName === ""],
    ["title stacks", Array.isArray(input._windowTitleStack) && Array.isArray(input._iconNameStack)],
    ["lines", line !== undefined && line._data.length === core._bufferService.cols * cell.size],
    [
      "cells",
      line !== undefined && typeof line._combined === "object" && typeof line._extendedAttrs === "object",
    ],
    ["margins", normal.scrollTop === 0 && normal.scrollBottom === core._bufferService.rows - 1],
    ["tab stops", normal.tabs[0] === true && normal.tabs[1] === undefined],
    ["saved cursor", normal.savedX === 0 && normal.savedY === 0 && normal.savedCurAttrData.fg === 0],
    ["charsets", core._charsetService.glevel === 0 && Array.isArray(core._charsetService._charsets)],
    ["modes", core.coreService.decPrivateModes.wraparound && !core.coreService.modes.insertMode],
    [
      "mouse",
      core.coreMouseService.activeProtocol === "NONE" && core.coreMouseService.activeEncoding === "DEFAULT",
    ],
    ["options", core.optionsService.rawOptions.convertEol === false],
    ["width tables", isFunction(core.unicodeService.charProperties)],
  ];
  return checks.filter(([, isThere]) => !isThere).map(([name]) => name);
};

let isVersionChecked = false;
const assertVersion = (): void => {
  if (isVersionChecked) return;
  const { version } = createRequire(import.meta.url)("@xterm/headless/package.json") as { version: string };
  if (version !== xtermVersion) {
    throw new Error(`screen: written for @xterm/headless ${xtermVersion}, found ${version}`);
  }
  isVersionChecked = true;
};

/** A terminal with the width tables that all screens use, and its inside. */
export const createTerminal = (geometry: {
  readonly cols: number;
  readonly rows: number;
  readonly scrollback: number;
}): CoreTerminal => {
  assertVersion();
  const terminal = new headless.Terminal({
    ...geometry,
    // Needed by `terminal.unicode` (the width tables) alone; parser hooks and the rest are stable API.
    allowProposedApi: true,
    logLevel: "off",
    // Titles may be pushed and popped, the size in characters asked for; nothing reports a title back.
    windowOptions: { pushTitle: true, popTitle: true, getWinSizeChars: true },
  });
  const { _core: core } = terminal as unknown as { readonly _core: Core };
  const missing = missingParts(core);
  if (missing.length > 0)
    throw new Error(`screen: @xterm/headless has changed inside: ${missing.join(", ")}`);
  terminal.loadAddon(new graphemes.UnicodeGraphemesAddon());
  return { terminal, core };
};

/**
 * Resizes, around a fault of xterm 6: when a full history is reflowed to fewer columns, lines pushed out at the
 * top are written to index -1 and below, which in a ring that has turned are the last lines, on the screen.
 * In a ring that begins at its array's start they go nowhere, so it is brought there first.
 */
export const resizeTerminal = ({ terminal, core }: CoreTerminal, cols: number, rows: number): void => {
  const { lines } = core._bufferService.buffers.normal;
  const { maxLength } = lines;
  lines.maxLength = maxLength + 1;
  lines.maxLength = maxLength;
  terminal.resize(cols, rows);
};

/** What to write after ESC ( to select a charset; undefined is ASCII, "B". */
export const charsetDesignators: ReadonlyMap<CoreCharset, string> = (() => {
  const found = new Map<CoreCharset, string>();
  const { terminal, core } = createTerminal({ cols: 2, rows: 1, scrollback: 0 });
  for (const final of "B0A4C5RQKYEZH=76") {
    core._inputHandler.parse(Buffer.from(`\x1b(${final}`));
    if (!found.has(core._charsetService.charset)) found.set(core._charsetService.charset, final);
  }
  terminal.dispose();
  return found;
})();
