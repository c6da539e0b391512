import type { components } from "./api-schema";

/** What the backend's API sends and takes (docker/backend, `/api/v1`), as its own document describes it. */
type Schemas = components["schemas"];

/** A calendar day of the person's own time zone: YYYY-MM-DD. */
export type Day = string;

/** ISO weekday: 1 is Monday, 7 is Sunday. */
export type Weekday = number;

export type User = Schemas["UserPublic"];
export type UserFields = Schemas["UserUpdate"];
export type Schedule = Schemas["HabitPublic"]["schedule"];
export type Goal = NonNullable<Schemas["HabitPublic"]["goal"]>;
export type CheckIn = Schemas["CheckInPublic"];
export type CheckInStatus = CheckIn["status"];
export type Habit = Schemas["HabitPublic"];
export type Today = Schemas["TodayPublic"];
export type Heatmap = Schemas["Heatmap"];
export type Stats = Schemas["Stats"];
export type TrashedHabit = Schemas["TrashedHabit"];
export type LoggedIn = Schemas["SessionListed"];
/** How much an import brought in. */
export type ImportCounts = Schemas["Imported"];
/** Something that the assistant did for the person. */
export type ChatAction = Schemas["ChatAction"];
/** Something that the assistant does only if the person agrees. */
export type ChatConfirmation = Schemas["Confirmation"];
export type ChatReply = Schemas["ChatReply"];
export type ChatTurn = Schemas["ChatMessagePublic"];

/** What a person decides about a habit. */
export type HabitFields = Pick<Habit, "name" | "color" | "icon" | "schedule" | "goal">;
export type NewHabit = Partial<HabitFields> & Pick<HabitFields, "name">;

/** What is known of a day on which a habit was done or skipped. */
export type DayRecord = Pick<CheckIn, "status" | "count" | "note">;
