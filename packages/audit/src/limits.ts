// Bounds of the audit chain. An entry says who did what; it is no place for documents.

/** Levels of arrays and objects in an entry; `body` starts at the second. */
export const canonicalDepthMax = 16;

/** Bytes of one entry in canonical form. */
export const entryBytesMax = 16 * 1024;

/** Characters of a signed note: three lines and sixteen signatures need about 3,000. */
export const noteCharsMax = 16 * 1024;

/** Signature lines in a note; the format asks for 16 at least. */
export const noteSignaturesMax = 32;
