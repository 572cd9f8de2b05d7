// JSON that a model wrapped in something else, taken out of it. Nothing is added: an answer that was cut stays cut.

const fence = /^```[\w-]*[ \t]*\r?\n([\s\S]*?)\r?\n?```$/;

/** Texts that may be the JSON meant, the likeliest first. Whoever takes one still has to judge it. */
export const healedForms = (text: string): readonly string[] => {
  const bare = text.replace(/^\uFEFF/, "").trim();
  const unfenced = fence.exec(bare)?.[1]?.trim() ?? bare;
  const inner = outermost(unfenced);
  const forms = [unfenced, ...(inner === undefined ? [] : [inner, withoutTrailingCommas(inner)])];
  return [...new Set(forms)].filter((form) => form !== text);
};

/** From the first bracket to the one that closes it; undefined: nothing closes it. */
const outermost = (text: string): string | undefined => {
  const start = text.search(/[[{]/);
  if (start === -1) return undefined;
  let depth = 0;
  for (const { at, mark } of marks(text, start)) {
    depth += mark === "{" || mark === "[" ? 1 : mark === "}" || mark === "]" ? -1 : 0;
    if (depth === 0) return text.slice(start, at + 1);
  }
  return undefined;
};

const withoutTrailingCommas = (text: string): string => {
  let result = "";
  let from = 0;
  let comma: number | undefined;
  for (const { at, mark } of marks(text, 0)) {
    if ((mark === "}" || mark === "]") && comma !== undefined && text.slice(comma + 1, at).trim() === "") {
      result += text.slice(from, comma);
      from = comma + 1;
    }
    comma = mark === "," ? at : undefined;
  }
  return result + text.slice(from);
};

/** Brackets and commas outside of strings. */
const marks = function* (
  text: string,
  from: number,
): Generator<{ readonly at: number; readonly mark: string }> {
  let isInside = false;
  for (let at = from; at < text.length; at += 1) {
    const mark = text[at] ?? "";
    if (isInside) {
      if (mark === "\\") at += 1;
      else if (mark === '"') isInside = false;
    } else if (mark === '"') isInside = true;
    else if ("{}[],".includes(mark)) yield { at, mark };
  }
};
