/** What a cell is compared with. */
export type WhereValue = string | number | bigint | boolean | Date;

/** Tests of one column; a row has to pass all of them. */
export interface Comparison {
  readonly "="?: WhereValue;
  readonly "!="?: WhereValue;
  readonly "<"?: WhereValue;
  readonly "<="?: WhereValue;
  readonly ">"?: WhereValue;
  readonly ">="?: WhereValue;
  readonly in?: readonly WhereValue[];
  readonly notIn?: readonly WhereValue[];
  /** `true` asks for null, `false` for anything else. */
  readonly null?: boolean;
}

/** A test for each column named; a row has to pass all of them. A bare value means `=`, a list `in`. */
export type Conditions = Readonly<Record<string, WhereValue | readonly WhereValue[] | Comparison>>;

/**
 * Which rows to read: `{ species: "cat", age: { ">=": 3 } }`. Conditions in a list are alternatives: one has to hold.
 * As in SQL, a null passes no test but `{ null: true }`, and so is not `!=` to anything.
 */
export type Where = Conditions | readonly Conditions[];
