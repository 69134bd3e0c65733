import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Reader } from "./bytes.ts";
import { isInterrupt, SqlError, sqlError } from "./errors.ts";
import { encryption, headersLength, readLogin, readPrelogin, writePrelogin } from "./login.ts";
import { type Message, messageType, PacketReader, PacketWriter } from "./packets.ts";
import { type Parameter, readParameter } from "./parameters.ts";
import { type Certificate, secure } from "./secure.ts";
import { type Company, type Running, Session } from "./session.ts";
import { type Statement, splitStatements } from "./split.ts";
import { tokenize } from "./tokenize.ts";
import {
  change,
  changeToken,
  collation,
  done,
  doneStatus,
  doneToken,
  errorToken,
  handleToken,
  loginToken,
  returnStatus,
} from "./tokens.ts";

export interface ConnectionOptions {
  readonly company: Company;
  readonly password: string | undefined;
  /** Absent: the server speaks no TLS. */
  readonly certificate: Certificate | undefined;
  /** Whether a client without TLS is sent away. */
  readonly requiresTls: boolean;
  readonly onLogin: (user: string) => void;
  readonly onSession: (session: Session) => void;
}

interface Prepared {
  readonly text: string;
  readonly names: readonly string[];
}

/** Procedures that drivers call by number: [MS-TDS] 2.2.6.6. */
const procedures: Readonly<Record<string, number>> = {
  sp_executesql: 10,
  sp_prepare: 11,
  sp_execute: 12,
  sp_prepexec: 13,
  sp_unprepare: 15,
};

const transactions = { begin: 5, commit: 7, rollback: 8, save: 9 } as const;

/** One client's conversation: what it sends, in its order, and what it is told. */
export class Connection {
  readonly #socket: Socket;
  readonly #id: number;
  readonly #options: ConnectionOptions;
  readonly #prepared = new Map<number, Prepared>();
  #stream: Duplex;
  #packets = new PacketReader();
  #packetSize = 4096;
  #session: Session | undefined;
  #order: Promise<void> = Promise.resolve();
  #handle = 0;

