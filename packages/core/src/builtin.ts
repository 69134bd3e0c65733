/**
 * Built-in modules that are loaded on first use. Node does not have them ready at its start, and
 * importing them costs as much as all of core. Nor do their names clash with those that a bundle's
 * banner declares.
 */
export const builtin = {
  get crypto(): typeof import("node:crypto") {
    return process.getBuiltinModule("node:crypto");
  },
  get module(): typeof import("node:module") {
    return process.getBuiltinModule("node:module");
  },
  get util(): typeof import("node:util") {
    return process.getBuiltinModule("node:util");
  },
};
