// Whether two screens are equal in all that what is printed later can depend on: not what is seen, but each field
// that xterm's objects have. Output does the same to equal screens, so a screen drawn from a snapshot that is equal
// to its original stays so whatever comes.
//
// I1 Fails closed: `unknownFields` finds each field that is named here neither as compared nor as idle. It is known
//    for what holds a field, not for a version, so that a newer xterm that remembers more is noticed.
// I2 Less exact than the fields in two things alone: bits of a colour that its mode does not read, and how a
//    character came to be of its kind, which the width tables mask out. Links are compared by what they say.

import type { Emulator } from "../emulator.ts";
import { toColor } from "../pen.ts";
import {
  type CoreAttributes,
  type CoreBuffer,
  type CoreExtendedAttributes,
  type CoreLine,
  cell,
  joinMask,
  parserState,
} from "../xterm-internals.ts";

type Fields = Readonly<Record<string, unknown>>;

interface Part {
  /** From the terminal's core on. */
  readonly path: string;
  readonly compared: readonly string[] | "all";
  /** No later output depends on these, and why. */
  readonly idle?: Fields;
  /** Compared by code of this file. */
  readonly special?: readonly string[];
}

const buffer = (path: string): Part => ({
  path,
  compared: [
    ...["_cols", "_rows", "_hasScrollback", "_isClearing", "markers", "tabs", "x", "y", "ybase", "ydisp"],
    ...["savedCharset", "savedX", "savedY", "scrollBottom", "scrollTop"],
  ],
  special: ["savedCurAttrData"],
  idle: {
    _nullCell: "set before each use",
    _whitespaceCell: "set before each use",
    _memoryCleanupPosition: "where lines' storage is being trimmed",
    _memoryCleanupQueue: "trims lines' storage",
  },
});

const lines = (path: string): Part => ({
  path,
  compared: ["_length", "_maxLength"],
  special: ["_array"],
  idle: { _startIndex: "turned to the array's start before the one thing that depends on it, a resize" },
});

const subParser = (path: string, compared: readonly string[]): Part => ({
  path,
  compared,
  special: ["_active"],
  idle: { _handlers: "the same in each emulator" },
});

const parts: readonly Part[] = [
  { path: "", compared: [], idle: { _instantiationService: "makes the others" } },
  { path: "_windowsWrappingHeuristics", compared: "all" },
  { path: "_writeBuffer", compared: "all" },
  {
    path: "_bufferService",
    compared: ["cols", "rows", "isUserScrolling"],
    idle: { _cachedBlankLine: "made anew where it is not the line that is wanted" },
  },
  { path: "_bufferService.buffers", compared: [], special: ["_activeBuffer"] },
  buffer("_bufferService.buffers._normal"),
  buffer("_bufferService.buffers._alt"),
  lines("_bufferService.buffers._normal.lines"),
  lines("_bufferService.buffers._alt.lines"),
  { path: "_charsetService", compared: ["_charsets", "charset", "glevel"] },
  { path: "_logService", compared: ["_logLevel"] },
  // links.ts keeps the links: these stay empty.
  { path: "_oscLinkService", compared: ["_nextId", "_entriesWithId", "_dataByLinkId"] },
  {
    path: "coreMouseService",
    compared: ["_activeEncoding", "_activeProtocol", "_lastEvent", "_wheelPartialScroll"],
    idle: { _encodings: "a table", _protocols: "a table" },
  },
  {
    path: "coreService",
    compared: ["isCursorHidden"],
    idle: { isCursorInitialized: "whether a browser paints a cursor that has not been asked for" },
  },
  { path: "coreService.decPrivateModes", compared: "all" },
  { path: "coreService.modes", compared: "all" },
  { path: "optionsService", compared: [], idle: { options: "accessors of rawOptions" } },
  { path: "optionsService.rawOptions", compared: "all" },
  { path: "unicodeService", compared: ["_active"], idle: { _providers: "the same in each emulator" } },
  { path: "unicodeService._activeProvider", compared: "all" },
  {
    path: "_inputHandler",
    compared: ["_iconName", "_iconNameStack", "_specialColors", "_windowTitle", "_windowTitleStack"],
    special: ["_activeBuffer", "_curAttrData"],
    idle: {
      _dirtyRowTracker: "rows to be painted",
      _eraseAttrDataInternal: "its background is set before each use, the rest is never set",
      _parseBuffer: "filled before each use",
    },
  },
  { path: "_inputHandler._parseStack", compared: "all" },
  { path: "_inputHandler._stringDecoder", compared: "all" },
  { path: "_inputHandler._utf8Decoder", compared: "all" },
  {
    path: "_inputHandler._parser",
    compared: ["currentState", "initialState"],
    special: ["_collect", "_params", "precedingJoinState"],
    idle: {
      _csiHandlers: "the same in each emulator",
      _escHandlers: "the same in each emulator",
      _executeHandlers: "the same in each emulator",
      _transitions: "a table",
    },
  },
  { path: "_inputHandler._parser._parseStack", compared: "all" },
  subParser("_inputHandler._parser._oscParser", ["_id", "_state"]),
  { path: "_inputHandler._parser._oscParser._stack", compared: "all" },
  subParser("_inputHandler._parser._dcsParser", ["_ident"]),
  { path: "_inputHandler._parser._dcsParser._stack", compared: "all" },
];

