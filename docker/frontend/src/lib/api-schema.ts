export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * AccountDeletion
         * @description The password once more: this cannot be undone.
         */
        AccountDeletion: {
            /**
             * Password
             * Format: password
             * @example correct horse battery
             */
            password: string;
        };
        /**
         * Alive
         * @description The process answers.
         */
        Alive: {
            /**
             * Status
             * @default ok
             */
            status: string;
            /**
             * Version
             * @default v1.0.0
             */
            version: string;
        };
        /**
         * ChatAction
         * @description A change that the chatbot made, so that a client knows what to reload.
         */
        ChatAction: {
            /** Tool */
            tool: string;
            /** Habit */
            habit: string;
            /**
             * Habit Id
             * Format: uuid
             */
            habit_id: string;
        };
        /**
         * ChatMessagePublic
         * @description Something said in the conversation.
         */
        ChatMessagePublic: {
            /** Id */
            id: number;
            /**
             * Role
             * @enum {string}
             */
            role: "user" | "assistant";
            /** Text */
            text: string;
            /** Actions */
            actions: {
                [key: string]: unknown;
            }[];
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
        };
        /**
         * ChatReply
         * @description The chatbot's answer, what it changed on the way, and what it asks leave for.
         */
        ChatReply: {
            /** Reply */
            reply: string;
            /** Actions */
            actions: components["schemas"]["ChatAction"][];
            confirmation?: components["schemas"]["Confirmation"] | null;
        };
        /**
         * ChatRequest
         * @description A message for the chatbot; the server keeps the conversation.
         */
        ChatRequest: {
            /**
             * Message
             * @example I ran 5 km today. How is my streak?
             */
            message: string;
        };
        /**
         * CheckInData
         * @description What is known about a day. Replaces what was known before.
         */
        CheckInData: {
            /**
             * Status
             * @default done
             * @enum {string}
             */
            status: "done" | "skip";
            /**
             * Count
             * @default 1
             */
            count: number;
            /**
             * Note
             * @default
             * @example With Bob, in the park
             */
            note: string;
        };
        /**
         * CheckInPublic
         * @description A day on which a habit was done or skipped.
         */
        CheckInPublic: {
            /**
             * Status
             * @default done
             * @enum {string}
             */
            status: "done" | "skip";
            /**
             * Count
             * @default 1
             */
            count: number;
            /**
             * Note
             * @default
             * @example With Bob, in the park
             */
            note: string;
            /**
             * Habit Id
             * Format: uuid
             */
            habit_id: string;
            /**
             * Date
             * Format: date
             */
            date: string;
        };
        /**
         * Confirmation
         * @description Something that the chatbot does only after the user has agreed.
         */
        Confirmation: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Tool */
            tool: string;
            /** Habit */
            habit: string;
            /**
             * Habit Id
             * Format: uuid
             */
            habit_id: string;
        };
        /**
         * ConfirmationAnswer
         * @description Whether to go ahead.
         */
        ConfirmationAnswer: {
            /** Accept */
            accept: boolean;
        };
        /**
         * Credentials
         * @description What logging in takes.
         */
        Credentials: {
            /**
             * Email
             * @example ada@example.com
             */
            email: string;
            /**
             * Password
             * Format: password
             * @example correct horse battery
             */
            password: string;
        };
        /**
         * Daily
         * @description Every day.
         */
        Daily: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "daily";
        };
        /**
         * Export
         * @description A user's habits with all their check-ins, in their order. Made to be imported again.
         */
        Export: {
            /**
             * Format
             * @constant
             */
            format: "habit-tracker";
            /**
             * Version
             * @constant
             */
            version: 1;
            /** Habits */
            habits: components["schemas"]["ExportedHabit"][];
        };
        /**
         * ExportedCheckIn
         * @description A check-in in an export.
         */
        ExportedCheckIn: {
            /**
             * Status
             * @default done
             * @enum {string}
             */
            status: "done" | "skip";
            /**
             * Count
             * @default 1
             */
            count: number;
            /**
             * Note
             * @default
             * @example With Bob, in the park
             */
            note: string;
            /**
             * Date
             * Format: date
             * @example 2026-11-23
             */
            date: string;
        };
        /**
         * ExportedHabit
         * @description A habit in an export, with all its check-ins.
         */
        ExportedHabit: {
            /**
             * Name
             * @example Read ten pages
             */
            name: string;
            /**
             * Color
             * @default #4f46e5
             * @example #22c55e
             */
            color: string;
            /**
             * Schedule
             * @default {
             *       "kind": "daily"
             *     }
             */
            schedule: components["schemas"]["Daily"] | components["schemas"]["Weekdays"] | components["schemas"]["Weekly"];
            /**
             * Archived
             * @default false
             */
            archived: boolean;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * Checkins
             * @default []
             */
            checkins: components["schemas"]["ExportedCheckIn"][];
        };
        /**
         * HabitCreate
         * @description A new habit.
         */
        HabitCreate: {
            /**
             * Name
             * @example Read ten pages
             */
            name: string;
            /**
             * Color
             * @default #4f46e5
             * @example #22c55e
             */
            color: string;
            /**
             * Schedule
             * @default {
             *       "kind": "daily"
             *     }
             */
            schedule: components["schemas"]["Daily"] | components["schemas"]["Weekdays"] | components["schemas"]["Weekly"];
        };
        /**
         * HabitOrder
         * @description Habits in the order that their owner wants; those not named follow in the order they had.
         */
        HabitOrder: {
            /** Ids */
            ids: string[];
        };
        /**
         * HabitPublic
         * @description A habit with its progress, as of today in its owner's time zone.
         */
        HabitPublic: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Name */
            name: string;
            /** Color */
            color: string;
            /** Schedule */
            schedule: components["schemas"]["Daily"] | components["schemas"]["Weekdays"] | components["schemas"]["Weekly"];
            /** Position */
            position: number;
            /** Archived */
            archived: boolean;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Version */
            version: number;
            /** Due Today */
            due_today: boolean;
            /** Checked Today */
            checked_today: boolean;
            today: components["schemas"]["CheckInPublic"] | null;
            /** Streak */
            streak: number;
            /** Best Streak */
            best_streak: number;
            /**
             * Streak Unit
             * @enum {string}
             */
            streak_unit: "days" | "weeks";
            /** Rate 30 */
            rate_30: number;
            /** Score */
            score: number;
            /** Checkins */
            checkins: string[];
        };
        /**
         * HabitUpdate
         * @description A change to a habit; what is left out or null stays.
         */
        HabitUpdate: {
            /** Name */
            name?: string | null;
            /** Color */
            color?: string | null;
            /** Schedule */
            schedule?: (components["schemas"]["Daily"] | components["schemas"]["Weekdays"] | components["schemas"]["Weekly"]) | null;
            /** Archived */
            archived?: boolean | null;
        };
        /**
         * Heatmap
         * @description A calendar year of check-ins; days without one are left out.
         */
        Heatmap: {
            /** Year */
            year: number;
            /** Days */
            days: components["schemas"]["HeatmapDay"][];
        };
        /**
         * HeatmapDay
         * @description A day with a check-in.
         */
        HeatmapDay: {
            /**
             * Date
             * Format: date
             */
            date: string;
            /**
             * Status
             * @enum {string}
             */
            status: "done" | "skip";
            /** Count */
            count: number;
        };
        /**
         * Imported
         * @description How much an import brought in or brought up to date.
         */
        Imported: {
            /** Habits */
            habits: number;
            /** Checkins */
            checkins: number;
        };
        /**
         * PasswordChange
         * @description The old password proves who is asking; a stolen session is not enough.
         */
        PasswordChange: {
            /**
             * Current Password
             * Format: password
             * @example correct horse battery
             */
            current_password: string;
            /**
             * New Password
             * Format: password
             * @example correct horse battery
             */
            new_password: string;
        };
        /**
         * Ready
         * @description The process can serve.
         */
        Ready: {
            /**
             * Status
             * @default ready
             */
            status: string;
        };
        /**
         * Registration
         * @description What a new account takes.
         */
        Registration: {
            /**
             * Email
             * @example ada@example.com
             */
            email: string;
            /**
             * Password
             * Format: password
             * @example correct horse battery
             */
            password: string;
            /**
             * Time Zone
             * @description IANA name; decides what today is.
             * @default UTC
             * @example Europe/Berlin
             */
            time_zone: string;
        };
        /**
         * SessionPublic
         * @description A bearer token and whom it is for.
         */
        SessionPublic: {
            /** Access Token */
            access_token: string;
            /**
             * Token Type
             * @default bearer
             * @constant
             */
            token_type: "bearer";
            /** Expires In */
            expires_in: number;
            user: components["schemas"]["UserPublic"];
        };
        /**
         * TodayPublic
         * @description What is due today, and what was checked in today.
         */
        TodayPublic: {
            /**
             * Date
             * Format: date
             */
            date: string;
            /** Time Zone */
            time_zone: string;
            /** Habits */
            habits: components["schemas"]["HabitPublic"][];
        };
        /**
         * UserPublic
         * @description An account as its owner sees it.
         */
        UserPublic: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Email */
            email: string;
            /** Time Zone */
            time_zone: string;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
        };
        /**
         * UserUpdate
         * @description A change to an account.
         */
        UserUpdate: {
            /**
             * Time Zone
             * @description IANA name; decides what today is.
             * @example Europe/Berlin
             */
            time_zone: string;
        };
        /**
         * Weekdays
         * @description On certain days of the week.
         */
        Weekdays: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "weekdays";
            /**
             * Weekdays
             * @description ISO weekdays: 1 is Monday.
             */
            weekdays: number[];
        };
        /**
         * Weekly
         * @description A number of times a week, on any days; a week goes from Monday to Sunday.
         */
        Weekly: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "weekly";
            /** Times */
            times: number;
        };
        /**
         * FieldError
         * @description One thing that is wrong with a request.
         */
        FieldError: {
            /**
             * Field
             * @example name
             */
            field: string;
            /**
             * Message
             * @example String should have at least 1 character
             */
            message: string;
        };
        /**
         * ProblemDetails
         * @description RFC 9457. Type about:blank: the title is the status's own phrase.
         */
        ProblemDetails: {
            /**
             * Type
             * @default about:blank
             */
            type: string;
            /**
             * Title
             * @example Not Found
             */
            title: string;
            /**
             * Status
             * @example 404
             */
            status: number;
            /**
             * Detail
             * @description What happened and what to do next.
             * @example You have no habit with this id; it may have been deleted.
             */
            detail: string;
            /**
             * Errors
             * @default null
             */
            errors: components["schemas"]["FieldError"][] | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
