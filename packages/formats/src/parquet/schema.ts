import type { SchemaElement, SchemaTree } from "hyparquet";

/**
 * The schema with our own conversions in mind: types that the library would round (decimals as doubles, times as
 * milliseconds) or refuse are bare, and come as their integers and bytes.
 */
export function bareSchema(schema: readonly SchemaElement[]): SchemaElement[] {
  return schema.map((element) => {
    // Groups keep what says how they are nested, and the library must see which bytes are text.
    if (element.type === undefined) return element;
    const { converted_type: _converted, logical_type: logical, ...bare } = element;
    if (isText(element) || isJson(element)) return { ...bare, converted_type: "UTF8" };
    const kept = logical?.type === "UUID" || logical?.type === "FLOAT16";
    return kept ? { ...bare, logical_type: logical } : bare;
  });
}

export function isText({
  converted_type: converted,
  logical_type: logical,
}: SchemaElement): boolean {
  return (
    converted === "UTF8" ||
    converted === "ENUM" ||
    logical?.type === "STRING" ||
    logical?.type === "ENUM"
  );
}

export function isJson({
  converted_type: converted,
  logical_type: logical,
}: SchemaElement): boolean {
  return converted === "JSON" || logical?.type === "JSON";
}

/** Whether values are lists, rather than rows of their own. */
export function isList({ element, children }: SchemaTree): boolean {
  return (
    element.converted_type === "LIST" ||
    element.logical_type?.type === "LIST" ||
    (children.length === 0 && element.repetition_type === "REPEATED")
  );
}