/** Of what there are many of, or what is there at times only. */
const kinds = {
  attributes: ["bg", "extended", "fg"],
  extended: ["_ext", "_urlId"],
  handler: ["_data", "_handler", "_hitLimit", "_params"],
  line: ["_combined", "_data", "_extendedAttrs", "isWrapped", "length"],
  parameters: [
    ...[
      "_digitIsSub",
      "_rejectDigits",
      "_rejectSubDigits",
      "_subParams",
      "_subParamsIdx",
      "_subParamsLength",
    ],
    ...["length", "maxLength", "maxSubParamsLength", "params"],
  ],
} as const;

const stepsOf = (path: string): string[] => (path === "" ? [] : path.split("."));

const fieldsAt = (emulator: Emulator, steps: readonly string[]): Fields => {
  let fields = emulator.core.core as unknown as Fields;
  for (const step of steps) fields = fields[step] as Fields;
  return fields;
};

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

const isSameList = (a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean => {
  const length = Math.max(a.length, b.length);
  for (let at = 0; at < length; at++) if (!isSameValue(a[at], b[at])) return false;
  return true;
};

const isList = (value: object): value is ArrayLike<unknown> & object =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && "length" in value);

/** Of numbers, texts, lists and records of them; undefined is nothing, and maps are the same only when empty. */
const isSameValue = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (!isObject(a) || !isObject(b)) return false;
  if (Array.isArray(a) && Array.isArray(b)) return isSameList(a, b);
  if (isList(a)) return isList(b) && isSameList(a, b);
  if (a instanceof Map) return b instanceof Map && a.size === 0 && b.size === 0;
  return isSameRecord(a as Fields, b as Fields);
};

const isSameRecord = (a: Fields, b: Fields): boolean => {
  for (const key in a) if (a[key] !== b[key] && !isSameValue(a[key], b[key])) return false;
  for (const key in b) if (b[key] !== undefined && a[key] === undefined) return false;
  return true;
};

const comparedParts = parts.map(({ path, compared }) => ({ path, steps: stepsOf(path), compared }));

const differentPart = (a: Emulator, b: Emulator): string | undefined => {
  for (const { path, steps, compared } of comparedParts) {
    const [left, right] = [fieldsAt(a, steps), fieldsAt(b, steps)];
    const isAll = compared === "all";
    const names = isAll ? Object.keys(left) : compared;
    if (isAll && Object.keys(right).length !== names.length) return path;
    for (const name of names) {
      const [one, other] = [left[name], right[name]];
      if (one === other || (isAll && isWiring(a, one)) || isSameValue(one, other)) continue;
      return `${path}.${name}`;
    }
  }
  return undefined;
};

// What has a meaning inside a sequence alone

const isSameParameters = (a: Fields, b: Fields): boolean => {
  const used = (fields: Fields, list: string, count: string): unknown =>
    (fields[list] as Int32Array).subarray(0, fields[count] as number);
  return (
    ["_digitIsSub", "_rejectDigits", "_rejectSubDigits", "_subParamsLength", "length"].every(
      (name) => a[name] === b[name],
    ) &&
    isSameValue(used(a, "params", "length"), used(b, "params", "length")) &&
    isSameValue(used(a, "_subParams", "_subParamsLength"), used(b, "_subParams", "_subParamsLength")) &&
    isSameValue(used(a, "_subParamsIdx", "length"), used(b, "_subParamsIdx", "length"))
  );
};

