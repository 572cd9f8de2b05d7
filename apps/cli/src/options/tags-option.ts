/** Tags of an option that may be repeated and takes several between commas. */
export const toTags = (given: readonly string[]): string[] =>
  given
    .flatMap((tags) => tags.split(","))
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "");
