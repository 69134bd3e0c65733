import type { Table } from "../table.ts";
import { type Fragment, partsOf, sql, SqlFragment, type SqlHelpers } from "./fragment.ts";

/** The tag of a connection or a session: awaited, its template runs as a query there. */
export interface QueryTag extends SqlHelpers {
  <Row extends object = Record<string, unknown>>(
    strings: TemplateStringsArray,
    ...values: readonly unknown[]
  ): SqlQuery<Row>;
}

/** A statement that runs when it is awaited, and is a fragment until then. */
export class SqlQuery<Row extends object = Record<string, unknown>>
  extends SqlFragment
  implements PromiseLike<Table<Row>>
{
  readonly #run: (fragment: Fragment) => Promise<Table<Row>>;

  constructor(parts: Fragment["parts"], run: (fragment: Fragment) => Promise<Table<Row>>) {
    super(parts);
    this.#run = run;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- `await conn.sql`…`` is what it is for
  then<Result = Table<Row>, Failure = never>(
    onResult?: ((table: Table<Row>) => Result | PromiseLike<Result>) | null,
    onFailure?: ((error: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Result | Failure> {
    return this.#run(this).then(onResult, onFailure);
  }
}

export function queryTag(
  run: <Row extends object>(fragment: Fragment) => Promise<Table<Row>>,
): QueryTag {
  const tag = <Row extends object>(
    strings: TemplateStringsArray,
    ...values: readonly unknown[]
  ): SqlQuery<Row> => new SqlQuery<Row>(partsOf(strings, values), (fragment) => run<Row>(fragment));
  return Object.assign(tag, { identifier: sql.identifier, join: sql.join });
}
