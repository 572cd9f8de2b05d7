/** `__Host-`: the browser takes it only with Secure, for the whole host, and from no other host. */
export const sessionCookie = "__Host-cmdop";

/** SameSite=Lax: another site's page may link here, and sends no change with it. */
const attributes = "Path=/; HttpOnly; Secure; SameSite=Lax";

export const setSessionCookie = (token: string, maxAgeMs: number): string =>
  `${sessionCookie}=${token}; ${attributes}; Max-Age=${Math.floor(maxAgeMs / 1000)}`;

export const clearSessionCookie = `${sessionCookie}=; ${attributes}; Max-Age=0`;
