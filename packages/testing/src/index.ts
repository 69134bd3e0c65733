export type { Case, Group } from "./case.ts";
export { cases } from "./cases.ts";
export { conform, type Coverage, type LeftOut, type Test } from "./conform.ts";
export type { Connected, ConnectOptions, Context } from "./context.ts";
export { NonConformance } from "./demand.ts";
export { type FaultProxy, faultProxy, type ProxyTarget } from "./fault-proxy.ts";
export type { Need, Unmet } from "./needs.ts";
export type { Log } from "./observed.ts";
export { record, type RecordOptions } from "./record.ts";
export { replay } from "./replay.ts";
export type { Run } from "./run.ts";
export {
  type ScriptedServer,
  scriptedServer,
  type ScriptedServerOptions,
  type SeenRequest,
  type Step,
} from "./scripted-server.ts";
export type { Call, Read, Subject } from "./subject.ts";
export { values, type Values } from "./values.ts";
