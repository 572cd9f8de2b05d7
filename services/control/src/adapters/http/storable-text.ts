// No database takes NUL in a text, nor half of a surrogate pair: refused here, once, wherever in a request it stands.
import { Failure } from "@cmdop/base";

const nul = "\0";

const isStorable = (text: string): boolean => !text.includes(nul) && text.isWellFormed();

/** `invalid_argument` that names the place. What comes here was parsed from at most bodyBytesMax of JSON. */
export const assertStorable = (value: unknown, pointer: string): void => {
  // A stack of its own: what is nested deeply must not end this process.
  const open: { readonly value: unknown; readonly pointer: string }[] = [{ value, pointer }];
  for (let next = open.pop(); next; next = open.pop()) {
    if (typeof next.value === "string") assertText(next.value, next.pointer);
    if (typeof next.value !== "object" || next.value === null) continue;
    for (const [name, inner] of Object.entries(next.value)) {
      assertText(name, next.pointer);
      // Far down, the place above is named.
      const at = next.pointer.length > 200 ? next.pointer : `${next.pointer}/${name.slice(0, 64)}`;
      open.push({ value: inner, pointer: at });
    }
  }
};

const assertText = (text: string, pointer: string): void => {
  if (isStorable(text)) return;
  const detail = "text without NUL and without half of a surrogate pair is expected";
  throw new Failure("invalid_argument", `${pointer === "" ? "The body" : pointer}: ${detail}.`, {
    details: { errors: [{ pointer, detail }] },
  });
};
