import * as calls from "./broken/calls.ts";
import { catches } from "./catches.ts";

catches([
  [calls.SwallowedError, "errors.rejects"],
  [calls.BareError, "errors.explained"],
  [calls.ReconnectsOnRefusal, "errors.many"],
  [calls.KeyNeverMatches, "cache.hit"],
  [calls.UnsharableResult, "cache.hit"],
  [calls.DropsOptions, "cache.options"],
  [calls.WrongCacheKey, "cache.keys", { values: {} }],
  [calls.RemembersFailures, "cache.failures"],
  [calls.MutatedTable, "cache.shared"],
  [calls.UnstorableResult, "cache.store", { variants: [] }],
  [calls.StaleAfterWrite, "cache.writes"],
  [calls.ColumnsLost, "types.empty"],
  [calls.RoundedIntegers, "types.bigint"],
  [calls.ShiftedDates, "types.date"],
]);
