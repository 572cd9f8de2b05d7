/** What completion offers for a value. */
export type Completes = "machine" | "session" | "file" | "nothing";

export interface ArgumentSpec {
  readonly name: string;
  readonly about: string;
  readonly isRequired?: boolean;
  readonly isVariadic?: boolean;
  readonly completes?: Completes;
  readonly choices?: readonly string[];
}

export interface OptionSpec {
  /** Long name without dashes. */
  readonly name: string;
  readonly short?: string;
  /** What stands for the value in help; absent: a flag. */
  readonly value?: string;
  readonly kind?: "text" | "duration" | "integer" | "size" | "list";
  /** Of a duration that no timer of this program waits for; without it, what a timer takes. */
  readonly longestMs?: number;
  readonly about: string;
  readonly choices?: readonly string[];
  readonly completes?: Completes;
}

export type CommandGroup =
  | "Sessions"
  | "Machines"
  | "Fleets"
  | "Keys"
  | "Schedules"
  | "Models"
  | "Account"
  | "Control"
  | "Relay"
  | "Tools";

/** One command as help, completion, the reference page and the parser read it. Its code: command-modules.ts. */
export interface CommandSpec {
  /** With its family: "relay init". */
  readonly name: string;
  readonly alias?: string;
  readonly group: CommandGroup;
  readonly about: string;
  readonly details?: readonly string[];
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  /** After `--`: a program and its arguments. */
  readonly argv?: "optional" | "required";
  readonly examples?: readonly string[];
  readonly isHidden?: boolean;
  /** It goes on without the control plane, and so does not wait long for one that stands still. */
  readonly goesOnWithoutControl?: boolean;
}
