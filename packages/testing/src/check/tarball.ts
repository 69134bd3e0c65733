import { publint } from "publint";
import { formatMessage } from "publint/utils";
import type { Published } from "./published.ts";
import { leaksOf } from "./secrets.ts";
import { typeProblems } from "./types.ts";

/** Something about the package as it would be published. */
export interface TarballCheck {
  readonly id: string;
  /** What holds, as a sentence without its subject. */
  readonly sentence: string;
  /** Whether a package that fails it may be published all the same. */
  readonly advice?: boolean;
  /** What does not hold, each with what to do. `undefined` where it could not be looked at. */
  readonly problems: (published: Published) => Promise<readonly string[] | undefined>;
}

const largest = 2_000_000;

export const tarballChecks: readonly TarballCheck[] = [
  {
    id: "published.exports",
    sentence: "has exports that Node and bundlers can follow",
    async problems({ files, manifest }) {
      const { messages } = await publint({
        pkgDir: "/package",
        pack: { files: files.map(({ path, data }) => ({ name: `/package/${path}`, data })) },
        level: "warning",
      });
      return messages.map(
        (message) =>
          formatMessage(message, manifest as Record<string, never>, { color: false }) ??
          message.code,
      );
    },
  },
  {
    id: "published.types",
    sentence: "has types that TypeScript finds for each export",
    problems: ({ tarball }) => typeProblems(tarball),
  },
  {
    id: "published.core",
    sentence: "fits each compatible release of core",
    async problems({ manifest }) {
      const range = manifest.peerDependencies?.["@conn/core"];
      if (range === undefined) return undefined;
      if (/^(\*|x|latest|)$/i.test(range))
        return [
          `The peer range ${JSON.stringify(range)} takes a core with another contract: write "^" and the version that you test with.`,
        ];
      if (/^=?\s*\d+\.\d+\.\d+\S*$/.test(range))
        return [
          `The peer range ${JSON.stringify(range)} takes a single release of core: write "^${range.replace(/^=\s*/, "")}".`,
        ];
      return [];
    },
  },
  {
    id: "published.ranges",
    sentence: "depends on what a registry has",
    async problems({ manifest }) {
      const ranges = {
        ...manifest.dependencies,
        ...manifest.optionalDependencies,
        ...manifest.peerDependencies,
      };
      return Object.entries(ranges)
        .filter(([, range]) =>
          /^(workspace|catalog|file|link|portal|git|git\+\w+|https?):/.test(range),
        )
        .map(([name, range]) => `${name} is ${JSON.stringify(range)}: give a range of versions.`);
    },
  },
  {
    id: "published.files",
    sentence: "holds what its users need, and no more",
    async problems({ files }) {
      return files
        .filter(({ path }) => surplus.test(path))
        .slice(0, 10)
        .map(
          ({ path }) =>
            `${path} is no use to others: let "files" in package.json name the built code alone.`,
        );
    },
  },
  {
    id: "published.install",
    sentence: "compiles nothing while it is installed",
    async problems({ files }) {
      return files.some(({ path }) => path === "binding.gyp")
        ? [
            "npm would compile binding.gyp on each installation: publish prebuilt files, and leave it out.",
          ]
        : [];
    },
  },
  {
    id: "published.licence",
    sentence: "comes with the text of its licence",
    async problems({ files }) {
      return files.some(({ path }) => /^licen[cs]e(\.\w+)?$/i.test(path))
        ? []
        : ["There is no LICENSE: add the text beside package.json."];
    },
  },
  {
    id: "published.size",
    sentence: "is small enough to be fetched in a moment",
    async problems({ tarball }) {
      return tarball.byteLength <= largest
        ? []
        : [
            `It has ${kilobytes(tarball.byteLength)} packed, and ${kilobytes(largest)} are enough: depend on packages rather than bundle them, and leave out data and maps.`,
          ];
    },
  },
  {
    id: "published.secrets",
    sentence: "gives no secret away",
    async problems({ files }) {
      return files
        .flatMap(({ path, data }) => leaksOf(path, data))
        .map(
          ({ path, line, what }) =>
            `${path}${line === undefined ? "" : `:${line}`} holds ${what}: leave it out by "files" in package.json, and replace what was ever published.`,
        );
    },
  },
  {
    id: "published.repository",
    sentence: "says where its sources are",
    advice: true,
    async problems({ manifest }) {
      return manifest.repository
        ? []
        : [
            'Provenance needs "repository" in package.json: npm pkg set repository="github:<you>/<repository>"',
          ];
    },
  },
];

const surplus =
  /(^|\/)(node_modules|\.git|\.github|coverage)\/|(^|\/)(test|tests|__tests__)\/|\.(test|spec)\.[cm]?[jt]sx?$|\.tsbuildinfo$|\.tgz$/;

export function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
