import type { Case } from "./case.ts";
import { cacheCases } from "./cases/cache.ts";
import { cancellationCases } from "./cases/cancellation.ts";
import { configurationCases } from "./cases/configuration.ts";
import { errorCases } from "./cases/errors.ts";
import { faultCases } from "./cases/faults.ts";
import { helpCases } from "./cases/help.ts";
import { lifecycleCases } from "./cases/lifecycle.ts";
import { packageCases } from "./cases/package.ts";
import { processCases } from "./cases/process.ts";
import { secretCases } from "./cases/secrets.ts";
import { streamCases } from "./cases/streams.ts";
import { typeCases } from "./cases/types.ts";

/** All cases, in the order in which they run: what a later one relies on, an earlier one has shown. */
export const cases: readonly Case[] = [
  ...packageCases,
  ...helpCases,
  ...configurationCases,
  ...lifecycleCases,
  ...errorCases,
  ...cacheCases,
  ...typeCases,
  ...streamCases,
  ...cancellationCases,
  ...faultCases,
  ...secretCases,
  ...processCases,
];
