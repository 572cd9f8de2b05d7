// Exports of a sample log, and each kind of tampering with what has to be said about it. The judge of `verifyChain`
// and of the offline verifier alike.
import { type AppendedEntry, appendEntry } from "../chain.ts";
import { signCheckpoint } from "../checkpoint.ts";
import { formatCanonicalEntryLine, formatCheckpointLine, formatStartLine } from "../export-lines.ts";
import { headAt, keyOf, type SampleLog, sampleLog, signer } from "./sample-log.ts";

const lineOf = ({ canonical, hash }: AppendedEntry): string => formatCanonicalEntryLine(canonical, hash);

const noteOf = (log: SampleLog, size: number, by = signer): string => signCheckpoint(headAt(log, size), by);

/** All entries, with checkpoints after those of the given numbers. */
export const exportOf = (log: SampleLog, checkpointsAt: readonly number[]): string[] =>
  log.entries.flatMap((appended) =>
    checkpointsAt.includes(appended.entry.seq)
      ? [lineOf(appended), formatCheckpointLine(noteOf(log, appended.entry.seq))]
      : [lineOf(appended)],
  );

/** The entries after `from` up to `to` as a file of their own, signed at its end. */
export const fileOf = (log: SampleLog, from: number, to: number): string[] => [
  ...(from === 0 ? [] : [formatStartLine(headAt(log, from))]),
  ...exportOf(log, [to]).slice(from, to + 1),
];

export interface Tampered {
  readonly lines: readonly string[];
  readonly checkpoints: readonly string[];
  readonly witnesses: readonly { readonly name: string; readonly checkpoint: string }[];
}

export interface Tampering {
  readonly what: string;
  readonly tamper: (log: SampleLog) => Tampered;
  /** Kind, entry or size, line of each problem. */
  readonly expected: readonly (readonly [string, number | undefined, number | undefined])[];
}

const change = (edit: (lines: string[], log: SampleLog) => string[]) => (log: SampleLog) => ({
  lines: edit(exportOf(log, [40]), log),
  checkpoints: [],
  witnesses: [],
});

const replaceIn = (lines: string[], index: number, from: string | RegExp, to: string): string[] =>
  lines.with(index, (lines[index] ?? "").replace(from, to));

