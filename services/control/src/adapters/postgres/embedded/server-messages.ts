/** What the worker must know of an answer, read from the headers of its messages. */
export interface AnswerSummary {
  /** True when the answer ends with the session idle, outside any transaction. */
  readonly isIdle: boolean;
  /** The text of the first error that ends the session. */
  readonly fatal: string | undefined;
}

const readyForQuery = "Z".charCodeAt(0);
const errorResponse = "E".charCodeAt(0);
const idle = "I".charCodeAt(0);
const severityField = "V".charCodeAt(0);
const textField = "M".charCodeAt(0);

const errorFields = (body: Buffer): Map<number, string> => {
  const fields = new Map<number, string>();
  for (let at = 0; at < body.length && body[at] !== 0; ) {
    const end = body.indexOf(0, at + 1);
    if (end < 0) break;
    fields.set(body[at] ?? 0, body.toString("utf8", at + 1, end));
    at = end + 1;
  }
  return fields;
};

/** Reads whole messages of the server: https://www.postgresql.org/docs/current/protocol-message-formats.html */
export const summarizeAnswer = (bytes: Uint8Array): AnswerSummary => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let isIdle = false;
  let fatal: string | undefined;
  for (let at = 0; at + 5 <= buffer.length; ) {
    const end = at + 1 + buffer.readUInt32BE(at + 1);
    if (buffer[at] === readyForQuery) isIdle = buffer[at + 5] === idle;
    if (buffer[at] === errorResponse && fatal === undefined) {
      const fields = errorFields(buffer.subarray(at + 5, end));
      if (fields.get(severityField) === "FATAL" || fields.get(severityField) === "PANIC") {
        fatal = fields.get(textField) ?? "unknown";
      }
    }
    at = end;
  }
  return { isIdle, fatal };
};
