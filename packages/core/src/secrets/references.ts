import { execFile, type ExecFileException } from "node:child_process";
import { dirname, resolve } from "node:path";
import { ConnError, type Location, type Problem } from "../errors.ts";
import { registerSecret } from "../redact.ts";
import { scalarOf } from "./environment.ts";
import { trackedByGit } from "./git.ts";
import { emptyTable, isReference, isTable, type RawSection, type Table } from "./merge.ts";
import { readSecretFile } from "./read.ts";

export interface ReferenceContext {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly home: string | undefined;
  /** Answers of commands, so that each runs once for as long as its file stays the same. */
  readonly commands: (file: string) => Map<string, Promise<string>>;
  /** How long a command may take. Default: 10 seconds. */
  readonly commandSeconds?: number;
}

export interface Resolved {
  readonly values: Table;
  readonly secretPaths: ReadonlySet<string>;
  /** The files that values were read from. */
  readonly files: readonly string[];
  /** The texts that were read as another type, by dotted path. */
  readonly texts: ReadonlyMap<string, string>;
}

const commandBytes = 1_000_000;

/**
 * A section with its references replaced by what they stand for: `{ env = "NAME" }`, `{ file = "path" }`
 * (relative to the secrets file), `{ cmd = ["program", "argument"] }`, each with an optional
 * `default`. What a reference gives is text and refers to nothing further.
 *
 * @throws CONN_SECRETS_REFERENCE, CONN_SECRETS_UNSAFE, CONN_SECRETS_READ; several problems together.
 */
export async function resolveReferences(
  name: string,
  section: RawSection,
  context: ReferenceContext,
): Promise<Resolved> {
  const secretPaths = new Set<string>();
  const files = new Set<string>();
  const texts = new Map<string, string>();
  const failures: ConnError[] = [];

  const visit = async (value: unknown, path: string): Promise<unknown> => {
    if (isReference(value)) {
      const location = locationOf(section, path);
      try {
        const text = await resolveOne(value, {
          ...context,
          location,
          files,
          setting: `connections.${name}.${path}`,
        });
        registerSecret(text);
        secretPaths.add(path);
        const scalar = scalarOf(path.slice(path.lastIndexOf(".") + 1), text);
        if (scalar !== text) texts.set(path, text);
        return scalar;
      } catch (error) {
        failures.push(error as ConnError);
        return undefined;
      }
    }
    if (Array.isArray(value))
      return Promise.all(value.map((item, index) => visit(item, `${path}.${index}`)));
    if (!isTable(value)) return value;
    const table = emptyTable();
    // Keys first and in order; the answers may come in any.
    for (const key of Object.keys(value)) table[key] = undefined;
    await Promise.all(
      Object.keys(value).map(async (key) => {
        table[key] = await visit(value[key], path ? `${path}.${key}` : key);
      }),
    );
    return table;
  };
  const values = (await visit(section.values, "")) as Table;
  if (failures.length > 0) throw together(name, failures);
  return { values, secretPaths, files: [...files], texts };
}

interface OneReference extends ReferenceContext {
  readonly location: Location | undefined;
  readonly files: Set<string>;
  /** The full path of the setting, for messages. */
  readonly setting: string;
}

async function resolveOne(reference: Table, one: OneReference): Promise<string> {
  const { env, file, cmd, default: fallback } = reference;
  const kinds = [env, file, cmd].filter((part) => part !== undefined);
  if (kinds.length !== 1 || (fallback !== undefined && typeof fallback !== "string")) {
    throw failure(one, "is no valid reference", 'Give one of env, file or cmd: { env = "NAME" }');
  }
  let text: string | undefined;
  if (typeof env === "string" && env !== "") {
    text = Object.hasOwn(one.env, env) ? one.env[env] : undefined;
    if (!text && fallback === undefined) {
      throw failure(
        one,
        `refers to the environment variable ${env}, which is not set`,
        `Set it: export ${env}=…`,
      );
    }
  } else if (typeof file === "string" && file !== "") {
    text = await fromFile(file, fallback !== undefined, one);
  } else if (
    Array.isArray(cmd) &&
    cmd.length > 0 &&
    cmd.every((part) => typeof part === "string" && !part.includes("\0"))
  ) {
    text = await fromCommand(cmd as string[], one);
  } else {
    throw failure(
      one,
      "is no valid reference",
      'Write { env = "NAME" }, { file = "path" } or { cmd = ["program", "argument"] }.',
    );
  }
  return text || (fallback ?? "");
}

