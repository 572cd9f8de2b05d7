/** A ticket is presented right after it was made; what is live with it lasts on. */
export const ticketMs = 5 * 60_000;
export const ticketMsMax = 24 * 3_600_000;
