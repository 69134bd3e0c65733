import { addressOf, type Location } from "@conn/files/base";

/** How long an address is used again: the hub signs for an hour. */
const lifetime = 10 * 60 * 1000;
const most = 1000;

/**
 * Where the hub has sent to for large files, so that it is asked once for a file, and not once for each
 * of its ranges. Such an address is one version's.
 */
export class Addresses {
  readonly #known = new Map<string, { readonly address: string; readonly until: number }>();

  of(location: Location, version: string): string | undefined {
    const known = this.#known.get(keyOf(location, version));
    return known && known.until > Date.now() ? known.address : undefined;
  }

  keep(location: Location, version: string, address: string): void {
    const key = keyOf(location, version);
    this.#known.delete(key);
    this.#known.set(key, { address, until: Date.now() + lifetime });
    if (this.#known.size > most) this.#known.delete(this.#known.keys().next().value!);
  }

  forget(location: Location, version: string): void {
    this.#known.delete(keyOf(location, version));
  }
}

function keyOf(location: Location, version: string): string {
  return `${version} ${addressOf(location)}`;
}
