// `grpc-message` is UTF-8, percent-encoded outside printable ASCII (PROTOCOL-HTTP2.md, Status-Message).

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A longer text is cut: trailers count against the peer's limit of metadata. */
const textBytesMax = 2_048;

export const encodeStatusMessage = (text: string): string => {
  let encoded = "";
  for (const byte of encoder.encode(text).subarray(0, textBytesMax)) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  // HTTP/2 drops blanks at the ends of a value.
  return encoded.replace(/^ /, "%20").replace(/ $/, "%20");
};

/** Never fails: what is not a valid escape stays as it stands, as the specification asks. */
export const decodeStatusMessage = (text: string): string => {
  if (!text.includes("%")) return text;
  const bytes: number[] = [];
  const raw = encoder.encode(text);
  for (let at = 0; at < raw.length; at += 1) {
    const byte = raw[at] as number;
    const hex = byte === 0x25 ? String.fromCharCode(raw[at + 1] ?? 0, raw[at + 2] ?? 0) : "";
    if (/^[0-9A-Fa-f]{2}$/.test(hex)) {
      bytes.push(Number.parseInt(hex, 16));
      at += 2;
    } else bytes.push(byte);
  }
  return decoder.decode(new Uint8Array(bytes));
};