const isSameHandlers = (a: readonly Fields[], b: readonly Fields[]): boolean =>
  a.length === b.length &&
  a.every((handler, index) => {
    const other = b[index] ?? {};
    const isSame = handler._data === other._data && handler._hitLimit === other._hitLimit;
    const { _params: left } = handler;
    const { _params: right } = other;
    return isSame && (left === right || isSameParameters(left as Fields, right as Fields));
  });

const parserSteps = stepsOf("_inputHandler._parser");

const differentSequence = (a: Emulator, b: Emulator): string | undefined => {
  const [left, right] = [fieldsAt(a, parserSteps), fieldsAt(b, parserSteps)];
  const state = left.currentState as number;
  // From the ground and from strings each sequence begins with none of either.
  const isCollecting =
    state !== parserState.ground && state !== parserState.oscString && state !== parserState.sosPmApcString;
  if (isCollecting) {
    if (left._collect !== right._collect) return "collected";
    if (!isSameParameters(left._params as Fields, right._params as Fields)) return "parameters";
  }
  for (const name of ["_oscParser", "_dcsParser"]) {
    const [one, other] = [left[name] as Fields, right[name] as Fields];
    if (!isSameHandlers(one._active as Fields[], other._active as Fields[])) return `${name} handlers`;
  }
  const joins = [left, right].map(({ precedingJoinState }) => (precedingJoinState as number) & joinMask);
  return joins[0] === joins[1] ? undefined : "what the next character joins";
};

// Looks and cells

/** Without the bits of a colour that its mode does not read. */
const withoutLeftovers = (word: number): number => (toColor(word) | (word & ~cell.colorMask)) >>> 0;

const isSameExtended = (
  a: Emulator,
  b: Emulator,
  left: CoreExtendedAttributes | undefined,
  right: CoreExtendedAttributes | undefined,
): boolean => {
  if (left === undefined || right === undefined) return left === right;
  return (
    withoutLeftovers(left._ext) === withoutLeftovers(right._ext) &&
    (left.urlId === 0) === (right.urlId === 0) &&
    isSameValue(a.links.get(left.urlId), b.links.get(right.urlId))
  );
};

const isSameAttributes = (a: Emulator, b: Emulator, left: CoreAttributes, right: CoreAttributes): boolean =>
  withoutLeftovers(left.fg) === withoutLeftovers(right.fg) &&
  withoutLeftovers(left.bg) === withoutLeftovers(right.bg) &&
  isSameExtended(a, b, left.extended, right.extended);

// Read for each cell of a screen: as constants of this file they cost no look into another's.
const { size, isCombined, bgHasExtended } = cell;

/** The first column where they differ, or -1. */
const differentColumn = (a: Emulator, b: Emulator, left: CoreLine, right: CoreLine): number => {
  const [one, other] = [left._data, right._data];
  if (one.length !== other.length) return 0;
  for (let at = 0; at < one.length; at += size) {
    const content = one[at] ?? 0;
    const fg = one[at + 1] ?? 0;
    const bg = one[at + 2] ?? 0;
    const isSame = content === other[at] && fg === other[at + 1] && bg === other[at + 2];
    if (isSame && ((content & isCombined) | (bg & bgHasExtended)) === 0) continue;
    const x = at / size;
    if (content !== other[at]) return x;
    if (withoutLeftovers(fg) !== withoutLeftovers(other[at + 1] ?? 0)) return x;
    if (withoutLeftovers(bg) !== withoutLeftovers(other[at + 2] ?? 0)) return x;
    if ((content & isCombined) !== 0 && left._combined[x] !== right._combined[x]) return x;
    const isExtended = (bg & bgHasExtended) !== 0;
    if (isExtended && !isSameExtended(a, b, left._extendedAttrs[x], right._extendedAttrs[x])) return x;
  }
  return -1;
};

const differentLine = (
  [a, left]: readonly [Emulator, CoreBuffer],
  [b, right]: readonly [Emulator, CoreBuffer],
): string | undefined => {
  for (let y = 0; y < left.lines.length; y++) {
    const [one, other] = [left.lines.get(y), right.lines.get(y)];
    if (one === undefined || other === undefined) return `line ${y} is not there`;
    if (one.isWrapped !== other.isWrapped) return `line ${y} wrapped`;
    const x = differentColumn(a, b, one, other);
    if (x >= 0) return `line ${y} column ${x}`;
  }
  return undefined;
};

