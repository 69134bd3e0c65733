import { EventEmitter } from "node:events";
import type { PoolConnection, ResultSetHeader } from "mysql2";
import { RowCollector } from "../row-collector.ts";
import type { Answers, Columns, Known, Reading } from "./answers.ts";
import type { Packet, PacketRows } from "./packet-rows.ts";
import type { Field } from "./types.ts";

/** What a statement gave: rows, or a header. */
export interface Answer {
  readonly fields: readonly Field[];
  readonly rows: RowCollector;
  readonly header: ResultSetHeader | undefined;
}

const answeringOf = Symbol("conn.answering");

/** A command of mysql2's, with what it leaves out of its types. What takes a packet gives what takes the next one. */
type Command = ReturnType<PoolConnection["query"]> & {
  [answeringOf]?: Answering;
  /** Takes a column's definition. */
  readField?: Step;
  /** Takes a row, or the end of them. */
  row?: Step;
  readonly _fieldCount?: number;
  readonly _resultIndex?: number;
  _receivedFieldsCount?: number;
  readonly _fields?: Field[][];
};

type Step = (this: Command, packet: Packet, connection: Connection) => unknown;

interface Connection extends Reading {
  protocolError(message: string): void;
}

/** Lets what arrives for a command go to `answering`, the driver's own reading taken where it knows better. */
export function answerTo(command: Command, answering: Answering): void {
  command[answeringOf] = answering;
  command.emit = emit;
  command.readField = readField;
}

/**
 * Takes the place of a command's own `emit`: an emitter's way to one listener would cost a twentieth of
 * reading many rows. One function for all commands: one for each, with what it holds, would outlive the
 * engine's quick collections.
 */
function emit(this: Command, event: string, first?: unknown, second?: unknown): boolean {
  const answering = this[answeringOf]!;
  if (event === "result") {
    answering.take(first as unknown[] | ResultSetHeader | undefined, second as number | undefined);
    return true;
  }
  if (event === "fields") answering.begin(first as readonly Field[] | undefined);
  else if (event === "error") answering.fail(first as Error);
  else if (event === "end") answering.end();
  // An error that nobody listens to would be thrown.
  if (this.listenerCount(event) === 0) return true;
  return EventEmitter.prototype.emit.call(this, event, first, second);
}

/**
 * Takes the place of a command's own `readField`, where the first columns come. A definition that says to
 * the byte what it said the last time is not read again; the driver reads all others. Where a version of
 * the driver does not ask for this, it gives us its own rows.
 */
function readField(this: Command, packet: Packet, connection: Connection): unknown {
  const answering = this[answeringOf]!;
  const { readField: driver } = Object.getPrototypeOf(this) as { readField: Step };
  if (this._resultIndex !== 0) return driver.call(this, packet, connection);
  if (answering.knows(packet, this._fieldCount!, connection)) {
    if (!answering.columns) return readField;
    this.emit("fields", answering.columns.fields);
    return fieldsEnd;
  }
  const before = answering.learn(packet);
  if (before.length > 0) {
    this._fields![0]!.push(...before);
    this._receivedFieldsCount = before.length;
  }
  const next = driver.call(this, packet, connection);
  if (next === driver) return readField;
  answering.remember(connection);
  return answering.readsPackets ? fieldsEnd : next;
}

function fieldsEnd(this: Command, packet: Packet, connection: Connection): unknown {
  return packet.isEOF() ? row : connection.protocolError("Expected EOF packet");
}

function row(this: Command, packet: Packet, connection: Connection): unknown {
  if (!packet.isEOF()) {
    this[answeringOf]!.next(packet);
    return row;
  }
  const { row: driver } = Object.getPrototypeOf(this) as { row: Step };
  return driver.call(this, packet, connection);
}

/** What arrives of one answer. */
export class Answering {
  /** Known from the last definition on. */
  columns: Columns | undefined;
  readonly #text: string;
  readonly #answers: Answers;
  readonly #waiting: Answering[];
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: Error) => void;
  #known: Known | undefined;
  /** Definitions that are those of the last answer. */
  #same = 0;
  #definitions: Buffer[] | undefined;
  #rows: RowCollector | undefined;
  #packets: PacketRows | undefined;
  #header: ResultSetHeader | undefined;
  #failure: Error | undefined;

  /** @param waiting Where it stands until it has ended. */
  constructor(
    text: string,
    answers: Answers,
    waiting: Answering[],
    resolve: (answer: Answer) => void,
    reject: (error: Error) => void,
  ) {
    this.#text = text;
    this.#answers = answers;
    this.#waiting = waiting;
    this.#resolve = resolve;
    this.#reject = reject;
    waiting.push(this);
  }

  /** Whether a definition is what it was the last time, as all before it were. */
  knows({ buffer, offset, end }: Packet, count: number, reading: Reading): boolean {
    if (this.#definitions) return false;
    if (this.#same === 0) this.#known = this.#answers.known(this.#text, count, reading);
    const known = this.#known?.definitions[this.#same];
    if (!known || known.length !== end - offset) return false;
    for (let index = 0; index < known.length; index++)
      if (known[index] !== buffer[offset + index]) return false;
    if (++this.#same === count) this.columns = this.#known;
    return true;
  }

  /** Notes a definition that the driver has to read; gives the fields before it that it has not seen. */
  learn({ buffer, offset, end }: Packet): readonly Field[] {
    const [first, known] = [!this.#definitions, this.#known];
    this.#definitions ??= known ? known.definitions.slice(0, this.#same) : [];
    this.#definitions.push(Buffer.from(buffer.subarray(offset, end)));
    return first && known ? known.fields.slice(0, this.#same) : [];
  }

  remember(reading: Reading): void {
    if (this.columns && this.#definitions)
      this.#answers.remember(this.#text, this.columns, this.#definitions, reading);
  }

  /** Only the first answer of several is read. */
  begin(fields: readonly Field[] | undefined): void {
    if (!fields || this.#rows) return;
    const { plans, ways } = (this.columns ??= this.#answers.columnsOf(fields));
    this.#packets = ways && this.#answers.rowsOf(ways, () => this.#rows!.addBatch());
    this.#rows = new RowCollector(plans, Infinity, this.#packets);
  }

  get readsPackets(): boolean {
    return this.#packets !== undefined;
  }

  /** A row that the driver did not read. */
  next(packet: Packet): void {
    if (this.#failure) return;
    // Thrown in here, it would end the connection, or the process.
    try {
      this.#packets!.add(packet);
    } catch (error) {
      this.#failure = error as Error;
    }
  }

  take(result: unknown[] | ResultSetHeader | undefined, index = 0): void {
    if (result === undefined || this.#failure) return;
    try {
      if (!Array.isArray(result)) this.#header = result;
      else if (index === 0) this.#rows?.add(result);
    } catch (error) {
      this.#failure = error as Error;
    }
  }

  fail(error: Error): void {
    this.#leave();
    this.#reject(error);
  }

  end(): void {
    this.#leave();
    if (this.#failure) this.#reject(this.#failure);
    else
      this.#resolve({
        fields: this.columns?.fields ?? [],
        rows: this.#rows ?? new RowCollector([]),
        header: this.#rows ? undefined : this.#header,
      });
  }

  #leave(): void {
    const index = this.#waiting.indexOf(this);
    if (index >= 0) this.#waiting.splice(index, 1);
  }
}
