// How a copied disk is found out. A machine names in each request the mark that it set with the one before, and the one
// that the next will name. It writes the new mark down before it asks, so that a lost answer is repeated and not taken
// for a copy; a copy names a mark that has passed.

export type GenerationVerdict = "next" | "repeated" | "copied";

/** `expected`: the mark that the next request must name; null after somebody has let the machine in anew. */
export const judgeGeneration = (
  expected: string | null,
  asked: { readonly mark: string; readonly nextMark: string },
): GenerationVerdict => {
  if (expected === null || expected === asked.mark) return "next";
  return expected === asked.nextMark ? "repeated" : "copied";
};
