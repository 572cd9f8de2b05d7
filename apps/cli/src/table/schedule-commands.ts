import { runStatuses } from "../options/listed-states.ts";
import type { ArgumentSpec, CommandSpec, OptionSpec } from "./command-spec.ts";

const text = (name: string, value: string, about: string): OptionSpec => ({
  name,
  value,
  kind: "text",
  about,
  completes: "nothing",
});

const duration = (name: string, about: string): OptionSpec => ({
  ...text(name, "duration", about),
  kind: "duration",
});

const integer = (name: string, about: string): OptionSpec => ({ ...text(name, "n", about), kind: "integer" });

const dayMs = 86_400_000;

const scheduleArgument: ArgumentSpec = {
  name: "schedule",
  about: "name or id",
  isRequired: true,
  completes: "nothing",
};

const timeOptions: readonly OptionSpec[] = [
  text("cron", "expression", 'when: five fields, minute first: "30 2 * * *"'),
  { name: "seconds", about: "of --cron: it has six fields, seconds first" },
  {
    name: "every",
    value: "duration",
    kind: "duration",
    about: "when: 15m, 6h, 7d, in elapsed time",
    longestMs: 366 * dayMs,
    completes: "nothing",
  },
  text("anchor", "time", "of --every: a time from which it is counted (default: --starts, else now)"),
  text("at", "time", "when: once, 2027-03-01T09:00 in the zone, or with an offset"),
  text("zone", "zone", "IANA time zone (default: this machine's)"),
  text("starts", "time", "not due before; none: no such time"),
  text("ends", "time", "not due then or later; none: no such time"),
  integer("max-runs", "ends after so many runs; 0: no such end"),
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
  duration("misfire-grace", "a due that is noticed so late is on time yet (1m; at most 5m)"),
  {
    ...duration("misfire-window", "what is later than that never runs (1h; at most 31d)"),
    longestMs: 31 * dayMs,
  },
  integer("misfire-max", "of --misfire all: how many run at most (10)"),
  {
    ...text("overlap", "policy", "what a due does while an earlier run is not over"),
    choices: ["skip", "queue-one", "allow", "cancel-running"],
  },
  integer("retry", "attempts after a failed one"),
  duration("retry-wait", "before the first of them; it doubles with each (30s)"),
  duration("retry-wait-max", "the longest wait (1h)"),
  {
    ...text("retry-on", "cause", "failure, timeout, offline; may be repeated, or between commas (all three)"),
    kind: "list",
  },
  duration("timeout", "of each attempt (1h)"),
  duration("jitter", "starts up to this much later"),
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
  {
    name: "schedules show",
    group: "Schedules",
    about: "show one schedule",
    arguments: [scheduleArgument],
    examples: ["cmdop schedules show nightly"],
  },
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
    about: "show when a schedule runs next, in local time and UTC",
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
  {
    name: "schedules pause",
    group: "Schedules",
    about: "pause a schedule: nothing new is due",
    arguments: [scheduleArgument],
    examples: ["cmdop schedules pause nightly"],
  },
  {
    name: "schedules resume",
    group: "Schedules",
    about: "resume a schedule, with your rights from now on",
    arguments: [scheduleArgument],
    examples: ["cmdop schedules resume nightly"],
  },
  {
    name: "schedules run",
    group: "Schedules",
    about: "run a schedule now",
    arguments: [scheduleArgument],
    examples: ["cmdop schedules run nightly"],
  },
  {
    name: "schedules runs",
    group: "Schedules",
    about: "list runs, the latest first",
    arguments: [{ ...scheduleArgument, isRequired: false, about: "of this schedule alone" }],
    options: [
      {
        ...text("status", "status", "those alone that stand so"),
        choices: runStatuses.map((status) => status.replaceAll("_", "-")),
      },
      text("since", "time", "due not before, as 2027-03-01T09:00:00Z"),
      text("until", "time", "due before"),
      integer("count", "how many (20)"),
    ],
    examples: ["cmdop schedules runs nightly --status failed"],
  },
  {
    name: "schedules passed",
    group: "Schedules",
    about: "list dues that gave no run, and why; the latest first",
    arguments: [scheduleArgument],
    options: [integer("count", "how many (20)")],
    examples: ["cmdop schedules passed nightly"],
  },
  {
    name: "schedules show-run",
    group: "Schedules",
    about: "show a run: each attempt on each machine, what came of it, and the session that holds its output",
    arguments: [
      { name: "run", about: "id, as in cmdop schedules runs", isRequired: true, completes: "nothing" },
    ],
    examples: ["cmdop schedules runs nightly", "cmdop schedules show-run RUN"],
  },
  {
    name: "schedules cancel",
    group: "Schedules",
    about: "end a run",
    arguments: [
      { name: "run", about: "id, as in cmdop schedules runs", isRequired: true, completes: "nothing" },
    ],
    examples: ["cmdop schedules runs --status running", "cmdop schedules cancel RUN"],
  },
  {
    name: "schedules delete",
    group: "Schedules",
    about: "remove a schedule and end what it runs",
    arguments: [scheduleArgument],
    options: [{ name: "yes", about: "do not ask" }],
    examples: ["cmdop schedules delete nightly"],
  },
];
