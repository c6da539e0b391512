import { useState, type FormEvent } from "react";

import { useApi, useChange } from "@/hooks/useApi";
import { useTask } from "@/hooks/useTask";
import { api } from "@/lib/api";
import { longDate } from "@/lib/dates";
import type { CheckIn, CheckInStatus, Day } from "@/lib/types";

import { Failure } from "../shared/Failure";
import styles from "./HabitScreen.module.css";

interface DayFormProps {
    /** The habit's address. */
    path: string;
    today: Day;
}

/** Records any day: what was forgotten yesterday, how often, and a note. */
export function DayForm({ path, today }: DayFormProps) {
    const [date, setDate] = useState(today);
    const { data } = useApi<CheckIn[]>(date ? `${path}/checkins?from=${date}&to=${date}` : null);

    return (
        <section aria-labelledby="record" className={styles.section}>
            <h2 id="record">Record a day</h2>
            <div className={`card ${styles.day}`}>
                <label className={styles.field}>
                    Day
                    <input
                        type="date"
                        value={date}
                        max={today}
                        onChange={(event) => setDate(event.target.value)}
                        required
                    />
                </label>
                {data && (
                    <CheckInForm
                        // Another day, or the same day as somebody else has left it, starts from what is recorded.
                        key={`${date} ${JSON.stringify(data[0])}`}
                        path={path}
                        date={date}
                        recorded={data[0]}
                    />
                )}
            </div>
        </section>
    );
}

interface CheckInFormProps {
    path: string;
    date: Day;
    recorded: CheckIn | undefined;
}

function CheckInForm({ path, date, recorded }: CheckInFormProps) {
    const change = useChange();
    const { busy, failure, run } = useTask();
    const [status, setStatus] = useState<CheckInStatus | "open">(recorded?.status ?? "open");
    const [count, setCount] = useState(recorded?.count ?? 1);
    const [note, setNote] = useState(recorded?.note ?? "");

    function submit(event: FormEvent) {
        event.preventDefault();
        const address = `${path}/checkins/${date}`;
        void run(() =>
            change(() =>
                status === "open"
                    ? api(address, { method: "DELETE" })
                    : api(address, { method: "PUT", body: { status, count, note } }),
            ),
        );
    }

    return (
        <form className={styles.form} onSubmit={submit} aria-label={longDate(date)}>
            <label className={styles.field}>
                State
                <select
                    value={status}
                    onChange={(event) => setStatus(event.target.value as CheckInStatus | "open")}
                >
                    <option value="done">Done</option>
                    <option value="skip">Skipped</option>
                    <option value="open">Neither</option>
                </select>
            </label>
            <label className={styles.field}>
                How often
                <input
                    type="number"
                    min={1}
                    max={1000}
                    value={Number.isNaN(count) ? "" : count}
                    onChange={(event) => setCount(event.target.valueAsNumber)}
                    disabled={status !== "done"}
                    required
                />
            </label>
            <label className={styles.note}>
                Note
                <input
                    value={note}
                    maxLength={500}
                    onChange={(event) => setNote(event.target.value)}
                    disabled={status === "open"}
                    autoComplete="off"
                />
            </label>
            <button type="submit" className="primary" disabled={busy}>
                Save
            </button>
            <Failure text={failure} />
        </form>
    );
}
