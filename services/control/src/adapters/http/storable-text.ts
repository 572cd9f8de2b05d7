// No database takes NUL in a text, nor half of a surrogate pair, and no code a body nested without end: refused here,
// once, wherever in a request it stands.
import { Failure } from "@cmdop/base";

const nul = "\0";
/** Nothing that is taken here goes below 10; what reads a body by recursion must not run out of stack. */
const depthMax = 64;

const isStorable = (text: string): boolean => !text.includes(nul) && text.isWellFormed();

/** `invalid_argument` that names the place. What comes here was parsed from at most bodyBytesMax of JSON. */
export const assertStorable = (value: unknown, pointer: string): void => {
  // A stack of its own: what is nested deeply must not end this process.
  const open: { readonly value: unknown; readonly pointer: string; readonly depth: number }[] = [
    { value, pointer, depth: 0 },
  ];
  for (let next = open.pop(); next; next = open.pop()) {
    if (typeof next.value === "string") assertText(next.value, next.pointer);
    if (typeof next.value !== "object" || next.value === null) continue;
    if (next.depth >= depthMax) refuse(next.pointer, `at most ${depthMax} levels are expected`);
    for (const [name, inner] of Object.entries(next.value)) {
      assertText(name, next.pointer);
      // Far down, the place above is named.
      const at = next.pointer.length > 200 ? next.pointer : `${next.pointer}/${name.slice(0, 64)}`;
      open.push({ value: inner, pointer: at, depth: next.depth + 1 });
    }
  }
};

const assertText = (text: string, pointer: string): void => {
  if (isStorable(text)) return;
  refuse(pointer, "text without NUL and without half of a surrogate pair is expected");
};

const refuse = (pointer: string, detail: string): never => {
  throw new Failure("invalid_argument", `${pointer === "" ? "The body" : pointer}: ${detail}.`, {
    details: { errors: [{ pointer, detail }] },
  });
};
