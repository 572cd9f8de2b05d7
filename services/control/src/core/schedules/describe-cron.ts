// The common shapes of cron expressions in words. What has no plain words is quoted.

const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const months = [
  ...["January", "February", "March", "April", "May", "June"],
  ...["July", "August", "September", "October", "November", "December"],
];

const two = (value: number): string => String(value).padStart(2, "0");
const isAny = (field: string): boolean => field === "*" || field === "?";

const joined = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

const numbersOf = (field: string): number[] | null =>
  /^\d+(,\d+)*$/.test(field) ? field.split(",").map(Number) : null;

const numberOf = (field: string): number | null => (/^\d+$/.test(field) ? Number(field) : null);

/** The n of a star-slash-n that divides the whole evenly; 1 for a star. */
const stepOf = (field: string, whole: number): number | null => {
  if (isAny(field)) return 1;
  const step = Number(/^\*\/(\d+)$/.exec(field)?.[1]);
  return whole % step === 0 ? step : null;
};

const namesOf = (field: string, names: readonly string[], first: number): string | null => {
  const nameOf = (part: string): string | undefined => {
    const index = names.findIndex((name) => name.slice(0, 3).toLowerCase() === part.toLowerCase());
    // Sunday is 0 and 7.
    return index >= 0
      ? names[index]
      : /^\d+$/.test(part)
        ? names[((Number(part) - first) % 12) % names.length]
        : undefined;
  };
  const words: string[] = [];
  for (const part of field.split(",")) {
    const [from = "", to, ...rest] = part.split("-");
    const fromName = nameOf(from);
    const toName = to === undefined ? undefined : nameOf(to);
    if (fromName === undefined || rest.length > 0 || (to !== undefined && toName === undefined)) return null;
    words.push(toName === undefined ? fromName : `${fromName} to ${toName}`);
  }
  return joined(words);
};

const every = (step: number, unit: string): string =>
  step === 1 ? `Every ${unit}` : `Every ${step} ${unit}s`;

interface TimeOfDay {
  readonly text: string;
  /** It names times of a day, so that "every day" belongs to it. */
  readonly isNamed: boolean;
}

const timeText = (second: string, minute: string, hour: string): TimeOfDay | null => {
  const secondNumber = numberOf(second);
  const minuteNumber = numberOf(minute);
  const hourNumbers = numbersOf(hour);
  const hourStep = stepOf(hour, 24);
  const minuteStep = stepOf(minute, 60);
  if (secondNumber === null) {
    const secondStep = stepOf(second, 60);
    const isPlain = secondStep !== null && isAny(minute) && isAny(hour);
    return isPlain ? { text: every(secondStep, "second"), isNamed: false } : null;
  }
  const clock = (at: number): string =>
    `${two(at)}:${two(minuteNumber ?? 0)}${secondNumber === 0 ? "" : `:${two(secondNumber)}`}`;
  if (minuteNumber !== null && hourNumbers !== null && hourNumbers.length <= 6) {
    return { text: `At ${joined(hourNumbers.map(clock))}`, isNamed: true };
  }
  if (secondNumber !== 0) return null;
  if (minuteNumber !== null && isAny(hour)) {
    return { text: `At minute ${minuteNumber} of every hour`, isNamed: false };
  }
  if (minuteNumber !== null && hourStep !== null) {
    return { text: `${every(hourStep, "hour")} from ${clock(0)},`, isNamed: true };
  }
  if (minuteStep !== null && isAny(hour)) return { text: every(minuteStep, "minute"), isNamed: false };
  const range = /^(\d+)-(\d+)$/.exec(hour);
  if (minuteStep !== null && range !== null) {
    const text = `${every(minuteStep, "minute")} from ${two(Number(range[1]))}:00 to ${two(Number(range[2]))}:59`;
    return { text, isNamed: true };
  }
  return null;
};

const monthDayText = (day: string): string | null => {
  if (day === "L") return "on the last day of the month";
  if (day === "LW") return "on the last working day of the month";
  const days = numbersOf(day);
  return days === null ? null : `on day ${joined(days.map(String))} of the month`;
};

const dayText = (day: string, month: string, weekday: string): string | null => {
  const monthDays = isAny(day) ? "" : monthDayText(day);
  const weekdayNames = isAny(weekday) ? "" : namesOf(weekday, weekdays, 0);
  const monthNames = isAny(month) ? "" : namesOf(month, months, 1);
  if (monthDays === null || weekdayNames === null || monthNames === null) return null;
  // Cron runs on the days that either field names when both do.
  const parts = [monthDays, weekdayNames && `${monthDays && "every "}${weekdayNames}`].filter(
    (part) => part !== "",
  );
  const days =
    parts.length === 2 ? parts.join(" and on ") : monthDays || (weekdayNames && `on ${weekdayNames}`);
  return `${days || "every day"}${monthNames && ` in ${monthNames}`}`;
};

/** "At 02:30 every day". */
export const describeCron = (expression: string): string => {
  const fields = expression.split(" ");
  const [second = "", minute = "", hour = "", day = "", month = "", weekday = ""] =
    fields.length === 6 ? fields : ["0", ...fields];
  const time = timeText(second, minute, hour);
  const days = dayText(day, month, weekday);
  if (time === null || days === null) return `By the cron expression "${expression}"`;
  return !time.isNamed && days === "every day" ? time.text : `${time.text} ${days}`;
};
