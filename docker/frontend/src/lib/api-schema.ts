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
            /** Undo */
            undo?: string | null;
        };
        /**
         * ChatAvailability
         * @description Whether there is a chatbot to talk to.
         */
        ChatAvailability: {
            /** Available */
            available: boolean;
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
            actions: components["schemas"]["ChatAction"][];
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
            /**
             * Finish Reason
             * @default stop
             * @enum {string}
             */
            finish_reason: "stop" | "length" | "error";
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
             * @description 0 only when the habit's goal is at_most.
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
             * @description 0 only when the habit's goal is at_most.
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
         * CheckInUpdate
         * @description A change to a day; what is left out or null stays as it is.
         *
         *     A day without a check-in gets one: done, once, without a note, unless this says otherwise.
         */
        CheckInUpdate: {
            /** Status */
            status?: ("done" | "skip") | null;
            /** Count */
            count?: number | null;
            /** Note */
            note?: string | null;
            /** Add */
            add?: number | null;
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
            /** Date */
            date?: string | null;
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
         * Goal
         * @description How much a day takes: 8 glasses at least, 2 coffees at most.
         */
        Goal: {
            /**
             * Kind
             * @enum {string}
             */
            kind: "at_least" | "at_most";
            /** Target */
            target: number;
            /**
             * Unit
             * @example glasses
             */
            unit: string;
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
            /** Icon */
            icon?: string | null;
            /**
             * Schedule
             * @default {
             *       "kind": "daily"
             *     }
             */
            schedule: components["schemas"]["Daily"] | components["schemas"]["Weekdays"] | components["schemas"]["Weekly"] | components["schemas"]["Interval"];
            goal?: components["schemas"]["Goal"] | null;
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
            /** Icon */
            icon: string | null;
            /** Schedule */
            schedule: components["schemas"]["Daily"] | components["schemas"]["Weekdays"] | components["schemas"]["Weekly"] | components["schemas"]["Interval"];
            goal: components["schemas"]["Goal"] | null;
            /** Position */
            position: number;
            /** Archived */
            archived: boolean;
            /** Paused */
            paused: boolean;
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
            streak_unit: "days" | "weeks" | "times";
            /** Rate 30 */
            rate_30: number | null;
            /** Score */
            score: number;
            /** Checkins */
            checkins: string[];
            /** Skips */
            skips: string[];
        };
        /**
         * HabitUpdate
         * @description A change to a habit. What is left out stays; null takes icon or goal away.
         *
         *     A new schedule or goal applies from today: the past is judged by those in force then.
         */
        HabitUpdate: {
            /** Name */
            name?: string | null;
            /** Color */
            color?: string | null;
            /** Icon */
            icon?: string | null;
            /** Schedule */
            schedule?: (components["schemas"]["Daily"] | components["schemas"]["Weekdays"] | components["schemas"]["Weekly"] | components["schemas"]["Interval"]) | null;
            goal?: components["schemas"]["Goal"] | null;
            /** Archived */
            archived?: boolean | null;
            /** Paused */
            paused?: boolean | null;
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
         * Interval
         * @description Every so many days, counted from the last time; before the first, from the habit's start.
         */
        Interval: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "interval";
            /** Days */
            days: number;
        };
        /**
         * MonthTally
         * @description A calendar month: the days, weeks or intervals that ended in it.
         */
        MonthTally: {
            /** Done */
            done: number;
            /** Due */
            due: number;
            /** Rate */
            rate: number | null;
            /**
             * Month
             * @example 2026-11
             */
            month: string;
            /** Count */
            count: number;
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
         * ScorePoint
         * @description The score at the end of a week, or today in the present one.
         */
        ScorePoint: {
            /**
             * Date
             * Format: date
             */
            date: string;
            /** Score */
            score: number;
        };
        /**
         * SessionListed
         * @description A session that has not ended.
         */
        SessionListed: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * Last Used At
             * Format: date-time
             */
            last_used_at: string;
            /** User Agent */
            user_agent: string;
            /** Current */
            current: boolean;
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
            /** Device Token */
            device_token?: string | null;
            user: components["schemas"]["UserPublic"];
        };
        /**
         * Stats
         * @description How a habit has gone over time.
         */
        Stats: {
            totals: components["schemas"]["Totals"];
            /** Weekdays */
            weekdays: components["schemas"]["WeekdayTally"][];
            /** Best Weekday */
            best_weekday: number | null;
            /** Months */
            months: components["schemas"]["MonthTally"][];
            /** Scores */
            scores: components["schemas"]["ScorePoint"][];
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
         * Totals
         * @description All that was ever recorded.
         */
        Totals: {
            /** Done */
            done: number;
            /** Skipped */
            skipped: number;
            /** Count */
            count: number;
        };
        /**
         * TrashedHabit
         * @description A habit in the trash.
         */
        TrashedHabit: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Name */
            name: string;
            /** Color */
            color: string;
            /** Icon */
            icon: string | null;
            /**
             * Deleted At
             * Format: date-time
             */
            deleted_at: string;
            /**
             * Purge At
             * Format: date-time
             */
            purge_at: string;
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
            /** Week Start */
            week_start: number;
            /**
             * Day Ends At
             * @description Hours after midnight until which it is still the day before.
             */
            day_ends_at: number;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
        };
        /**
         * UserUpdate
         * @description A change to an account; what is left out or null stays.
         */
        UserUpdate: {
            /** Time Zone */
            time_zone?: string | null;
            /** Week Start */
            week_start?: number | null;
            /** Day Ends At */
            day_ends_at?: number | null;
        };
        /**
         * WeekdayTally
         * @description A weekday in the last 12 months. A habit without fixed days could be done on any.
         */
        WeekdayTally: {
            /** Done */
            done: number;
            /** Due */
            due: number;
            /** Rate */
            rate: number | null;
            /** Weekday */
            weekday: number;
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
         * @description A number of times a week, on any days; the person's settings say when a week begins.
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
             * @description 0 only when the habit's goal is at_most.
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
             * Icon
             * @default null
             */
            icon: string | null;
            /**
             * Schedule
             * @default {
             *       "kind": "daily"
             *     }
             */
            schedule: components["schemas"]["Daily"] | components["schemas"]["Weekdays"] | components["schemas"]["Weekly"] | components["schemas"]["Interval"];
            /** @default null */
            goal: components["schemas"]["Goal"] | null;
            /**
             * Id
             * @default null
             */
            id: string | null;
            /**
             * Archived
             * @default false
             */
            archived: boolean;
            /**
             * Paused
             * @default false
             */
            paused: boolean;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * History
             * @default []
             */
            history: components["schemas"]["ExportedRule"][];
            /**
             * Pauses
             * @default []
             */
            pauses: components["schemas"]["ExportedPause"][];
            /**
             * Checkins
             * @default []
             */
            checkins: components["schemas"]["ExportedCheckIn"][];
        };
        /**
         * ExportedPause
         * @description Days on which a habit rested.
         */
        ExportedPause: {
            /**
             * First
             * Format: date
             * @example 2026-11-23
             */
            first: string;
            /** Last */
            last: string | null;
        };
        /**
         * ExportedRule
         * @description A schedule and a goal that were in force from a day on.
         */
        ExportedRule: {
            /** Since */
            since: string | null;
            /** Schedule */
            schedule: components["schemas"]["Daily"] | components["schemas"]["Weekdays"] | components["schemas"]["Weekly"] | components["schemas"]["Interval"];
            /** @default null */
            goal: components["schemas"]["Goal"] | null;
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
             * @enum {integer}
             */
            version: 1 | 2;
            /** Habits */
            habits: components["schemas"]["ExportedHabit"][];
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
