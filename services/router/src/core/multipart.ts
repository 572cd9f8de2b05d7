// A multipart form (RFC 7578) as the bytes that came, one character each (latin1): read for its small text fields, and
// for the places of all. Files in it are neither copied apart nor looked into.

export interface FormField {
  readonly name: string;
  /** Place of the value in the text. */
  readonly start: number;
  readonly end: number;
  readonly isFile: boolean;
  /** Of a file, as its field says; undefined: it says nothing that can be read. */
  readonly mediaType?: string;
}

export type Form =
  | { readonly kind: "form"; readonly fields: readonly FormField[] }
  | { readonly kind: "invalid"; readonly reason: string };

const fieldsMax = 64;
const headCharsMax = 4_096;

const boundaryForm = /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i;
const dispositionForm = /^content-disposition:[ \t]*form-data((?:[^\r\n]|\r\n[ \t])*)$/gim;
const anyDisposition = /^content-disposition\b/gim;
const parameterForm = /\s*;\s*([\w-]+\*?)=(?:"((?:[^"\\\r\n]|\\[^\r\n])*)"|[^\s;"]+)\s*/y;
const fieldNameForm = /^[^\\]{1,100}$/;

/** Types and subtypes of RFC 6838, without parameters. */
const mediaTypeForm = /^content-type:\s*([\w!#$&^.+-]{1,64}\/[\w!#$&^.+-]{1,64})/im;

const invalid = (reason: string): Form => ({ kind: "invalid", reason });

/**
 * Undefined: another reader might take the field for another one, the model among them. The name stands in it once, in
 * quotes, without an escape.
 */
const dispositionOf = (head: string): { readonly name: string; readonly isFile: boolean } | undefined => {
  const [found, ...others] = head.matchAll(dispositionForm);
  if (!found || others.length > 0 || (head.match(anyDisposition)?.length ?? 0) > 1) return undefined;
  const [, text = ""] = found;
  const names: (string | undefined)[] = [];
  let isFile = false;
  parameterForm.lastIndex = 0;
  while (parameterForm.lastIndex < text.length) {
    const [whole, parameter = "", value] = parameterForm.exec(text) ?? [];
    if (whole === undefined) return undefined;
    if (/^name\*?$/i.test(parameter)) names.push(parameter.endsWith("*") ? undefined : value);
    isFile ||= /^filename\*?$/i.test(parameter);
  }
  const [name, ...more] = names;
  return name !== undefined && more.length === 0 && fieldNameForm.test(name) ? { name, isFile } : undefined;
};

export const parseForm = (text: string, contentType: string): Form => {
  const found = boundaryForm.exec(contentType);
  const boundary = found?.[1] ?? found?.[2];
  if (boundary === undefined) return invalid("it names no boundary");
  const delimiter = `\r\n--${boundary}`;
  // The first delimiter may stand at the very beginning, without the line end before it.
  const isFirst = text.startsWith(delimiter.slice(2));
  const opening = isFirst ? 0 : text.indexOf(delimiter);
  if (opening === -1) return invalid("its boundary is not in it");
  const fields: FormField[] = [];
  let at = opening + delimiter.length - (isFirst ? 2 : 0);
  while (!text.startsWith("--", at)) {
    if (fields.length === fieldsMax) return invalid(`it has more than ${fieldsMax} fields`);
    if (!/^[ \t]{0,16}\r\n/.test(text.slice(at, at + 18)))
      return invalid("a boundary has no end of its line");
    const headEnd = text.indexOf("\r\n\r\n", at);
    if (headEnd === -1 || headEnd - at > headCharsMax) return invalid("a field's headers do not end");
    const head = text.slice(at, headEnd);
    const start = headEnd + 4;
    const end = text.indexOf(delimiter, start - 2);
    const disposition = dispositionOf(head);
    if (end === -1) return invalid("its last boundary is missing");
    if (!disposition) return invalid("a field has no name, or more than one");
    const { name, isFile } = disposition;
    const mediaType = isFile ? mediaTypeForm.exec(head)?.[1] : undefined;
    fields.push({ name, start, end: Math.max(start, end), isFile, ...(mediaType && { mediaType }) });
    at = end + delimiter.length;
  }
  return { kind: "form", fields };
};
