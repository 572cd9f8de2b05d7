#!/usr/bin/env node
// Verifies an export of a cmdop audit log, or a proof. One file, nothing but Node 18 or later: copy it to where you
// trust it.
//
//   node verify-audit.mjs --key KEY [--checkpoint FILE]… [--witness FILE]… [--start FILE] [--whole] [--json] FILE…
//   node verify-audit.mjs --key KEY [--json] PROOF                          that one entry is in the signed log
//   node verify-audit.mjs --key KEY --checkpoint KEPT [--json] PROOF        that the log continues a kept checkpoint
//
//   FILE          an export, or sealed files in their order, and after them an export of what follows
//   --key         the log's verifier key, name+keyid+base64; the name is the log's origin. May be given twice,
//                 around a rotation.
//   --checkpoint  a signed checkpoint that you kept
//   --witness     what a relay or router remembers: its memory file, or the bare checkpoint
//   --whole       the files begin with entry 1; otherwise the first may begin where older ones were archived
//   --start       the state at the end of the archived part, when the export does not begin with entry 1
//
// Ends with 0 when the log is intact, 1 when it was tampered with, 2 when it could not be checked or no signature
// covers it. It was written apart from the product and shares no line with it, so that a fault in one shows.
// The format is described in docs/reference/audit-log.md.
import { createHash, createPublicKey, verify } from "node:crypto";
import { createReadStream, readFileSync, statSync } from "node:fs";

const usage =
  "node verify-audit.mjs --key KEY [--checkpoint FILE] [--witness FILE] [--start FILE] [--whole] [--json] FILE…";
const lineMax = 65_536;
const proofBytesMax = 131_072;
const hex = /^[0-9a-f]{64}$/;
const problemsMax = 100;
const hashTail = /,"hash":"([0-9a-f]{64})"\}$/;

const sha256 = (...parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

// --- the command line

const parseArguments = (words) => {
  const options = {
    keys: [],
    checkpoints: [],
    witnesses: [],
    start: undefined,
    json: false,
    whole: false,
    files: [],
  };
  const rest = [...words];
  while (rest.length > 0) {
    const word = rest.shift();
    if (word === "--json") {
      options.json = true;
    } else if (word === "--whole") {
      options.whole = true;
    } else if (word.startsWith("--")) {
      const value = rest.shift();
      if (value === undefined) throw new Error(usage);
      if (word === "--key") options.keys.push(readKey(value));
      else if (word === "--checkpoint") options.checkpoints.push(readFileSync(value, "utf8"));
      else if (word === "--witness") options.witnesses.push({ name: value, note: readWitness(value) });
      else if (word === "--start") options.start = JSON.parse(readFileSync(value, "utf8"));
      else throw new Error(usage);
    } else {
      options.files.push(word);
    }
  }
  if (options.files.length === 0 || options.keys.length === 0) throw new Error(usage);
  if (options.keys.some((key) => key.name !== options.keys[0].name))
    throw new Error("The keys name several logs.");
  return options;
};

const readWitness = (path) => {
  const text = readFileSync(path, "utf8");
  return text.startsWith("{") ? JSON.parse(text).checkpoint : text;
};

const readKey = (text) => {
  const [name, id, encoded] = text.split(/\+(.*?)\+(.*)/s);
  const bytes = Buffer.from(encoded ?? "", "base64");
  const expected = sha256(`${name}\n`, bytes).toString("hex").slice(0, 8);
  if (bytes.length !== 33 || bytes[0] !== 1 || id !== expected)
    throw new Error(`This is no key of a log: ${text}`);
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), bytes.subarray(1)]);
  return { name, id, key: createPublicKey({ key: der, format: "der", type: "spki" }) };
};

// --- checkpoints

const readCheckpoint = (note, keys) => {
  const cut = note.lastIndexOf("\n\n");
  const text = note.slice(0, cut + 1);
  const [origin, size, root] = text.split("\n");
  if (cut < 0 || !/^(0|[1-9][0-9]*)$/.test(size ?? "") || Buffer.from(root ?? "", "base64").length !== 32) {
    return { error: "malformed_line" };
  }
  let isSigned = false;
  for (const line of note
    .slice(cut + 2)
    .split("\n")
    .filter(Boolean)) {
    const [, name, encoded = ""] = line.split(" ");
    const bytes = Buffer.from(encoded, "base64");
    const known = keys.find((key) => key.name === name && key.id === bytes.subarray(0, 4).toString("hex"));
    if (known === undefined) continue;
    if (!verify(null, Buffer.from(text), known.key, bytes.subarray(4))) return { error: "bad_signature" };
    isSigned = true;
  }
  if (!isSigned || origin !== keys[0].name) return { error: "bad_signature" };
  return { size: Number(size), root: Buffer.from(root, "base64") };
};

