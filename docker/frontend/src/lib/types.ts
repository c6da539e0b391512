/** What the backend's API sends and takes (docker/backend, `/api/v1`). */

export interface User {
    id: string;
    email: string;
}

/** A calendar day of the person's own time zone: YYYY-MM-DD. */
export type Day = string;

export interface Habit {
    id: string;
    name: string;
    color: string;
    created_at: string;
    checked_today: boolean;
    /** Days in a row, up to today, or up to yesterday while today is still open. */
    streak: number;
    /** The last 30 days' check-ins, oldest first. */
    checkins: Day[];
}

export interface ChatTurn {
    role: "user" | "assistant";
    text: string;
}

/** Something that the assistant did for the person. */
export interface ChatAction {
    tool: string;
    habit: string;
}

export interface ChatReply {
    reply: string;
    actions: ChatAction[];
}
