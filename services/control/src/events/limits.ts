/** Open at once with one credential: a console has one for each tab. */
export const streamsPerCredentialMax = 10;
/** Open at once in this process. */
export const streamsMax = 2_000;
/** What waits for one client that does not read; with `streamsMax` half a gigabyte at the worst. */
export const waitingBytesMax = 256 * 1024;
/** Withheld while it is looked up whether somebody still may. */
export const withheldMax = 1_000;
/** A client that does not read its last word either is let go. */
export const farewellMs = 5_000;
export const heartbeatMs = 15_000;
/** Whether they still may is asked again so often, whatever is heard. */
export const recheckMs = 60_000;
