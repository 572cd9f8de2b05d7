import type { HostedSession } from "@cmdop/protocol";

// What a relay shows is a line of text. 64 live and 200 ended sessions, each of at most 3,584 characters of at most
// 3 bytes, are 2.8 MiB: with the longest argument lists (256 KiB each) a Register would pass the 4 MiB of a
// message, and no link would come up.
const argvCharsMax = 2_048;
const nameCharsMax = 256;
const titleCharsMax = 256;
const pathCharsMax = 1_024;

/** A session as relays are told of it: long texts and argument lists cut. */
export const toReported = (session: HostedSession): HostedSession => ({
  ...session,
  name: cut(session.name, nameCharsMax),
  title: cut(session.title, titleCharsMax),
  cwd: cut(session.cwd, pathCharsMax),
  argv: cutAll(session.argv),
});

const cut = (text: string, charsMax: number): string =>
  // Half a surrogate pair cannot be sent as UTF-8.
  text.length <= charsMax ? text : `${text.slice(0, charsMax - 1).toWellFormed()}…`;

const cutAll = (argv: readonly string[]): string[] => {
  const kept: string[] = [];
  let left = argvCharsMax;
  for (const argument of argv) {
    if (left <= 0) {
      kept.push("…");
      break;
    }
    kept.push(cut(argument, left));
    left -= argument.length + 1;
  }
  return kept;
};
