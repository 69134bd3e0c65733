import { afterAll } from "vitest";
import * as lifecycle from "./broken/lifecycle.ts";
import { catches } from "./catches.ts";

catches([
  [lifecycle.EagerOpen, "lifecycle.lazy"],
  [lifecycle.OpensForEachCall, "lifecycle.single-flight"],
  [lifecycle.RemembersFailedOpen, "lifecycle.open-again"],
  [lifecycle.ResetDropsWithoutClosing, "lifecycle.reset"],
  [lifecycle.AnswersAfterClose, "lifecycle.use-after-close"],
  [lifecycle.CloseIgnoresOpening, "lifecycle.close-while-opening"],
  [lifecycle.ClosesUnderCalls, "lifecycle.close-under-call"],
  [lifecycle.SharedClient, "lifecycle.independent"],
  [lifecycle.LeakedClient, "lifecycle.handles"],
  [lifecycle.LeftTimer, "lifecycle.handles"],
  [lifecycle.LeftProcessListener, "lifecycle.listeners"],
  [lifecycle.LeftSignalListener, "lifecycle.listeners"],
  [lifecycle.FailingPing, "lifecycle.check"],
]);

afterAll(() => {
  for (const timer of lifecycle.timers) clearInterval(timer);
});
