import type { Asking } from "./asking.ts";
import { truncated } from "./failure.ts";
import type { Location } from "./location.ts";
import type { StoredFile } from "./store.ts";

/** Bytes of a file. */
export interface Span {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** A file, one version of it. */
export interface Pinned {
  readonly location: Location;
  readonly file: StoredFile;
  /** The answer that told of it, where that brings its bytes too. */
  readonly begun?: Begun | undefined;
}

/** The bytes of an answer, for whoever takes them first. */
export class Begun {
  readonly #bytes: AsyncIterable<Uint8Array>;
  readonly #left: AbortController;
  #taken = false;

  constructor(bytes: AsyncIterable<Uint8Array>, left: AbortController) {
    this.#bytes = bytes;
    this.#left = left;
  }

  get taken(): boolean {
    return this.#taken;
  }

  /** The bytes, and what ends their request, also while a byte is waited for. */
  take(): Omit<Reading, "end"> {
    this.#taken = true;
    return { bytes: this.#bytes[Symbol.asyncIterator](), leave: () => this.#left.abort() };
  }

  /** Ends its request, unless somebody took the bytes, who ends it then. */
  leave(): void {
    if (!this.#taken) this.#left.abort();
  }
}

/** A line is slow that brings fewer bytes in this time: a faster one is hardly outrun by several, for one process takes them all. */
const enough = { bytes: 8 * 1024 * 1024, milliseconds: 50 };

/** Few enough that what breaks after them is repeated as often as anything, and so many that beginning anew costs nothing beside them. */
const mostPulled = 256 * 1024 * 1024;

/** A file's bytes in their order, by one request, which goes on where it was cut off. */
export class Front {
  readonly #pinned: Pinned;
  readonly #start: number;
  readonly #take: (chunk: Uint8Array) => void;
  #at: number;
  #end: number;
  #body: Reading | undefined;
  #slow: boolean;

  /** @param take Is given the bytes, each once, in their order. */
  constructor(pinned: Pinned, { start, end }: Span, take: (chunk: Uint8Array) => void) {
    const { begun, file } = pinned;
    this.#pinned = pinned;
    this.#start = start;
    this.#take = take;
    this.#at = start;
    this.#end = end;
    if (begun && !begun.taken && start === 0 && end === file.size && end > 0)
      this.#body = { ...begun.take(), end };
    this.#slow = !this.#body;
  }

  /** The first byte that is not taken yet. */
  get at(): number {
    return this.#at;
  }

  /** Exclusive. */
  get end(): number {
    return this.#end;
  }

  /** Whether more requests may bring the rest sooner: none is under way yet, or it is slow. */
  get slow(): boolean {
    return this.#slow;
  }

  /** Leaves the bytes from `end` on to others. */
  cut(end: number): void {
    this.#end = end;
  }

  /** Takes the next bytes, until the line turns out to be slow, or so many came. */
  async pull(asking: Asking, most: number = mostPulled): Promise<void> {
    const last = this.#at + most;
    let [from, began] = [this.#at, performance.now()];
    const isLate = (): boolean => {
      const now = performance.now();
      if (now - began >= enough.milliseconds) return true;
      if (this.#at - from >= enough.bytes) [from, began] = [this.#at, now];
      return false;
    };
    let late = false;
    await asking.repeated(this.#pinned.location, async (signal, { alive }) => {
      const body = (this.#body ??= await this.#request(asking, signal));
      const leave = (): void => this.#leave(body);
      signal.addEventListener("abort", leave, { once: true });
      try {
        do {
          const { done, value } = await body.bytes.next();
          signal.throwIfAborted();
          if (done) throw this.#truncated(asking, body);
          const left = body.end - this.#at - value.length;
          // More than was asked for is no answer to this request: a server that ignores ranges. The last
          // bytes count once the answer has ended well, which gives its socket back, too.
          if (left < 0 || (left === 0 && !(await body.bytes.next()).done))
            throw this.#longer(asking);
          signal.throwIfAborted();
          this.#pass(value);
          alive();
          late = isLate();
        } while (!late && this.#at < Math.min(this.#end, last));
        if (this.#at === body.end) this.#body = undefined;
        else if (this.#at >= this.#end) leave();
      } catch (error) {
        leave();
        throw error;
      } finally {
        signal.removeEventListener("abort", leave);
      }
    });
    if (late) this.#slow = true;
  }

  /** Ends the request that is under way. */
  leave(): void {
    if (this.#body) this.#leave(this.#body);
  }

  async #request(asking: Asking, signal: AbortSignal): Promise<Reading> {
    const { location, file } = this.#pinned;
    const left = new AbortController();
    const range = { start: this.#at, end: this.#end, version: file.version };
    const either = AbortSignal.any([signal, left.signal]);
    const bytes = await asking.store.read(location, range, either);
    return { bytes: bytes[Symbol.asyncIterator](), end: range.end, leave: () => left.abort() };
  }

  #pass(value: Uint8Array): void {
    const most = this.#end - this.#at;
    const chunk = value.length > most ? value.subarray(0, most) : value;
    this.#at += chunk.length;
    this.#take(chunk);
  }

  #truncated(asking: Asking, { end }: Reading): Error {
    const about = asking.about(this.#pinned.location);
    return truncated(about, this.#at - this.#start, end - this.#start);
  }

  #longer(asking: Asking): Error {
    const message = "the answer is longer than the range that was asked for";
    return asking.failure({ kind: "other", message }, this.#pinned.location);
  }

  #leave(body: Reading): void {
    body.leave();
    // Not every source of bytes heeds a signal.
    body.bytes.return?.().catch(() => {});
    if (this.#body === body) this.#body = undefined;
  }
}

/** An answer that is being read. */
interface Reading {
  readonly bytes: AsyncIterator<Uint8Array>;
  /** Where it ends. */
  readonly end: number;
  leave(): void;
}
