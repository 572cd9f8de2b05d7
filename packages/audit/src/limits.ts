// Bounds of the audit chain. An entry says who did what; it is no place for documents.

/** Levels of arrays and objects in an entry; `body` starts at the second. */
export const canonicalDepthMax = 16;

/** Bytes of one entry in canonical form. */
export const entryBytesMax = 16 * 1024;

/** Characters of a signed note: three lines and sixteen signatures need about 3,000. */
export const noteCharsMax = 16 * 1024;

/** Signature lines in a note; the format asks for 16 at least. */
export const noteSignaturesMax = 32;

/** Bytes of a line of an export: an entry with its hash, or a checkpoint with its escapes. */
export const lineBytesMax = 64 * 1024;

/** Problems that a verification names before it stops: after so many, more say nothing. */
export const problemsMax = 100;
