/** All tabs have one session: each tells the others here when somebody has entered or left. */
export const SESSION_CHANNEL = "habit-tracker-session";

export type SessionMessage = "entered" | "left";
