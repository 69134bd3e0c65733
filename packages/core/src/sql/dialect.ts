/** What the tokenizer and the parameter compiler need to know of one SQL dialect. */
export interface SqlDialect {
  readonly name: string;
  /** The engine's name as people write it. */
  readonly title: string;
  /** Characters that open a quoted identifier; `[` closes with `]`. */
  readonly identifierQuotes: string;
  /** `\'` inside a plain string is a quote and not its end. */
  readonly backslashEscapes: boolean;
  /** `E'…'` strings with backslash escapes. */
  readonly escapeStrings: boolean;
  /** `$tag$ … $tag$` strings. */
  readonly dollarQuotes: boolean;
  /** A block comment inside a block comment. */
  readonly nestedComments: boolean;
  /** `#` opens a comment, and `--` does so only before white space. */
  readonly hashComments: boolean;
  /** A carriage return alone ends a `--` comment, as a line feed does. Default: false. */
  readonly returnEndsComments?: boolean;
  /** What stands in `/*! … *\/` is run. */
  readonly executableComments: boolean;
  /** `?`, `?|` and `?&` are operators on JSON where they follow an operand. */
  readonly jsonOperators: boolean;
  /** `$1` takes a value by its position. */
  readonly dollarNumbers: boolean;
  /** `$name` takes a value by its name. */
  readonly dollarNames: boolean;
  /** `@name` and `@0` take a value; elsewhere `@` belongs to the engine. */
  readonly atNames: boolean;
  /** The driver's own placeholder for the n-th value, counted from 0. */
  readonly placeholder: (index: number) => string;
  /** Stands between the parentheses of `IN ()` for no value at all, and suits `NOT IN` too. */
  readonly emptyList: string;
  readonly maxParameters: number;
  /** Longest identifier in bytes; Infinity where the engine sets no limit. */
  readonly maxIdentifier: number;
  /** Integers up to 2^64 - 1 are values too, as BIGINT UNSIGNED has them. Default: false. */
  readonly unsignedIntegers?: boolean;
  /** Plain objects are stored as JSON text. */
  readonly json: boolean;
  /** Arrays are values of their own, and not only lists for `IN`. */
  readonly arrays: boolean;
  /** `{'pet':name}` makes a struct, whose colons wait for no value. Default: false. */
  readonly structs?: boolean;
  /** NULL is written into the statement: a parameter for it has a type, which not every column takes. Default: false. */
  readonly nullInText?: boolean;
}