// --- the tree: a stack of complete subtrees, each with its number of leaves

const push = (stack, leaf) => {
  stack.push({ leaves: 1, hash: leaf });
  while (stack.length > 1 && stack.at(-1).leaves === stack.at(-2).leaves) {
    const right = stack.pop();
    const left = stack.pop();
    stack.push({ leaves: left.leaves * 2, hash: sha256(Buffer.of(1), left.hash, right.hash) });
  }
};

const rootOf = (stack) => {
  if (stack.length === 0) return sha256();
  let root = stack.at(-1).hash;
  for (let index = stack.length - 2; index >= 0; index -= 1)
    root = sha256(Buffer.of(1), stack[index].hash, root);
  return root;
};

const readStart = ({ seq, hash, frontier }) => {
  const stack = [];
  let rest = BigInt(seq);
  for (let bit = 1n << 52n; bit > 0n; bit >>= 1n) {
    if (rest < bit) continue;
    rest -= bit;
    const found = Buffer.from(frontier[stack.length] ?? "", "hex");
    if (found.length !== 32) throw new Error("The start has too few hashes.");
    stack.push({ leaves: Number(bit), hash: found });
  }
  if (stack.length !== frontier.length || !hex.test(hash)) throw new Error("The start is malformed.");
  return { seq, hash: Buffer.from(hash, "hex"), stack };
};

// --- lines

/** JSON in the form of RFC 8785. */
const canonical = (value) => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
};

async function* linesOf(files) {
  for (const file of files) yield* linesOfOne(file);
}

async function* linesOfOne(file) {
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(file)) {
    let bytes = Buffer.concat([rest, chunk]);
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
      yield bytes.subarray(0, end);
      bytes = bytes.subarray(end + 1);
    }
    if (bytes.length > lineMax) throw new Error("A line is too long.");
    rest = bytes;
  }
  if (rest.length > 0) yield rest;
}

/** What a line is; undefined for what no export writes. */
const readLine = (bytes) => {
  const text = bytes.toString("utf8");
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
  const tail = hashTail.exec(text);
  if (tail !== null && Number.isSafeInteger(value.seq) && value.seq > 0) {
    const entry = `${text.slice(0, -tail[0].length)}}`;
    const { hash, ...members } = value;
    if (hash !== tail[1] || canonical(members) !== entry) return undefined;
    // The bytes of the file are hashed, not the text that was read from them.
    const hashed = Buffer.concat([bytes.subarray(0, bytes.length - tail[0].length), Buffer.from("}")]);
    return { seq: value.seq, hash: Buffer.from(hash, "hex"), bytes: hashed };
  }
  if (canonical(value) !== text) return undefined;
  if (typeof value.checkpoint === "string") return { note: value.checkpoint };
  if (value.start !== undefined) return { start: value.start };
  return undefined;
};

// --- the verification

