import pg from "pg";

/** A statement that has come so often is prepared under a name. */
const usesBeforeName = 8;
/** Each costs the engine some 50 KiB for its plan, until the connection ends. */
const namesMax = 128;
const countedMax = 1_000;

/**
 * A connection that prepares the statements it hears again and again: parsing and planning is more than half of a short
 * query's time. Sessions are our own: behind a pooler that gives each transaction another one, nothing could listen either.
 */
export class PreparedClient extends pg.Client {
  readonly #uses = new Map<string, number>();
  readonly #names = new Map<string, string>();

  // The overloads are `pg`'s; what comes from kysely is a text and its values, and everything else passes unchanged.
  override query(...args: unknown[]): never {
    const [text, values, ...rest] = args;
    const isRepeated = typeof text === "string" && Array.isArray(values) && values.length > 0;
    const name = isRepeated && this.isNamed(text) && this.#nameOf(text);
    const passed = name ? [{ name, text, values }, ...rest] : args;
    return super.query(...(passed as Parameters<pg.Client["query"]>)) as never;
  }

  protected isNamed(_text: string): boolean {
    return true;
  }

  #nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= namesMax) return known;
    const uses = (this.#uses.get(text) ?? 0) + 1;
    if (uses < usesBeforeName) {
      // Texts that are made of lists of changing length would fill it for ever.
      if (this.#uses.size >= countedMax) this.#uses.clear();
      this.#uses.set(text, uses);
      return undefined;
    }
    this.#uses.delete(text);
    const name = `s${this.#names.size}`;
    this.#names.set(text, name);
    return name;
  }
}

/**
 * For a server that another process may migrate meanwhile: a prepared statement that takes all columns fails for good when
 * there is one more.
 */
export class SharedPreparedClient extends PreparedClient {
  protected override isNamed(text: string): boolean {
    return !allColumns.test(text);
  }
}

/** `select *`, `t.*` and `returning *`, not `count(*)`. */
const allColumns = /(?:select|returning|distinct|,)\s+\*|\.\*/i;
