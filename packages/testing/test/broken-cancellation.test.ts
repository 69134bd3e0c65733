import * as calls from "./broken/calls.ts";
import * as lifecycle from "./broken/lifecycle.ts";
import { catches } from "./catches.ts";

catches([
  [calls.StreamKeepsLease, "streams.left"],
  [lifecycle.IgnoresAbort, "cancellation.rejects"],
  [calls.NoAbort, "cancellation.stops"],
  [calls.NoServerCancel, "cancellation.reaches-source"],
  [calls.AbortWrecksClient, "cancellation.usable"],
]);
