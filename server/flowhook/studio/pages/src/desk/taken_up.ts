// A suggestion that the agent takes up: it goes into the field where he writes.
import { signal } from "@preact/signals";

export const takenUp = signal("");