const check = async (options) => {
  const problems = [];
  const report = (kind, seq, line, text) => problems.push({ kind, seq, line, text });
  let { seq, hash, stack } = readStart(options.start ?? { seq: 0, hash: "0".repeat(64), frontier: [] });
  let expected = [];
  let holes = [];
  let isBroken = false;
  let unreadable = 0;
  let otherHash;
  let [line, entries, signedSize, witnessedSize] = [0, 0, 0, 0];
  let isCut = false;

  const expectNote = (note, witness, at) => {
    const found = readCheckpoint(note, options.keys);
    if (found.error === "malformed_line" && at !== undefined) {
      report("malformed_line", undefined, at, "The checkpoint cannot be read.");
    } else if (found.error !== undefined) {
      report("bad_signature", undefined, at, "The checkpoint is not signed by the log's key.");
    } else if (at !== undefined && found.size < seq) {
      report("malformed_line", found.size, at, "The checkpoint does not stand after the entry it counts to.");
    } else {
      expected.push({ ...found, witness, line: at });
    }
  };
  const compare = () => {
    const due = expected.filter(({ size }) => size <= seq);
    expected = expected.filter(({ size }) => size > seq);
    for (const { size, root, witness, line: at } of due) {
      if (size < seq || isBroken) continue;
      if (!rootOf(stack).equals(root)) {
        if (witness === undefined)
          report("rewritten", size, at, `The first ${size} entries are not those signed.`);
        else report("forked", size, at, `${witness} remembers ${size} other entries.`);
      } else if (witness === undefined) {
        signedSize = Math.max(signedSize, size);
      } else {
        witnessedSize = Math.max(witnessedSize, size);
      }
    }
  };
  const takeEntry = (entry) => {
    entries += 1;
    if (entry.seq <= seq) {
      isBroken = true;
      report("entry_reordered", entry.seq, line, `Entry ${entry.seq} stands after entry ${seq}, or twice.`);
      holes = holes.flatMap(({ from, to, line: at }) =>
        entry.seq < from || entry.seq > to
          ? [{ from, to, line: at }]
          : [
              { from, to: entry.seq - 1, line: at },
              { from: entry.seq + 1, to, line: at },
            ].filter((hole) => hole.from <= hole.to),
      );
      return;
    }
    if (entry.seq > seq + 1) {
      isBroken = true;
      if (entry.seq - seq - 1 > unreadable) holes.push({ from: seq + 1, to: entry.seq - 1, line });
      otherHash = undefined;
    } else {
      const computed = sha256(hash, entry.bytes);
      const fits = computed.equals(entry.hash);
      const fitsOther = !fits && otherHash !== undefined && sha256(otherHash, entry.bytes).equals(entry.hash);
      otherHash = fits || fitsOther ? undefined : computed;
      if (!fits && !fitsOther) {
        isBroken = true;
        report("entry_altered", entry.seq, line, `Entry ${entry.seq} is not what was written.`);
      }
    }
    unreadable = 0;
    ({ seq, hash } = entry);
    push(stack, sha256(Buffer.of(0), hash));
  };

  for (const note of options.checkpoints) expectNote(note, undefined, undefined);
  for (const { name, note } of options.witnesses) expectNote(note, name, undefined);
  for await (const bytes of linesOf(options.files)) {
    line += 1;
    const found = readLine(bytes);
    if (found === undefined) {
      isBroken = true;
      unreadable += 1;
      report("malformed_line", undefined, line, "The line is not what an export writes.");
    } else if (found.start !== undefined) {
      compare();
      const next = readStart(found.start);
      const isFirst = line === 1 && !options.whole;
      const isSame =
        canonical(found.start) ===
        canonical({
          frontier: stack.map((tree) => tree.hash.toString("hex")),
          hash: hash.toString("hex"),
          seq,
        });
      if (isFirst && seq === 0) {
        ({ seq, hash, stack } = next);
      } else if (next.seq > seq && !isFirst) {
        const text = `Entries ${seq + 1} to ${next.seq} are missing: the sealed file that holds them is not there.`;
        report("segment_missing", seq + 1, line, text);
        ({ seq, hash, stack } = next);
        otherHash = undefined;
        [isBroken, unreadable] = [false, 0];
      } else if (next.seq === seq && isBroken) {
        ({ seq, hash, stack } = next);
        otherHash = undefined;
        [isBroken, unreadable] = [false, 0];
      } else if (!isSame) {
        isBroken = true;
        report("malformed_line", next.seq, line, "The start of the log is not the one expected here.");
      }
    } else if (found.note !== undefined) {
      expectNote(found.note, undefined, line);
    } else {
      compare();
      takeEntry(found);
    }
    if (problems.length + holes.length >= problemsMax) {
      isCut = true;
      break;
    }
  }
  compare();
  for (const { from, to, line: at } of holes) {
    report(
      "entry_missing",
      from,
      at,
      from === to ? `Entry ${from} is missing.` : `Entries ${from} to ${to} are missing.`,
    );
  }
  for (const { size, witness, line: at } of isCut ? [] : expected.sort((a, b) => a.size - b.size)) {
    if (witness === undefined)
      report("tail_cut", size, at, `The log ends at entry ${seq}, but its key signed ${size}.`);
    else report("rolled_back", size, at, `The log ends at entry ${seq}, but ${witness} remembers ${size}.`);
  }
  problems.sort((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity));
  const isProved = signedSize > 0 || witnessedSize > 0;
  const verdict = problems.length > 0 ? "tampered" : isProved ? "intact" : "unproved";
  return {
    verdict,
    problems,
    isCut,
    entries,
    lastSeq: seq,
    root: rootOf(stack).toString("hex"),
    signedSize,
    witnessedSize,
  };
};

// --- proofs (RFC 9162 2.1.3 and 2.1.4), from the root down: the last hash is the other half of the whole tree

const node = (left, right) => sha256(Buffer.of(1), left, right);

const splitOf = (size) => {
  let half = 1;
  while (half * 2 < size) half *= 2;
  return half;
};

const take = (hashes) => {
  if (hashes.length === 0) throw new RangeError("The proof is too short.");
  return hashes.pop();
};

/** The root of a tree of `size` leaves that has this one at `index`. */
const rootWith = (leaf, index, size, hashes) => {
  if (size === 1) return leaf;
  const half = splitOf(size);
  const other = take(hashes);
  return index < half
    ? node(rootWith(leaf, index, half, hashes), other)
    : node(other, rootWith(leaf, index - half, size - half, hashes));
};

