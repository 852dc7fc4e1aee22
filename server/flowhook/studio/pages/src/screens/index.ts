// The screens by the first word of the address.
import type { ComponentType } from "preact";
import { lazy } from "../parts/lazy";
import { Audit } from "./audit";
import { Deliveries } from "./deliveries";
import { Edit } from "./edit";
import { FlowScreen } from "./flow";
import { Flows } from "./flows";
import { Log } from "./log";
import { Overview } from "./overview";
import { Plugins } from "./plugins";
import { Session } from "./session";
import { Sessions } from "./sessions";
import { Tests } from "./tests";
import { Timers } from "./timers";
import { Trace } from "./trace";
import { OpenedTrace } from "./trace_file";
import { Traces } from "./traces";

// Larger than what everybody opens first.
const Analytics = lazy(() => import("./analytics").then((module) => module.Analytics));
const Chat = lazy(() => import("./chat").then((module) => module.Chat));
const Keys = lazy(() => import("./keys").then((module) => module.Keys));
const Understanding = lazy(() => import("./understanding").then((module) => module.Understanding));

export const screens: Record<string, ComponentType> = {
  "": Overview,
  flows: Flows,
  flow: FlowScreen,
  sessions: Sessions,
  session: Session,
  traces: Traces,
  trace: Trace,
  "trace-file": OpenedTrace,
  deliveries: Deliveries,
  edit: Edit,
  chat: Chat,
  understanding: Understanding,
  analytics: Analytics,
  tests: Tests,
  timers: Timers,
  plugins: Plugins,
  log: Log,
  keys: Keys,
  audit: Audit,
};
