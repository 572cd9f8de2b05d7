// Codes of invitations. Random, so that their SHA-256 hides them.
import { createHash } from "node:crypto";

/** 190 bits. */
export const invitationCodeChars = 32;

export const hashInvitationCode = (code: string): Buffer =>
  createHash("sha256").update(`invitation\0${code}`).digest();
