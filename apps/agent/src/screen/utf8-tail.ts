/**
 * How many bytes at the end begin a UTF-8 character that is not complete: 0 to 3. Leads are told apart by their
 * high bits alone, as xterm does, so that bytes that no character begins with are cut alike.
 */
export const unfinishedTailLength = (bytes: Uint8Array): number => {
  const last = bytes.length - 1;
  for (let back = 0; back < 3 && back <= last; back++) {
    const byte = bytes[last - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf8 ? 4 : 1;
    return back + 1 < length ? back + 1 : 0;
  }
  return 0;
};
