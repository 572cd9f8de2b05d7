import { Failure } from "@cmdop/base";
import type { Client, SessionInfo } from "@cmdop/sdk";

/** `machine/session` as the session's id; anything else as it stands: the relay resolves it. */
export const resolveSession = async (client: Client, text: string, signal: AbortSignal): Promise<string> => {
  const slash = text.indexOf("/");
  if (slash < 0) return text;
  const machine = text.slice(0, slash);
  const name = text.slice(slash + 1);
  const sessions = await client.sessions.list({ machine, ended: true, signal });
  const fits = matchSessions(sessions, name);
  const [only, ...others] = fits;
  if (!only)
    throw new Failure(
      "session_not_found",
      `There is no session ${name} on ${machine} that this token may see.`,
    );
  if (others.length > 0) {
    throw new Failure("ambiguous_name", `${text} fits ${fits.map((session) => session.id).join(", ")}.`);
  }
  return only.id;
};

/** Exact id or name first (the live ones among several of that name), else a unique beginning. */
const matchSessions = (sessions: readonly SessionInfo[], name: string): readonly SessionInfo[] => {
  const exact = sessions.filter((session) => session.id === name || session.name === name);
  const live = exact.filter((session) => session.state !== "ended");
  if (live.length > 0) return live;
  if (exact.length > 0) return exact;
  return sessions.filter((session) => session.id.startsWith(name) || session.name.startsWith(name));
};
