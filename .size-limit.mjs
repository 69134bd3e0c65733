/** What an application pays for the import, dependencies included; what loads on demand is not in it. */
export default [
  {
    name: "@conn/core",
    path: "packages/core/dist/index.js",
    limit: "20 kB",
    gzip: true,
    brotli: false,
    modifyEsbuildConfig: (config) => ({ ...config, platform: "node", format: "esm", target: "node20", splitting: true }),
  },
];
