// The screens by the first word of the address.
import type { ComponentType } from "preact";
import { Deliveries } from "./deliveries";
import { FlowScreen } from "./flow";
import { Flows } from "./flows";
import { Overview } from "./overview";
import { Session } from "./session";
import { Sessions } from "./sessions";
import { Trace } from "./trace";
import { Traces } from "./traces";

export const screens: Record<string, ComponentType> = {
  "": Overview,
  flows: Flows,
  flow: FlowScreen,
  sessions: Sessions,
  session: Session,
  traces: Traces,
  trace: Trace,
  deliveries: Deliveries,
};