  constructor(socket: Socket, id: number, options: ConnectionOptions) {
    this.#socket = socket;
    this.#id = id;
    this.#options = options;
    this.#stream = socket;
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("close", () => this.#session?.end());
    this.#listen(socket);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #listen(stream: Duplex): void {
    this.#stream = stream;
    this.#packets = new PacketReader();
    stream.on("error", () => this.destroy());
    const listener = (chunk: Buffer): void => {
      for (const message of this.#packets.read(chunk)) this.#take(message);
    };
    stream.on("data", listener);
  }

  /** An attention is heard at once; everything else waits for what came before. */
  #take(message: Message): void {
    if (message.type === messageType.attention && this.#session?.text !== undefined) {
      this.#session.stop();
      return;
    }
    this.#order = this.#order
      .then(() => this.#answer(message))
      .catch(() => {
        this.destroy();
      });
  }

  async #answer(message: Message): Promise<void> {
    switch (message.type) {
      case messageType.prelogin:
        return this.#prelogin(message.body);
      case messageType.login:
        return this.#login(message.body);
      case messageType.attention:
        return this.#reply(async (send) => send(doneToken(done.batch, doneStatus.attention)));
      default:
    }
    if (!this.#session) throw new Error("Nobody has logged in.");
    if (message.ignore)
      return this.#reply(async (send) => send(doneToken(done.batch, doneStatus.error)));
    if (message.reset) await this.#session.reset();
    switch (message.type) {
      case messageType.batch:
        return this.#batch(message.body);
      case messageType.rpc:
        return this.#procedure(message.body);
      case messageType.transaction:
        return this.#transaction(message.body);
      default:
        throw new Error(`The emulator knows no message of type ${message.type}.`);
    }
  }

  async #prelogin(body: Buffer): Promise<void> {
    const { certificate, requiresTls } = this.#options;
    const asked = readPrelogin(body);
    const wanted = asked === encryption.on || asked === encryption.required;
    const encrypts = certificate !== undefined && (wanted || requiresTls);
    const answer = !encrypts ? encryption.none : wanted ? encryption.on : encryption.required;
    await this.#reply(async (send) => send(writePrelogin(answer)));
    if (!encrypts || asked === encryption.none) return;
    this.#socket.removeAllListeners("data");
    this.#listen(secure(this.#socket, certificate));
  }

  async #login(body: Buffer): Promise<void> {
    const { company, password } = this.#options;
    const login = readLogin(body);
    this.#options.onLogin(login.user);
    const { database } = company;
    const refused =
      password !== undefined && login.password !== password
        ? [new SqlError(18_456, `Login failed for user '${login.user}'.`, 14)]
        : ["", "master", database.name].includes(login.database)
          ? []
          : [
              new SqlError(
                4060,
                `Cannot open database "${login.database}" requested by the login. The login failed.`,
                11,
              ),
              new SqlError(18_456, `Login failed for user '${login.user}'.`, 14),
            ];
    if (refused.length > 0) {
      await this.#reply(async (send) => {
        for (const { number, message, severity } of refused)
          await send(errorToken(number, message, severity));
        await send(doneToken(done.batch, doneStatus.error));
      });
      this.#stream.end();
      return;
    }
    this.#session = await Session.begin(this.#id, company, this.#stream !== this.#socket);
    this.#options.onSession(this.#session);
    await this.#reply(async (send) => {
      await send(changeToken(change.database, database.name, "master"));
      await send(changeToken(change.collation, Buffer.from(collation), Buffer.alloc(0)));
      await send(changeToken(change.language, "us_english", ""));
      await send(loginToken());
      await send(changeToken(change.packetSize, String(login.packetSize), "4096"));
      await send(doneToken(done.batch, 0));
    });
    this.#packetSize = login.packetSize;
  }

  #batch(body: Buffer): Promise<void> {
    const text = body.subarray(headersLength(body)).toString("utf16le");
    return this.#work(text, async (send) => {
      const running = { parameters: [], send, done: done.batch, follows: false };
      await this.#run(splitStatements(tokenize(text)), running);
    });
  }

  #procedure(body: Buffer): Promise<void> {
    const reader = new Reader(body, headersLength(body));
    const length = reader.uint16();
    const name = length === 0xffff ? undefined : reader.text(length);
    const number = name === undefined ? reader.uint16() : procedures[name.toLowerCase()];
    reader.uint16();
    const parameters: Parameter[] = [];
    while (!reader.done) parameters.push(readParameter(reader));
    const { text, names, values, handle } = this.#statementOf(number, parameters);
    return this.#work(text ?? "", async (send) => {
      if (text === undefined && number !== procedures["sp_unprepare"])
        throw new SqlError(2812, `Could not find stored procedure '${name ?? number}'.`);
      const given = values.map((each, index) => ({ ...each, name: each.name || names[index]! }));
      if (text !== undefined && number !== procedures["sp_prepare"])
        await this.#run(splitStatements(tokenize(text)), {
          parameters: given,
          send,
          done: done.statement,
          follows: true,
        });
      await send(returnStatus());
      if (handle !== undefined) await send(handleToken(handle));
      await send(doneToken(done.procedure, 0));
    });
  }

  /** What a call of one of the procedures is to run, and the handle that it makes. */
  #statementOf(
    number: number | undefined,
    parameters: readonly Parameter[],
  ): Partial<Prepared> & {
    readonly names: readonly string[];
    readonly values: readonly Parameter[];
    readonly handle?: number;
  } {
    const textAt = (index: number): string => String(parameters[index]?.value ?? "");
    switch (number) {
      case procedures["sp_executesql"]:
        return { text: textAt(0), names: namesIn(textAt(1)), values: parameters.slice(2) };
      case procedures["sp_prepare"]:
      case procedures["sp_prepexec"]: {
        const prepared = { text: textAt(2), names: namesIn(textAt(1)) };
        this.#prepared.set(++this.#handle, prepared);
        return { ...prepared, values: parameters.slice(3), handle: this.#handle };
      }
      case procedures["sp_execute"]: {
        const prepared = this.#prepared.get(Number(parameters[0]?.value));
        return { names: [], ...prepared, values: parameters.slice(1) };
      }
      case procedures["sp_unprepare"]:
        this.#prepared.delete(Number(parameters[0]?.value));
        return { names: [], values: [] };
      default:
        return { names: [], values: [] };
    }
  }

  #transaction(body: Buffer): Promise<void> {
    const type = new Reader(body, headersLength(body)).uint16();
    return this.#work("", async (send) => {
      const session = this.#session!;
      if (type === transactions.begin) await session.beginTransaction(send);
      else if (type === transactions.commit) await session.commitTransaction(send);
      else if (type === transactions.rollback) await session.rollbackTransaction(send);
      else if (type !== transactions.save)
        throw new SqlError(50_000, `The emulator knows no transaction request ${type}.`);
      await send(doneToken(done.batch, 0));
    });
  }

  async #run(statements: readonly Statement[], running: Running): Promise<void> {
    for (const [index, statement] of statements.entries())
      await this.#session!.run(
        statement,
        running,
        running.follows || index < statements.length - 1,
      );
    if (statements.length === 0) await running.send(doneToken(running.done, 0));
  }

  /** Runs a task whose failure the client is told, and which it may stop. */
  async #work(text: string, task: (send: Running["send"]) => Promise<void>): Promise<void> {
    const session = this.#session!;
    session.text = text;
    session.stopped = false;
    await this.#reply(async (send) => {
      try {
        await task(send);
      } catch (error) {
        if (!session.stopped && !isInterrupt(error)) await tell(sqlError(error), send);
        await send(doneToken(done.batch, doneStatus.error));
      } finally {
        session.text = undefined;
      }
    });
    if (session.stopped)
      await this.#reply(async (send) => send(doneToken(done.batch, doneStatus.attention)));
  }

  async #reply(write: (send: Running["send"]) => Promise<void>): Promise<void> {
    const stream = this.#stream;
    const packets = new PacketWriter(
      async (packet) => {
        if (stream.destroyed || stream.write(packet)) return;
        await new Promise<void>((resolve) => {
          const go = (): void => {
            stream.off("drain", go);
            this.#socket.off("close", go);
            resolve();
          };
          stream.once("drain", go);
          this.#socket.once("close", go);
        });
      },
      { size: this.#packetSize, process: this.#id },
    );
    await write((token) => packets.write(token));
    await packets.end();
  }
}

async function tell(
  { number, message, severity, endsTransaction }: SqlError,
  send: Running["send"],
): Promise<void> {
  if (endsTransaction)
    await send(
      changeToken(change.rollback, Buffer.alloc(0), Buffer.from([1, 0, 0, 0, 0, 0, 0, 0])),
    );
  await send(errorToken(number, message, severity));
}

/** The names of `@a int, @b nvarchar(4000)`. */
function namesIn(declared: string): string[] {
  return [...declared.matchAll(/@([\w$]+)/g)].map(([, name]) => name!);
}