const differentBuffer = (a: Emulator, b: Emulator, name: "normal" | "alt"): string | undefined => {
  const [left, right] = [a.core.core._bufferService.buffers, b.core.core._bufferService.buffers];
  if ((left.active === left[name]) !== (right.active === right[name])) return `${name} active`;
  if (!isSameAttributes(a, b, left[name].savedCurAttrData, right[name].savedCurAttrData)) {
    return `${name} saved pen`;
  }
  const line = differentLine([a, left[name]], [b, right[name]]);
  return line === undefined ? undefined : `${name} ${line}`;
};

const differentOfOurs = (a: Emulator, b: Emulator): string | undefined => {
  if (a.extras.mainSequence() !== b.extras.mainSequence()) return "extras";
  if (a.extras.altSequence() !== b.extras.altSequence()) return "extras of the alternate screen";
  if (a.isAtRest !== b.isAtRest) return "unfinished character";
  return a.faults === b.faults ? undefined : "faults";
};

/** Names what is not equal; undefined when all is, and so will be after any output. */
export const firstDifference = (a: Emulator, b: Emulator): string | undefined => {
  const isSamePen = isSameAttributes(
    a,
    b,
    a.core.core._inputHandler._curAttrData,
    b.core.core._inputHandler._curAttrData,
  );
  if (!isSamePen) return "pen";
  return (
    differentPart(a, b) ??
    differentSequence(a, b) ??
    differentBuffer(a, b, "normal") ??
    differentBuffer(a, b, "alt") ??
    differentOfOurs(a, b)
  );
};

// Whether that is all

/** Emitters, what is to be disposed of, functions and the parts themselves hold nothing of their own. */
const isWiring = (emulator: Emulator, value: unknown): boolean => {
  if (typeof value === "function") return true;
  if (!isObject(value)) return false;
  const { _store, _onData } = emulator.core.core as unknown as { _store: object; _onData: object };
  return value.constructor === _store.constructor || value.constructor === _onData.constructor;
};

const strangeNames = (where: string, value: unknown, known: readonly string[]): string[] =>
  Object.keys(value as object)
    .filter((name) => !known.includes(name))
    .map((name) => `${where}.${name}`);

const strangeInLines = (where: string, { lines }: CoreBuffer): string[] =>
  Array.from({ length: lines.length }, (_, y) => lines.get(y)).flatMap((line) => [
    ...strangeNames(where, line, kinds.line),
    ...Object.values(line?._extendedAttrs ?? {}).flatMap((extended) =>
      extended === undefined ? [] : strangeNames(where, extended, kinds.extended),
    ),
  ]);

/** Fields of xterm's objects that are neither compared nor known to be idle; those of this moment, so ask often. */
export const unknownFields = (emulator: Emulator): string[] => {
  const covered = new Set<unknown>(parts.map(({ path }) => fieldsAt(emulator, stepsOf(path))));
  const { buffers } = emulator.core.core._bufferService;
  const parser = fieldsAt(emulator, parserSteps);
  const attributes = [
    emulator.core.core._inputHandler._curAttrData,
    buffers.normal.savedCurAttrData,
    buffers.alt.savedCurAttrData,
  ];
  return [
    ...parts.flatMap(({ path, compared, special = [], idle = {} }) => {
      if (compared === "all") return [];
      const fields = fieldsAt(emulator, stepsOf(path));
      const known = [...compared, ...special, ...Object.keys(idle)];
      return strangeNames(path, fields, known).filter((name) => {
        const value = fields[name.slice(path.length + 1)];
        return !covered.has(value) && !isWiring(emulator, value);
      });
    }),
    ...attributes.flatMap((pen) => [
      ...strangeNames("pen", pen, kinds.attributes),
      ...strangeNames("pen", pen.extended, kinds.extended),
    ]),
    ...strangeNames("parameters", parser._params, kinds.parameters),
    ...[parser._oscParser, parser._dcsParser].flatMap((sub) =>
      ((sub as Fields)._active as Fields[]).flatMap((handler) =>
        strangeNames("handler", handler, kinds.handler),
      ),
    ),
    ...strangeInLines("normal", buffers.normal),
    ...strangeInLines("alternate", buffers.alt),
  ];
};
