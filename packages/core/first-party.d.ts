// Generated from the workspace's manifests by scripts/generate.ts.
// @ts-ignore -- a package that is not installed is no error here
import type {} from "@conn/duckdb";
// @ts-ignore -- a package that is not installed is no error here
import type {} from "@conn/files";
// @ts-ignore -- a package that is not installed is no error here
import type {} from "@conn/hf";
// @ts-ignore -- a package that is not installed is no error here
import type {} from "@conn/sql";
