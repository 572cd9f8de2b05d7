import type { Output } from "../io.ts";

export interface Style {
  readonly isColoured: boolean;
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

const paint =
  (isColoured: boolean, on: number, off: number) =>
  (text: string): string =>
    isColoured && text !== "" ? `\u001b[${on}m${text}\u001b[${off}m` : text;

export const createStyle = (isColoured: boolean): Style => ({
  isColoured,
  bold: paint(isColoured, 1, 22),
  dim: paint(isColoured, 2, 22),
  red: paint(isColoured, 31, 39),
  green: paint(isColoured, 32, 39),
  yellow: paint(isColoured, 33, 39),
});

/**
 * Whether to colour one output; stdout and stderr are asked apart. --no-color and NO_COLOR win over FORCE_COLOR,
 * which wins over what the output is. (https://no-color.org, https://force-color.org)
 */
export const isColoured = (
  output: Pick<Output, "isTTY">,
  env: Readonly<Record<string, string | undefined>>,
  isRefused = false,
): boolean => {
  if (isRefused || env.NO_COLOR) return false;
  const force = env.FORCE_COLOR ?? env.CLICOLOR_FORCE;
  if (force !== undefined && force !== "") return force !== "0" && force !== "false";
  return output.isTTY === true && env.TERM !== "dumb";
};
