// C0, DEL, C1, and the characters that reorder or hide text: bidirectional controls, zero width, BOM, soft hyphen, tags.
const unsafe =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu;

/**
 * Text from a peer (a name, a title, a path) made safe to print on a terminal or in a log line: control and
 * reordering characters are removed, lone surrogates replaced, and it is cut to `maxChars` code points.
 */
export const toDisplayText = (text: string, maxChars = 256): string => {
  const clean = text.toWellFormed().replace(unsafe, "");
  const points = Array.from(clean);
  return points.length <= maxChars ? clean : `${points.slice(0, maxChars - 1).join("")}…`;
};
