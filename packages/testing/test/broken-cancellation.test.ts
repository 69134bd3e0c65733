import * as calls from "./broken/calls.ts";
import * as lifecycle from "./broken/lifecycle.ts";
import { catches } from "./catches.ts";

catches([
  [calls.StreamKeepsLease, "streams.left", { patience: 3 }],
  [lifecycle.IgnoresAbort, "cancellation.rejects", { patience: 3 }],
  [calls.NoAbort, "cancellation.stops", { patience: 3 }],
  [calls.NoServerCancel, "cancellation.reaches-source"],
  [calls.AbortWrecksClient, "cancellation.usable"],
]);
