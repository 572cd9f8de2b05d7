const newline = 0x0a;
const carriageReturn = 0x0d;
const tab = 0x09;
const del = 0x7f;

const bracketStart = Buffer.from("\x1b[200~");
const bracketEnd = Buffer.from("\x1b[201~");

/**
 * A paste as the program gets it: without ESC (so without any bracket marker, also one put together from parts),
 * other C0 controls, DEL and C1 controls (U+0080 to U+009F), with CRLF and LF as CR, as a terminal sends Enter.
 * Bytes that are not UTF-8 are kept, except those that are C1 controls by themselves.
 */
export const cleanPaste = (data: Uint8Array, isBracketed: boolean): Buffer => {
  const clean = Buffer.allocUnsafe(data.length);
  let size = 0;
  let continuation = 0;
  for (let at = 0; at < data.length; at += 1) {
    const byte = data[at] ?? 0;
    const next = data[at + 1] ?? 0;
    if (byte < 0x80) {
      continuation = 0;
      if (byte === newline || byte === carriageReturn) {
        if (byte === carriageReturn && next === newline) at += 1;
        clean[size++] = carriageReturn;
      } else if (byte === tab || (byte >= 0x20 && byte !== del)) clean[size++] = byte;
    } else if (byte < 0xa0 && continuation === 0) {
      // 0x80 to 0x9f alone: a C1 control to a terminal that reads eight bits.
    } else if (byte === 0xc2 && next >= 0x80 && next < 0xa0) {
      at += 1;
    } else {
      continuation = byte < 0xc0 ? Math.max(0, continuation - 1) : continuationsAfter(byte);
      clean[size++] = byte;
    }
  }
  const text = clean.subarray(0, size);
  return isBracketed ? Buffer.concat([bracketStart, text, bracketEnd]) : text;
};

const continuationsAfter = (lead: number): number => {
  if (lead >= 0xf0 && lead < 0xf8) return 3;
  if (lead >= 0xe0 && lead < 0xf0) return 2;
  return lead >= 0xc2 && lead < 0xe0 ? 1 : 0;
};