async function fromFile(
  path: string,
  optional: boolean,
  one: OneReference,
): Promise<string | undefined> {
  const base = one.location ? dirname(one.location.file) : one.cwd;
  const full =
    /^~[/\\]/.test(path) && one.home !== undefined
      ? resolve(one.home, path.slice(2))
      : resolve(base, path);
  one.files.add(full);
  let text: string | undefined;
  try {
    text = (await readSecretFile(full))?.text;
  } catch (error) {
    if (!(error instanceof ConnError)) throw error;
    throw new ConnError(
      error.code,
      `${one.setting} refers to a file that cannot be used. ${error.message}`,
      locationOption(one),
    );
  }
  if (text === undefined && !optional)
    throw failure(
      one,
      `refers to the file ${full}, which does not exist`,
      "Write the file, or correct its path.",
    );
  const content = text && withoutLineEnd(text);
  if (content === "" && !optional)
    throw failure(one, `refers to the file ${full}, which is empty`, "Write the value into it.");
  return content;
}

async function fromCommand(command: readonly string[], one: OneReference): Promise<string> {
  const { location } = one;
  if (!location)
    throw failure(one, "asks for a command where none may stand", "Put it into a secrets file.");
  const answers = one.commands(location.file);
  const key = JSON.stringify(command);
  let answer = answers.get(key);
  if (!answer) {
    answer = assertOwn(location, one).then(() => run(command, one));
    answers.set(key, answer);
    answer.catch(() => answers.delete(key));
  }
  return answer;
}

/** Else whoever enters a cloned repository would run its author's commands. */
async function assertOwn(location: Location, one: OneReference): Promise<void> {
  const tracked = await trackedByGit(location.file);
  if (tracked !== "untracked") {
    const why =
      tracked === "tracked" ? "git tracks" : "is in a repository that git could not be asked about";
    throw new ConnError(
      "CONN_SECRETS_UNSAFE",
      `${one.setting} asks to run a command, in a file that ${why}.`,
      {
        location,
        hint: "Move the section to a file that git does not track, such as ~/.conn/secrets.toml",
      },
    );
  }
}

/** Runs a program without a shell. What it says on stderr is dropped: it may be the secret itself. */
function run([program, ...args]: readonly string[], one: OneReference): Promise<string> {
  const { commandSeconds = 10 } = one;
  const hint = "Run the command of that line by hand to see what it says.";
  return new Promise((onAnswer, onFailure) => {
    const fail = (what: string): void =>
      onFailure(failure(one, `asks the command ${JSON.stringify(program)}, which ${what}`, hint));
    const settle = (error: ExecFileException | null, output: Buffer): void => {
      clearTimeout(timer);
      const { code, signal } = (error ?? {}) as { code?: unknown; signal?: string };
      if (code === "ENOENT") return fail("was not found");
      if (code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER")
        return fail(`gave more than ${commandBytes} bytes`);
      if (error)
        return fail(
          signal
            ? `was ended by ${signal}`
            : `failed (${typeof code === "number" ? `exit code ${code}` : String(code)})`,
        );
      const text = withoutLineEnd(output.toString("utf8"));
      if (text === "") return fail("gave nothing");
      onAnswer(text);
    };
    const options = {
      cwd: one.cwd,
      env: one.env,
      encoding: "buffer",
      maxBuffer: commandBytes,
      killSignal: "SIGKILL",
      windowsHide: true,
    } as const;
    const child = execFile(program!, args, options, settle);
    child.stdin?.end();
    const timer = setTimeout(() => {
      fail(`did not finish within ${commandSeconds} s`);
      child.kill("SIGKILL");
      // A grandchild may hold the pipe open for ever.
      child.stdout?.destroy();
    }, commandSeconds * 1000);
  });
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, "");
}

function locationOf({ origins }: RawSection, path: string): Location | undefined {
  for (let end = path; ; end = end.slice(0, Math.max(0, end.lastIndexOf(".")))) {
    const origin = origins.get(end);
    if (origin) return "file" in origin ? origin : undefined;
    if (end === "") return undefined;
  }
}

function failure(one: OneReference, what: string, hint: string): ConnError {
  return new ConnError("CONN_SECRETS_REFERENCE", `${one.setting} ${what}.`, {
    ...locationOption(one),
    hint,
  });
}

function locationOption({ location }: OneReference): { location?: Location } {
  return location ? { location } : {};
}

function together(name: string, failures: readonly ConnError[]): ConnError {
  const [first] = failures;
  if (failures.length === 1) return first!;
  const problems = failures.map(({ message, location, hint }): Problem => ({
    message: message.split("\n", 1)[0]!,
    ...(location ? { location } : {}),
    ...(hint === undefined ? {} : { hint }),
  }));
  return new ConnError(
    first!.code,
    `${failures.length} references of connections.${name} cannot be resolved:`,
    {
      connection: name,
      problems: problems.sort(
        (left, right) => (left.location?.line ?? 0) - (right.location?.line ?? 0),
      ),
    },
  );
}
