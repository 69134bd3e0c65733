import { cellReader, type Column } from "./column.ts";
import { setOwn } from "./values.ts";

/** Makes the row of a number: a new object, which belongs to whoever asked. */
export type RowFactory = (row: number) => Record<string, unknown>;

type Compiled = (storages: readonly unknown[], readers: readonly unknown[]) => RowFactory;

const compiled = new Map<string, Compiled | undefined>();
const mostCompiled = 200;
const widestCompiled = 1000;

/** Rows through cell readers: no start-up cost, for a few rows, and where generating code is forbidden. */
export function interpretedRows(columns: readonly Column[]): RowFactory {
  const names = columns.map(({ name }) => name);
  const readers = columns.map(({ storage }) => cellReader(storage));
  return (row) => {
    const object: Record<string, unknown> = {};
    for (let index = 0; index < names.length; index++)
      setOwn(object, names[index]!, readers[index]!(row));
    return object;
  };
}

/** Rows through one object literal compiled for these columns: about ten times faster for many rows. */
export function compiledRows(columns: readonly Column[]): RowFactory {
  if (columns.length > widestCompiled) return interpretedRows(columns);
  const source = sourceOf(columns);
  if (!compiled.has(source)) {
    if (compiled.size >= mostCompiled) compiled.clear();
    compiled.set(source, compile(source));
  }
  const factory = compiled.get(source);
  if (!factory) return interpretedRows(columns);
  return factory(
    columns.map(({ storage }) => storage),
    columns.map(({ storage }) => cellReader(storage)),
  );
}

function compile(source: string): Compiled | undefined {
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- `sourceOf` lets no data into the code.
    return new Function("storages", "readers", source) as Compiled;
  } catch {
    // --disallow-code-generation-from-strings, or a content security policy.
    return undefined;
  }
}

/** Column names enter the code only as JSON strings, which are string literals and nothing else. */
function sourceOf(columns: readonly Column[]): string {
  const variables: string[] = [];
  const fields = columns.map(({ name, storage }, index) => {
    const cell = cellSource(
      storage.kind,
      "valid" in storage && storage.valid !== undefined,
      index,
      variables,
    );
    // In a literal, "__proto__": x would set the prototype; a computed name does not.
    return name === "__proto__" ? `["__proto__"]: ${cell}` : `${JSON.stringify(name)}: ${cell}`;
  });
  return `${variables.join("")}return (i) => ({ ${fields.join(", ")} });`;
}

function cellSource(kind: string, nullable: boolean, index: number, variables: string[]): string {
  const [data, extra] = [`d${index}`, `e${index}`];
  if (kind === "object") {
    variables.push(`const ${data} = readers[${index}];`);
    return `${data}(i)`;
  }
  variables.push(`const ${data} = storages[${index}].data;`);
  if (kind === "dictionary") {
    variables.push(`const ${extra} = storages[${index}].words;`);
    return `${extra}[${data}[i]]`;
  }
  let value = `${data}[i]`;
  if (kind === "boolean") value += " === 1";
  if (kind === "instant") value = `new Date(Math.floor(${value}))`;
  if (!nullable) return value;
  variables.push(`const ${extra} = storages[${index}].valid;`);
  return `(${extra}[i >> 3] & (1 << (i & 7))) !== 0 ? ${value} : null`;
}
