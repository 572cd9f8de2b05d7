// Just enough of the tar format (POSIX ustar) for the snapshot: files and directories with short names.

export interface ArchiveEntry {
  /** Relative, with slashes. */
  readonly path: string;
  /** Absent for a directory. */
  readonly content?: Uint8Array;
}

const blockBytes = 512;
const checksumAt = 148;
const padded = (size: number): number => Math.ceil(size / blockBytes) * blockBytes;

const checksum = (header: Uint8Array): number =>
  header.reduce((sum, byte, at) => sum + (at >= checksumAt && at < checksumAt + 8 ? 0x20 : byte), 0);

export const writeArchive = (entries: readonly ArchiveEntry[]): Buffer => {
  const parts: Buffer[] = [];
  for (const { path, content } of entries) {
    if (Buffer.byteLength(path) > 100) throw new Error(`${path} is too long for the archive.`);
    const header = Buffer.alloc(blockBytes);
    const octal = (value: number, at: number, digits: number) =>
      header.write(`${value.toString(8).padStart(digits, "0")}\0`, at);
    header.write(path, 0);
    octal(content === undefined ? 0o700 : 0o600, 100, 7);
    octal(content?.length ?? 0, 124, 11);
    octal(0, 136, 11);
    header.write(content === undefined ? "5" : "0", 156);
    header.write("ustar\x0000", 257);
    header.write(`${checksum(header).toString(8).padStart(6, "0")}\0 `, checksumAt);
    parts.push(header);
    if (content !== undefined) {
      const body = Buffer.alloc(padded(content.length));
      body.set(content);
      parts.push(body);
    }
  }
  parts.push(Buffer.alloc(2 * blockBytes));
  return Buffer.concat(parts);
};

export const readArchive = function* (archive: Buffer): Generator<ArchiveEntry> {
  for (let at = 0; at < archive.length && archive[at] !== 0; ) {
    const header = archive.subarray(at, at + blockBytes);
    const octal = (from: number, digits: number): number =>
      Number.parseInt(header.toString("latin1", from, from + digits), 8);
    if (octal(checksumAt, 6) !== checksum(header)) throw new Error(`The archive is damaged at byte ${at}.`);
    const path = header.toString("utf8", 0, header.indexOf(0));
    const size = octal(124, 11);
    at += blockBytes;
    if (header.toString("latin1", 156, 157) === "5") yield { path };
    else yield { path, content: archive.subarray(at, at + size) };
    at += padded(size);
  }
};
