import type { ArgumentSpec, CommandSpec, OptionSpec } from "../command-spec.ts";

const text = (name: string, value: string, about: string): OptionSpec => ({
  name,
  value,
  kind: "text",
  about,
  completes: "nothing",
});

const scheduleArgument: ArgumentSpec = {
  name: "schedule",
  about: "name or id",
  isRequired: true,
  completes: "nothing",
};

const timeOptions: readonly OptionSpec[] = [
  text("cron", "expression", 'when: five fields, or six with seconds first: "30 2 * * *"'),
  {
    name: "every",
    value: "duration",
    kind: "duration",
    about: "when: 15m, 6h, 7d, in elapsed time",
    completes: "nothing",
  },
  text("at", "time", "when: once, 2027-03-01T09:00 in the zone, or with an offset"),
  text("zone", "zone", "IANA time zone (default: this machine's)"),
  text("starts", "time", "not due before"),
  text("ends", "time", "not due then or later"),
  { name: "max-runs", value: "n", kind: "integer", about: "ends after so many runs", completes: "nothing" },
  {
    ...text("dst-gap", "policy", "a local time that a clock change skips runs right after, or not at all"),
    choices: ["run-after", "skip"],
  },
  {
    ...text("dst-overlap", "policy", "a local time that comes twice runs the first time, the last, or both"),
    choices: ["first", "last", "both"],
  },
];

/** When, where and what, and what is done where that does not go smoothly. */
const whatOptions: readonly OptionSpec[] = [
  ...timeOptions,
  {
    name: "machine",
    value: "machine",
    kind: "list",
    about: "where; may be repeated",
    completes: "machine",
  },
  text("tag", "tag", "where: every machine with this tag when it fires"),
  { name: "all", about: "where: every machine of the fleet when it fires" },
  text("shell", "line", "a line for the machine's /bin/sh -c, in place of a command after --"),
  text("cwd", "directory", "where on the machine it starts"),
  {
    name: "env",
    value: "NAME=VALUE",
    kind: "list",
    about: "environment; may be repeated",
    completes: "nothing",
  },
  {
    ...text("misfire", "policy", "what dues do that are noticed late"),
    choices: ["skip", "once", "all"],
  },
  {
    ...text("overlap", "policy", "what a due does while an earlier run is not over"),
    choices: ["skip", "queue-one", "allow", "cancel-running"],
  },
  {
    name: "retry",
    value: "n",
    kind: "integer",
    about: "attempts after a failed one",
    completes: "nothing",
  },
  {
    name: "timeout",
    value: "duration",
    kind: "duration",
    about: "of each attempt (1h)",
    completes: "nothing",
  },
  {
    name: "jitter",
    value: "duration",
    kind: "duration",
    about: "starts up to this much later",
    completes: "nothing",
  },
  text("description", "text", "for people"),
];

export const scheduleCommands: readonly CommandSpec[] = [
  { name: "schedules list", group: "Schedules", about: "list the fleet's schedules" },
  {
    name: "schedules create",
    group: "Schedules",
    about: "run a command on machines when it is due",
    details: [
      "It runs with your rights, which are asked for anew each time. Output stays on the machines: cmdop read SESSION.",
    ],
    arguments: [{ name: "name", about: "its name in the fleet", isRequired: true, completes: "nothing" }],
    options: [...whatOptions, { name: "paused", about: "made, and not started" }],
    argv: "optional",
    examples: [
      'cmdop schedules create nightly --cron "30 2 * * *" --zone Europe/Berlin --machine db1 -- backup --all',
      "cmdop schedules create check --every 15m --tag web --overlap skip --timeout 5m -- healthcheck",
    ],
  },
  { name: "schedules show", group: "Schedules", about: "show one schedule", arguments: [scheduleArgument] },
  {
    name: "schedules update",
    group: "Schedules",
    about: "change a schedule; from then on it uses your rights",
    details: [
      "What is not named stays. When, where and the command are each replaced whole, policies one by one. Dues before " +
        "a change of when are not made up for.",
    ],
    arguments: [scheduleArgument],
    options: [text("name", "name", "another name"), ...whatOptions],
    argv: "optional",
    examples: [
      'cmdop schedules update nightly --cron "0 4 * * *" --zone Europe/Berlin',
      "cmdop schedules update nightly --overlap cancel-running -- backup --all --quiet",
    ],
  },
  {
    name: "schedules preview",
    group: "Schedules",
    about: "show when it runs next, in local time and UTC",
    arguments: [
      { ...scheduleArgument, isRequired: false, about: "name or id; without it the options say when" },
    ],
    options: [
      ...timeOptions,
      { name: "count", value: "n", kind: "integer", about: "how many (10)", completes: "nothing" },
    ],
    examples: [
      "cmdop schedules preview nightly",
      'cmdop schedules preview --cron "30 2 * * *" --zone Europe/Berlin',
    ],
  },
  { name: "schedules pause", group: "Schedules", about: "stop new dues", arguments: [scheduleArgument] },
  {
    name: "schedules resume",
    group: "Schedules",
    about: "let it go on, with your rights from now on",
    arguments: [scheduleArgument],
  },
  { name: "schedules run", group: "Schedules", about: "run it now", arguments: [scheduleArgument] },
  {
    name: "schedules runs",
    group: "Schedules",
    about: "list runs, the latest first",
    arguments: [{ ...scheduleArgument, isRequired: false, about: "of this schedule alone" }],
    options: [{ name: "count", value: "n", kind: "integer", about: "how many (20)", completes: "nothing" }],
  },
  {
    name: "schedules show-run",
    group: "Schedules",
    about: "show a run: each attempt on each machine, what came of it, and the session that holds its output",
    arguments: [
      { name: "run", about: "id, as in cmdop schedules runs", isRequired: true, completes: "nothing" },
    ],
  },
  {
    name: "schedules cancel",
    group: "Schedules",
    about: "end a run",
    arguments: [
      { name: "run", about: "id, as in cmdop schedules runs", isRequired: true, completes: "nothing" },
    ],
  },
  {
    name: "schedules delete",
    group: "Schedules",
    about: "remove a schedule and end what it runs",
    arguments: [scheduleArgument],
    options: [{ name: "yes", about: "do not ask" }],
  },
];
