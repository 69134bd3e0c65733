import { createHash } from "node:crypto";
import { crc32c } from "./crc32c.ts";
import { Failure, noBucket, noObject, notMet } from "./failure.ts";

/** What a client says of an object. */
export interface Description {
  readonly name?: string;
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly metadata?: Record<string, string> | undefined;
}

export interface StoredObject extends Description {
  readonly bucket: string;
  readonly name: string;
  readonly bytes: Buffer;
  readonly generation: bigint;
  readonly created: Date;
  readonly crc32c: string;
  readonly md5: string;
}

/** Conditions of a request, by their names in the query. */
export interface Conditions {
  readonly ifGenerationMatch?: string | undefined;
  readonly ifGenerationNotMatch?: string | undefined;
}

export interface Page {
  readonly objects: readonly StoredObject[];
  readonly prefixes: readonly string[];
  readonly next: string | undefined;
}

export interface Listing {
  readonly prefix: string;
  readonly delimiter: string | undefined;
  readonly limit: number;
  /** The last name of the page before. */
  readonly after: string;
}

/** Buckets in memory. An object has one generation at a time, as where versioning is off. */
export class Buckets {
  readonly #buckets = new Map<string, Map<string, StoredObject>>();
  #generation = BigInt(Date.now()) * 1000n;

  get names(): string[] {
    return [...this.#buckets.keys()].sort();
  }

  create(name: string): void {
    if (this.#buckets.has(name))
      throw new Failure(
        409,
        "conflict",
        "Your previous request to create the named bucket succeeded and you already own it.",
      );
    this.#buckets.set(name, new Map());
  }

  remove(name: string): void {
    if (this.#of(name).size > 0)
      throw new Failure(409, "conflict", "The bucket you tried to delete is not empty.");
    this.#buckets.delete(name);
  }

  demand(name: string): void {
    this.#of(name);
  }

  get(bucket: string, name: string, generation?: string | null): StoredObject {
    const object = this.#of(bucket).get(name);
    if (!object || (generation && String(object.generation) !== generation))
      throw noObject(bucket, name);
    return object;
  }

  /** @throws Failure where a condition does not hold; 0 stands for no object. */
  demandConditions(bucket: string, name: string, conditions: Conditions): void {
    const current = String(this.#of(bucket).get(name)?.generation ?? 0);
    const { ifGenerationMatch, ifGenerationNotMatch } = conditions;
    if (ifGenerationMatch !== undefined && ifGenerationMatch !== current) throw notMet();
    if (ifGenerationNotMatch !== undefined && ifGenerationNotMatch === current) throw notMet();
  }

  put(bucket: string, name: string, bytes: Buffer, description: Description): StoredObject {
    const object: StoredObject = {
      ...description,
      bucket,
      name,
      bytes,
      generation: ++this.#generation,
      created: new Date(),
      crc32c: crc32c(bytes),
      md5: createHash("md5").update(bytes).digest("base64"),
    };
    this.#of(bucket).set(name, object);
    return object;
  }

  delete(bucket: string, name: string): void {
    if (!this.#of(bucket).delete(name)) throw noObject(bucket, name);
  }

  list(bucket: string, { prefix, delimiter, limit, after }: Listing): Page {
    const objects: StoredObject[] = [];
    const prefixes = new Set<string>();
    let last = "";
    for (const object of this.#sorted(bucket)) {
      if (!object.name.startsWith(prefix)) continue;
      const end = delimiter ? object.name.indexOf(delimiter, prefix.length) : -1;
      const name = end < 0 ? object.name : object.name.slice(0, end + delimiter!.length);
      if ((after !== "" && compare(name, after) <= 0) || prefixes.has(name)) continue;
      if (objects.length + prefixes.size === limit)
        return { objects, prefixes: [...prefixes], next: last };
      last = name;
      if (end < 0) objects.push(object);
      else prefixes.add(name);
    }
    return { objects, prefixes: [...prefixes], next: undefined };
  }

  #of(name: string): Map<string, StoredObject> {
    const bucket = this.#buckets.get(name);
    if (!bucket) throw noBucket();
    return bucket;
  }

  #sorted(bucket: string): StoredObject[] {
    return [...this.#of(bucket).values()].sort((left, right) => compare(left.name, right.name));
  }
}

/** By the bytes of UTF-8. */
function compare(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
