/**
 * Built-in modules that are loaded on first use. Node does not have them ready at its start, and
 * importing these two costs as much as all of core.
 */
export const builtin = {
  get crypto(): typeof import("node:crypto") {
    return process.getBuiltinModule("node:crypto");
  },
  get util(): typeof import("node:util") {
    return process.getBuiltinModule("node:util");
  },
};