/** The roots of the older tree and of the newer one. `whole`: the older one's root, where it is a subtree of the newer. */
const rootsSince = (older, newer, whole, hashes) => {
  if (older === newer) {
    const root = whole ?? take(hashes);
    return [root, root];
  }
  const half = splitOf(newer);
  const other = take(hashes);
  if (older <= half) {
    const [before, now] = rootsSince(older, half, whole, hashes);
    return [before, node(now, other)];
  }
  const [before, now] = rootsSince(older - half, newer - half, undefined, hashes);
  return [node(other, before), node(other, now)];
};

/** What `prove` computes from all of the hashes, is what is expected. */
const fits = (proof, expected, prove) => {
  const hashes = proof.map((hash) => Buffer.from(hash, "hex"));
  try {
    return prove(hashes).every((root, index) => root.equals(expected[index])) && hashes.length === 0;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
};

/** The proof in the only file that was given; undefined when it is something else. */
const readProof = ([file, ...others]) => {
  if (others.length > 0 || statSync(file).size > proofBytesMax) return undefined;
  let value;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
  const isProof = Array.isArray(value?.proof) && typeof value.checkpoint === "string";
  if (!isProof || !value.proof.every((hash) => typeof hash === "string" && hex.test(hash))) return undefined;
  const { entry, previousHash } = value;
  if (entry === undefined) return value;
  const isEntry = Number.isSafeInteger(entry?.seq) && hex.test(entry.hash) && hex.test(previousHash);
  return isEntry ? value : undefined;
};

const checkEntry = ({ entry, previousHash, proof }, { size, root }, report) => {
  const { hash, ...members } = entry;
  const given = Buffer.from(hash, "hex");
  if (!sha256(Buffer.from(previousHash, "hex"), canonical(members)).equals(given)) {
    report("entry_altered", `Entry ${entry.seq} is not what was written: its hash does not fit.`);
  }
  const index = entry.seq - 1;
  const leaf = sha256(Buffer.of(0), given);
  const isThere = index >= 0 && index < size;
  if (!isThere || !fits(proof, [root], (hashes) => [rootWith(leaf, index, size, hashes)])) {
    report("rewritten", `Entry ${entry.seq} is not in the log that was signed.`);
  }
};

const checkSince = ({ proof }, kept, now, report) => {
  if (now.size < kept.size) {
    report("rolled_back", `The proof is of ${now.size} entries, and ${kept.size} were kept.`);
    return;
  }
  // Of nothing, every log is the continuation.
  const prove = (hashes) =>
    kept.size === 0 ? [sha256(), now.root] : rootsSince(kept.size, now.size, kept.root, hashes);
  if (!fits(proof, [kept.root, now.root], prove)) {
    report("forked", `The log does not continue the ${kept.size} entries that were kept.`);
  }
};

const checkProof = (proof, options) => {
  const kept = [...options.checkpoints, ...options.witnesses.map(({ note }) => note)];
  if (proof.entry !== undefined && kept.length > 0)
    throw new Error("The proof of an entry carries its checkpoint.");
  if (proof.entry === undefined && kept.length !== 1) {
    throw new Error(
      "This proof says that the log continues a checkpoint: give the one that was kept, with --checkpoint.",
    );
  }
  const problems = [];
  const report = (kind, text) => problems.push({ kind, text });
  const [now, before] = [proof.checkpoint, ...kept].map((note) => readCheckpoint(note, options.keys));
  for (const { error } of [now, before ?? {}]) {
    if (error) report("bad_signature", "A checkpoint is not signed by the key that was given.");
  }
  if (problems.length === 0 && proof.entry !== undefined) checkEntry(proof, now, report);
  else if (problems.length === 0) checkSince(proof, before, now, report);
  return { verdict: problems.length > 0 ? "tampered" : "intact", problems, size: now.size ?? 0 };
};

const printProof = ({ entry }, { verdict, problems, size }) => {
  for (const { kind, text } of problems) console.log(`${kind}: ${text}`);
  const what =
    entry === undefined ? "the log continues what was kept" : `entry ${entry.seq}, ${JSON.stringify(entry)}`;
  console.log(`${verdict}: ${what}; under a checkpoint of ${size} entries`);
};

const print = (report) => {
  for (const { kind, line, text } of report.problems) {
    console.log(`${kind}: ${text}${line === undefined ? "" : ` (line ${line})`}`);
  }
  const { verdict, entries, lastSeq, signedSize, witnessedSize, root } = report;
  console.log(
    `${verdict}: ${entries} entries, the last is ${lastSeq}; signed up to ${signedSize}, witnessed up to ${witnessedSize}`,
  );
  console.log(`root ${root}`);
};

try {
  const options = parseArguments(process.argv.slice(2));
  const proof = readProof(options.files);
  const report = proof ? checkProof(proof, options) : await check(options);
  if (options.json) console.log(JSON.stringify(report));
  else if (proof) printProof(proof, report);
  else print(report);
  process.exitCode = { intact: 0, tampered: 1, unproved: 2 }[report.verdict];
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
