/**
 * Everything that must hold before a change lands, in one command: format, lint, types, build, the
 * packages as published, and every test on every Node version that the packages claim. Ends with the
 * line `N passed, N failed`.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { build, execute } from "./execute.ts";
import { prepareServers } from "./servers.ts";

interface Stage {
  readonly title: string;
  readonly run: () => Promise<Count>;
}

interface Count {
  readonly passed: number;
  readonly failed: number;
}

/** Each is tested on the last release of its line; the workspace itself runs on another. */
const otherNodes = ["20.19", "22", "26"];

/**
 * Test files that run at once, on every Node. Much of their time goes to waiting: for servers, processes
 * and silence. Told by the environment, for the workspace's config tells its projects nothing.
 */
const workers = Math.max(2, availableParallelism() - 1);

const reports = await mkdtemp(join(tmpdir(), "conn-reports-"));

const stages: Stage[] = [
  check("format", "oxfmt", "--check"),
  // Before the linter, which knows types: the template sees our packages as its users do, built.
  { title: "build", run: async () => counted(await build()) },
  check("lint", "oxlint", "--deny-warnings"),
  check("types", "tsc", "--project", "."),
  check("unused code and dependencies", "knip"),
  check("generated files", "node", "scripts/generate.ts", "--check"),
  check("packages as published", "node", "scripts/packages.ts"),
  check("size", "size-limit"),
  {
    title: "tests",
    run: () => tests("workspace", "node", "node_modules/vitest/vitest.mjs", "run"),
  },
  ...otherNodes.map((version) => ({
    title: `tests on Node ${version}`,
    run: () =>
      tests(
        version,
        "npx",
        "-y",
        "-p",
        `node@${version}`,
        "-c",
        `node scripts/test-on-node.mjs ${version}`,
      ),
  })),
];

const total = { passed: 0, failed: 0 };
const failures: string[] = [];
await prepareServers();
for (const { title, run } of stages) {
  const start = performance.now();
  const { passed, failed } = await run();
  total.passed += passed;
  total.failed += failed;
  if (failed > 0) failures.push(title);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${failed > 0 ? "FAILED" : "ok    "} ${title} (${seconds} s)`);
}
await rm(reports, { recursive: true, force: true });
for (const title of failures) console.log(`Failed: ${title}`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = failures.length > 0 ? 1 : 0;

/** A stage that passes or fails as a whole. */
function check(title: string, command: string, ...args: string[]): Stage {
  return {
    title,
    run: async () => counted(await execute(command, args)),
  };
}

function counted(code: number): Count {
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** A stage that counts its tests; a run that tested nothing or died has failed. */
async function tests(name: string, command: string, ...args: string[]): Promise<Count> {
  const report = join(reports, `${name}.json`);
  const code = await execute(command, args, {
    env: { CONN_TEST_REPORT: report, VITEST_MAX_WORKERS: String(workers) },
  });
  const { numPassedTests: passed, numFailedTests: failed } = await readFile(report, "utf8").then(
    (text) => JSON.parse(text) as { numPassedTests: number; numFailedTests: number },
    () => ({ numPassedTests: 0, numFailedTests: 0 }),
  );
  const broken = code !== 0 || passed === 0;
  return { passed, failed: broken ? Math.max(1, failed) : failed };
}
