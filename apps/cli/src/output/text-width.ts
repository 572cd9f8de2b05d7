const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
const plain = /^[\u0020-\u007e]*$/;
const wide =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\p{Emoji}\ufe0f)/u;
const empty = /^[\p{Mark}\p{Control}\p{Format}]+$/u;

const graphemeWidth = (grapheme: string): number => {
  if (empty.test(grapheme)) return 0;
  return wide.test(grapheme) ? 2 : 1;
};

/** Terminal cells that a text without control sequences takes. */
export const textWidth = (text: string): number => {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += graphemeWidth(segment);
  return width;
};

/** The text in at most `cells` cells, ending in … where it was cut. */
export const fitText = (text: string, cells: number): string => {
  if (textWidth(text) <= cells) return text;
  if (cells <= 0) return "";
  let width = 1;
  let fitted = "";
  for (const { segment } of segmenter.segment(text)) {
    width += graphemeWidth(segment);
    if (width > cells) break;
    fitted += segment;
  }
  return `${fitted}…`;
};
