import type { Column } from "./table.ts";

const two = (part: number): string => String(part).padStart(2, "0");

/** A time of the API as people read it, in the zone of whoever reads: 2026-11-26 19:20:31. */
export const toTimeText = (time: string): string => {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return time;
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  return `${day} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":")}`;
};

/** A column of times; programs read them as the API has them, in UTC. `none`: what stands where there is none. */
export const timeColumn = <Row>(
  header: string,
  timeOf: (row: Row) => string | null,
  none = "-",
): Column<Row> => ({
  header,
  value: (row) => {
    const time = timeOf(row);
    return time === null ? none : toTimeText(time);
  },
  plain: (row) => timeOf(row) ?? none,
  isWhole: true,
});
