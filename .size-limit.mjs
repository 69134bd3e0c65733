/** What an application pays for the import, dependencies included. What loads on demand is not in it. */
const onDemand = {
  name: "on-demand",
  setup: (build) =>
    build.onResolve({ filter: /.*/ }, ({ kind, path }) =>
      kind === "dynamic-import" ? { path, external: true } : undefined,
    ),
};

export default [
  {
    name: "@conn/core",
    path: "packages/core/dist/index.js",
    limit: "20 kB",
    gzip: true,
    modifyEsbuildConfig: (config) => ({
      ...config,
      platform: "node",
      format: "esm",
      target: "node20",
      plugins: [...(config.plugins ?? []), onDemand],
    }),
  },
];
