/**
 * Whether a terminal's login may be sent there: to a port of the browser's own machine, by address. "localhost" may
 * be another machine's (RFC 8252 8.3).
 */
export const isLoopbackRedirect = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, port, username, password, search, hash } = new URL(text);
  const isBare = username + password + search + hash === "" && !text.includes("#") && !text.includes("?");
  return protocol === "http:" && (hostname === "127.0.0.1" || hostname === "[::1]") && port !== "" && isBare;
};
