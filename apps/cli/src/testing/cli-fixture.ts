// A control plane with an owner and fleets for the tests of one file, and terminals that are signed in to it.
import path from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import {
  ControlFixture,
  type TestAccount,
} from "../../../../services/control/src/testing/control-fixture.ts";
import { openTestTerminal, type TestTerminal, type TestTerminalOptions } from "./test-terminal.ts";

type ControlOptions = NonNullable<Parameters<typeof ControlFixture.open>[0]>;

interface TerminalOptions extends TestTerminalOptions {
  /** Whose terminal it is, with a home of its own; default: the owner's. */
  readonly as?: Pick<TestAccount, "accountId" | "token">;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly error: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it knows to be there
  json(): any;
}

export interface CliFixture {
  /** While the tests of the file run. */
  readonly control: ControlFixture;
  readonly owner: TestAccount;
  terminal(options?: TerminalOptions): TestTerminal;
  cmdop(args: readonly string[], options?: TerminalOptions): Promise<Ended>;
  /** What it prints with `--json`; it must end well. */
  json(args: readonly string[], options?: TerminalOptions): Promise<ReturnType<Ended["json"]>>;
}

/** Opens before the tests of the file and closes after them. `fleets`: the owner's; commands mean the first. */
export const useControl = ({
  fleets = ["main"],
  ...options
}: ControlOptions & { readonly fleets?: readonly string[] } = {}): CliFixture => {
  let opened: { readonly control: ControlFixture; readonly owner: TestAccount } | undefined;
  beforeAll(async () => {
    const control = await ControlFixture.open(options);
    const owner = await control.addAccount("ada", "owner");
    opened = { control, owner };
    for (const slug of fleets) {
      await control.ask("POST", "/v1/fleets", { token: owner.token, body: { name: slug, slug } });
    }
  }, 60_000);
  afterAll(() => opened?.control.close());
  const get = () => {
    if (!opened) throw new Error("the control plane runs while the tests do");
    return opened;
  };
  const terminal: CliFixture["terminal"] = ({ as: account = get().owner, env, ...rest } = {}) => {
    const { home, url } = get().control;
    return openTestTerminal(
      {
        CMDOP_HOME: path.join(home, account.accountId),
        CMDOP_CONTROL: url,
        CMDOP_TOKEN: account.token,
        CMDOP_FLEET: fleets[0],
        ...env,
      },
      { cwd: home, input: "", ...rest },
    );
  };
  const cmdop: CliFixture["cmdop"] = async (args, more) => {
    const own = terminal(more);
    const code = await own.run(...args);
    return { code, ...own.texts, json: () => JSON.parse(own.texts.out) };
  };
  return {
    get control() {
      return get().control;
    },
    get owner() {
      return get().owner;
    },
    terminal,
    cmdop,
    json: async (args, more) => {
      const ended = await cmdop(["--json", ...args], more);
      expect([args, ended.code, ended.code === 0 ? "" : ended.error]).toEqual([args, 0, ""]);
      return ended.json();
    },
  };
};
