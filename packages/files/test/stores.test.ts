import { describe } from "vitest";
import { storeCases } from "./store-cases.ts";
import { azure } from "./stores/azure.ts";
import { running } from "./stores/facts.ts";
import { gcs } from "./stores/gcs.ts";
import { local } from "./stores/local.ts";
import { s3 } from "./stores/s3.ts";

describe.each(running(local, s3, gcs, azure))("$title", storeCases);