/** Of a log of 40 entries. */
export const tamperings: readonly Tampering[] = [
  {
    what: "a changed entry",
    tamper: change((lines) => replaceIn(lines, 6, '"outcome":"allowed"', '"outcome":"denied"')),
    expected: [["entry_altered", 7, 7]],
  },
  {
    what: "a changed hash",
    tamper: change((lines) => replaceIn(lines, 6, /"hash":"[0-9a-f]{4}/, '"hash":"0000')),
    expected: [["entry_altered", 7, 7]],
  },
  {
    what: "two changed entries in a row",
    tamper: change((lines) => {
      const once = replaceIn(lines, 6, '"rows":24', '"rows":25');
      return replaceIn(once, 7, '"rows":24', '"rows":25');
    }),
    expected: [
      ["entry_altered", 7, 7],
      ["entry_altered", 8, 8],
    ],
  },
  {
    what: "an entry that was changed and hashed anew",
    tamper: change((lines, log) => {
      const { entry } = log.entries[6] as AppendedEntry;
      const { seq: _seq, ...draft } = entry;
      return lines.with(6, lineOf(appendEntry(headAt(log, 6), { ...draft, outcome: "denied" })));
    }),
    expected: [["entry_altered", 8, 8]],
  },
  {
    what: "a chain that was computed anew from a changed entry on",
    tamper: (log) => ({
      lines: [...exportOf(sampleLog(40, "-other", 30), []), formatCheckpointLine(noteOf(log, 40))],
      checkpoints: [],
      witnesses: [],
    }),
    expected: [["rewritten", 40, 41]],
  },
  {
    what: "a deleted row",
    tamper: change((lines) => lines.toSpliced(6, 1)),
    expected: [["entry_missing", 7, 7]],
  },
  {
    what: "a deleted first row",
    tamper: change((lines) => lines.slice(1)),
    expected: [["entry_missing", 1, 1]],
  },
  {
    what: "several deleted rows",
    tamper: change((lines) => lines.toSpliced(20, 1).toSpliced(6, 3)),
    expected: [
      ["entry_missing", 7, 7],
      ["entry_missing", 21, 18],
    ],
  },
  {
    what: "two rows that changed places",
    tamper: change((lines) => lines.with(6, lines[7] ?? "").with(7, lines[6] ?? "")),
    expected: [["entry_reordered", 7, 8]],
  },
  {
    what: "a row that stands twice",
    tamper: change((lines) => lines.toSpliced(7, 0, lines[6] ?? "")),
    expected: [["entry_reordered", 7, 8]],
  },
  {
    what: "a row that moved to the end",
    tamper: change((lines) => [...lines.toSpliced(6, 1), lines[6] ?? ""]),
    expected: [["entry_reordered", 7, 41]],
  },
  {
    what: "a line that cannot be read",
    tamper: change((lines) => lines.with(6, (lines[6] ?? "").slice(0, -1))),
    expected: [["malformed_line", undefined, 7]],
  },
  {
    what: "a member that stands twice",
    tamper: change((lines) => replaceIn(lines, 6, '"action":', '"action":"key.list","action":')),
    expected: [["malformed_line", undefined, 7]],
  },
  {
    what: "a line that was written in another form",
    tamper: change((lines) => replaceIn(lines, 6, '"columns":80', '"columns": 80')),
    expected: [["malformed_line", undefined, 7]],
  },
  {
    what: "a line with an end of Windows",
    tamper: change((lines) => lines.with(6, `${lines[6]}\r`)),
    expected: [["malformed_line", undefined, 7]],
  },
  {
    what: "an empty line",
    tamper: change((lines) => lines.toSpliced(6, 0, "")),
    expected: [["malformed_line", undefined, 7]],
  },
  {
    what: "a cut tail before the checkpoint in the export",
    tamper: change((lines) => lines.toSpliced(35, 5)),
    expected: [["tail_cut", 40, 36]],
  },
  {
    what: "a tail that was cut with its checkpoint, against a checkpoint kept elsewhere",
    tamper: (log) => ({
      lines: exportOf(log, [20]).slice(0, 31),
      checkpoints: [noteOf(log, 40)],
      witnesses: [],
    }),
    expected: [["tail_cut", 40, undefined]],
  },
  {
    what: "an older backup that was put back, against a witness",
    tamper: (log) => ({
      lines: exportOf(log, [20]).slice(0, 21),
      checkpoints: [],
      witnesses: [{ name: "relay", checkpoint: noteOf(log, 38) }],
    }),
    expected: [["rolled_back", 38, undefined]],
  },
  {
    what: "an older backup that was written on, against a witness",
    tamper: (log) => ({
      lines: exportOf(sampleLog(40, "-again", 20), [40]),
      checkpoints: [],
      witnesses: [{ name: "relay", checkpoint: noteOf(log, 38) }],
    }),
    expected: [["forked", 38, undefined]],
  },
  {
    what: "a log that was signed by another key",
    tamper: (log) => ({
      lines: [
        ...exportOf(log, []),
        formatCheckpointLine(noteOf(log, 40, { ...signer, privateKey: keyOf("thief") })),
      ],
      checkpoints: [],
      witnesses: [],
    }),
    expected: [["bad_signature", undefined, 41]],
  },
  {
    what: "a checkpoint of another log",
    tamper: (log) => ({
      lines: [
        ...exportOf(log, []),
        formatCheckpointLine(noteOf(log, 40, { ...signer, name: "other/audit" })),
      ],
      checkpoints: [],
      witnesses: [],
    }),
    expected: [["bad_signature", undefined, 41]],
  },
  {
    what: "a checkpoint that does not stand where it belongs",
    tamper: (log) => ({
      lines: [...exportOf(log, []), formatCheckpointLine(noteOf(log, 30))],
      checkpoints: [],
      witnesses: [],
    }),
    expected: [["malformed_line", 30, 41]],
  },
  {
    what: "a sealed file that is lost",
    tamper: (log) => ({
      lines: [...fileOf(log, 0, 10), ...fileOf(log, 20, 40)],
      checkpoints: [],
      witnesses: [],
    }),
    expected: [["segment_missing", 11, 12]],
  },
  {
    what: "a changed entry in a sealed file, and another one in the next",
    tamper: (log) => ({
      lines: replaceIn(
        replaceIn([...fileOf(log, 0, 10), ...fileOf(log, 10, 40)], 6, '"rows":24', '"rows":25'),
        19,
        '"rows":24',
        '"rows":25',
      ),
      checkpoints: [],
      witnesses: [],
    }),
    expected: [
      ["entry_altered", 7, 7],
      ["entry_altered", 18, 20],
    ],
  },
  {
    what: "a sealed file that lost its end",
    tamper: (log) => ({
      lines: [...fileOf(log, 0, 20).slice(0, 15), ...fileOf(log, 20, 40)],
      checkpoints: [],
      witnesses: [],
    }),
    expected: [["segment_missing", 16, 16]],
  },
  {
    what: "a file that follows what was computed anew",
    tamper: (log) => ({
      lines: [...fileOf(log, 0, 20), ...fileOf(sampleLog(40, "-other", 15), 20, 40)],
      checkpoints: [],
      witnesses: [],
    }),
    expected: [
      ["malformed_line", 20, 22],
      ["entry_altered", 21, 23],
    ],
  },
];
