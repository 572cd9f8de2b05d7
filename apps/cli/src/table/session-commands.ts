import type { ArgumentSpec, CommandSpec, OptionSpec } from "./command-spec.ts";

const session: ArgumentSpec = {
  name: "session",
  about: "id, name, machine/name, or a unique beginning of the id or name",
  isRequired: true,
  completes: "session",
};
const machine: ArgumentSpec = {
  name: "machine",
  about: "id, name, hostname, or a unique beginning; not needed when there is one machine",
  completes: "machine",
};

const escapeKey: OptionSpec = {
  name: "escape",
  value: "key",
  kind: "text",
  about: "the key that commands begin with: ^] (default), ^a, …, or none (also CMDOP_ESCAPE)",
  completes: "nothing",
};
const cwd: OptionSpec = {
  name: "cwd",
  value: "dir",
  kind: "text",
  about: "directory to start in",
  completes: "nothing",
};
const env: OptionSpec = {
  name: "env",
  short: "e",
  value: "NAME=VALUE",
  kind: "list",
  about: "set in the environment; may be repeated",
  completes: "nothing",
};
const name: OptionSpec = {
  name: "name",
  value: "name",
  kind: "text",
  about: "a name for the session",
  completes: "nothing",
};

export const sessionCommands: readonly CommandSpec[] = [
  {
    name: "new",
    group: "Sessions",
    about: "start a session on a machine and attach to it",
    details: [
      "Without a program it is the login shell. The session lives on when you detach, close the window or lose the " +
        "connection. It ends when its program does, or with `cmdop close`.",
    ],
    arguments: [machine],
    argv: "optional",
    options: [
      name,
      { name: "detached", short: "d", about: "do not attach; print the session's id" },
      cwd,
      env,
      {
        name: "timeout",
        value: "duration",
        kind: "duration",
        about: "end the execution after this time (default: never)",
        completes: "nothing",
      },
      {
        name: "size-policy",
        value: "policy",
        kind: "text",
        about: "whose size the terminal takes: latest (in use), smallest, or fixed",
        choices: ["latest", "smallest", "fixed"],
      },
      escapeKey,
    ],
    examples: ["cmdop new", "cmdop new web-1 --name deploy", "cmdop new --detached --name build -- make -j2"],
  },
  {
    name: "attach",
    alias: "a",
    group: "Sessions",
    about: "attach this terminal to a session",
    details: [
      "Without a session you choose one. Ctrl-] and then a key: d detaches, t takes the keyboard, r hands it back, w " +
        "shows who is attached, l draws the screen again, ? lists the keys, Ctrl-] sends Ctrl-] itself. It reconnects by " +
        "itself and continues at the exact byte. It ends with the execution's exit code, or 0 after detaching.",
    ],
    arguments: [{ ...session, isRequired: false }],
    options: [
      { name: "view", about: "watch only: nothing is typed, and the size of this window does not count" },
      { name: "take", about: "take the keyboard at once" },
      escapeKey,
      {
        name: "ticket-stdin",
        about: "read a ticket (see `cmdop ticket`) from standard input instead of naming a session",
      },
    ],
    examples: ["cmdop attach", "cmdop attach deploy", "cmdop attach web-1/deploy --view"],
  },
  {
    name: "sessions",
    alias: "ps",
    group: "Sessions",
    about: "list sessions",
    details: [
      "From the relay: those that live, and with --all those whose output can still be read. With --catalogue, --search " +
        "or --since from the control plane, which remembers them all.",
    ],
    options: [
      { name: "all", short: "a", about: "also those that have ended and can still be read" },
      { name: "machine", value: "machine", kind: "text", about: "of one machine", completes: "machine" },
      { name: "catalogue", about: "all that the control plane knows, newest first" },
      {
        name: "search",
        value: "words",
        kind: "text",
        about: "beginnings of words of the name, program, opener or id",
        completes: "nothing",
      },
      {
        name: "since",
        value: "time",
        kind: "text",
        about: "opened since then: 36h, 7d (ago), or 2027-03-01",
        completes: "nothing",
      },
      {
        name: "count",
        value: "n",
        kind: "integer",
        about: "how many of the catalogue (default 50)",
        completes: "nothing",
      },
    ],
    examples: ["cmdop sessions", "cmdop ps -a --json", "cmdop sessions --search build --since 7d"],
  },
  {
    name: "sessions show",
    group: "Sessions",
    about: "show one session, and who was attached",
    details: [
      "From the control plane's catalogue; also long after it has ended. It says where the output is, and until when.",
    ],
    arguments: [{ name: "id", about: "as in cmdop sessions", isRequired: true, completes: "nothing" }],
    examples: ["cmdop sessions show ses_eUD5CeIUfe44gmdeg76AOE"],
  },
  {
    name: "exec",
    group: "Sessions",
    about: "run a command on a machine, as if it ran here",
    details: [
      "Standard output and standard error stay apart, standard input is passed on when it is not a terminal, and the " +
        "exit code is the command's. No shell reads the arguments. The first ^C is sent to the command, the second " +
        "ends it, the third leaves. When whoever reads the output goes (`| head`), the command is ended.",
      "When the connection cannot be brought back the command may still run: the exit code is 5 and standard error " +
        'says {"lost":true,"session":"…"}.',
    ],
    arguments: [machine],
    argv: "required",
    options: [
      {
        name: "timeout",
        value: "duration",
        kind: "duration",
        about: "end the command after this time (exit code 6)",
        completes: "nothing",
      },
      cwd,
      env,
      name,
      {
        name: "patience",
        value: "duration",
        kind: "duration",
        about: "how long a lost connection is dialled again before giving up (default 60s)",
        completes: "nothing",
      },
    ],
    examples: [
      "cmdop exec web-1 -- uname -a",
      "tar c . | cmdop exec web-1 --cwd /srv -- tar x",
      "cmdop exec --json -- df -h /",
    ],
  },
  {
    name: "send",
    group: "Sessions",
    about: "type into a session",
    details: [
      "Text first, then keys in the order given, then Enter. Succeeds when the machine has applied all of it.",
    ],
    arguments: [
      session,
      { name: "text", about: "what to type; several are joined by spaces", isVariadic: true },
    ],
    options: [
      {
        name: "key",
        short: "k",
        value: "key",
        kind: "list",
        about: "a key: C-c, M-x, Enter, Tab, Escape, Up, PageUp, F5, …; may be repeated",
        completes: "nothing",
      },
      { name: "enter", about: "press Enter at the end" },
      { name: "paste", about: "send standard input as one paste" },
    ],
    examples: [
      "cmdop send build 'make test' --enter",
      "cmdop send build --key C-c",
      "cmdop send notes --paste < notes.txt",
    ],
  },
  {
    name: "read",
    group: "Sessions",
    about: "print a session's output",
    details: [
      "Offsets count the output's bytes from 0 and never change. Where to go on stands on standard error at the end, " +
        "and in the last line of --json. Output that is gone is said, never skipped in silence.",
      "The terminal's size where it begins, and each other one, is a line of --json (resize); --raw says it on standard " +
        "error.",
    ],
    arguments: [session],
    options: [
      {
        name: "from",
        value: "offset",
        kind: "integer",
        about: "first byte (default: the first that is kept)",
        completes: "nothing",
      },
      {
        name: "to",
        value: "offset",
        kind: "integer",
        about: "end, exclusive (default: what there is now)",
        completes: "nothing",
      },
      {
        name: "last",
        value: "bytes",
        kind: "integer",
        about: "begin this many bytes before the end",
        completes: "nothing",
      },
      { name: "follow", short: "f", about: "go on until the execution ends" },
      { name: "raw", about: "the bytes as they are, with terminal sequences" },
      { name: "text", about: "without terminal sequences (default)" },
      {
        name: "channel",
        value: "channel",
        kind: "text",
        about: "of a command: stdout or stderr alone",
        choices: ["stdout", "stderr"],
      },
      { name: "asciicast", about: "record as asciicast v3 with the times of arrival; with --follow" },
    ],
    examples: [
      "cmdop read build",
      "cmdop read build --last 4096",
      "cmdop read build --from 1024 --follow --json",
    ],
  },
  {
    name: "wait",
    group: "Sessions",
    about: "wait until something happens in a session",
    details: [
      "The first that happens ends the wait. With --exit it ends with the execution's exit code; 6 says that the time " +
        "was over, 1 that the execution ended before anything else.",
    ],
    arguments: [session],
    options: [
      {
        name: "for",
        value: "pattern",
        kind: "list",
        about: "a regular expression in the output; may be repeated",
        completes: "nothing",
      },
      { name: "fixed", about: "--for is text, not an expression" },
      {
        name: "idle",
        value: "duration",
        kind: "duration",
        about: "no output for this long",
        completes: "nothing",
      },
      { name: "exit", about: "the execution's end" },
      {
        name: "timeout",
        value: "duration",
        kind: "duration",
        about: "give up after this time",
        completes: "nothing",
      },
      {
        name: "from",
        value: "offset",
        kind: "integer",
        about: "search from this offset on (default: from now)",
        completes: "nothing",
      },
    ],
    examples: [
      "cmdop wait build --exit --timeout 30m",
      "cmdop wait shell --for '\\$ $' --timeout 10s",
      "cmdop wait shell --idle 2s",
    ],
  },
  {
    name: "close",
    group: "Sessions",
    about: "end a session's execution",
    details: ["SIGHUP first, SIGKILL after the grace. Its output can still be read until it is forgotten."],
    arguments: [session],
    options: [
      { name: "forget", about: "also remove its output" },
      {
        name: "grace",
        value: "duration",
        kind: "duration",
        about: "between SIGHUP and SIGKILL",
        completes: "nothing",
      },
    ],
    examples: ["cmdop close build", "cmdop close build --forget"],
  },
  {
    name: "ticket",
    group: "Sessions",
    about: "make a ticket that opens this one session",
    details: [
      "A ticket is a secret. It can be presented until it expires; who is attached by then stays. With --json it carries " +
        "the relay and its fingerprint too, and whoever gets it needs nothing else.",
    ],
    arguments: [session],
    options: [
      { name: "observer", about: "to watch only" },
      {
        name: "ttl",
        value: "duration",
        kind: "duration",
        about: "how long it may be presented (bounded by the relay)",
        completes: "nothing",
      },
    ],
    examples: [
      "cmdop ticket build --observer",
      "cmdop ticket build --json | ssh friend cmdop attach --ticket-stdin",
    ],
  },
];
