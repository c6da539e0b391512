import { useRef, useState, type CSSProperties, type FormEvent } from "react";

import { dayShown, useDays } from "@/hooks/DayChanges";
import { useApi } from "@/hooks/useApi";
import { useRecord } from "@/hooks/useRecord";
import { longDate } from "@/lib/dates";
import type { DayChange } from "@/lib/days";
import type { CheckIn, Day, DayRecord, Habit } from "@/lib/types";
import { texts } from "@/texts/en/day";

import { Dialog } from "../shared/Dialog";
import { Trouble } from "../shared/Trouble";
import styles from "./DaySheet.module.css";

interface DaySheetProps {
    habit: Pick<Habit, "id" | "name" | "goal" | "color">;
    date: Day;
    today: Day;
    onClose: () => void;
}

/** A day of a habit: done, skipped or neither by one tap, and how much, and a note. */
export default function DaySheet({ habit, date, today, onClose }: DaySheetProps) {
    const days = useDays();
    const record = useRecord(today);
    const path = `/api/v1/habits/${habit.id}/checkins?from=${date}&to=${date}`;
    const { data, asked, error, loading, reload } = useApi<CheckIn[]>(path);

    function save(before: DayRecord | null, change: DayChange) {
        void record(habit, date, before, change);
        onClose();
    }

    return (
        <Dialog title={`${habit.name}, ${longDate(date)}`} onClose={onClose}>
            {error && <Trouble message={error.message} busy={loading} onRetry={reload} />}
            {!data && !error && <p role="status">{texts.loading}</p>}
            {data && (
                <DayForm
                    habit={habit}
                    // As it was when the sheet was opened: what is being typed is not for a refresh to change.
                    recorded={dayShown(days, habit.id, date, data[0] ?? null, asked)}
                    onSave={save}
                />
            )}
        </Dialog>
    );
}

interface DayFormProps {
    habit: DaySheetProps["habit"];
    recorded: DayRecord | null;
    onSave: (before: DayRecord | null, change: DayChange) => void;
}

function DayForm({ habit, recorded, onSave }: DayFormProps) {
    const [before] = useState(recorded);
    const form = useRef<HTMLFormElement>(null);
    const { goal } = habit;
    const least = goal?.kind === "at_most" ? 0 : 1;
    const initial = before?.count ?? goal?.target ?? 1;
    const [count, setCount] = useState(initial);
    const [note, setNote] = useState(before?.note ?? "");

    /** Only what was changed: the rest may have been changed elsewhere. */
    function set(status: DayRecord["status"]) {
        // What the form proposes is for a day that is done.
        const known = status === "done" ? (before?.count ?? 1) : initial;
        onSave(before, {
            set: {
                status,
                ...(count !== known && { count }),
                ...(note !== (before?.note ?? "") && { note }),
            },
        });
    }

    /** Here, what the backend would refuse can still be mended. */
    const setValid = (status: DayRecord["status"]) => form.current?.reportValidity() && set(status);

    function submit(event: FormEvent) {
        event.preventDefault();
        set(before?.status ?? "done");
    }

    const step = (by: number) =>
        setCount(Math.max(least, (Number.isNaN(count) ? least : count) + by));

    return (
        <form
            ref={form}
            className={styles.form}
            style={{ "--habit": habit.color } as CSSProperties}
            onSubmit={submit}
        >
            <div className={styles.states}>
                <button
                    type="button"
                    aria-pressed={before?.status === "done"}
                    onClick={() => setValid("done")}
                >
                    {texts.done}
                </button>
                <button
                    type="button"
                    aria-pressed={before?.status === "skip"}
                    onClick={() => setValid("skip")}
                >
                    {texts.skip}
                </button>
                <button
                    type="button"
                    disabled={before === null}
                    onClick={() => onSave(before, "clear")}
                >
                    {texts.clear}
                </button>
            </div>
            <div className={styles.field}>
                <label htmlFor="day-count">{goal ? texts.countOf(goal.unit) : texts.count}</label>
                <div className={styles.stepper}>
                    <button type="button" aria-label={texts.less} onClick={() => step(-1)}>
                        <span aria-hidden="true">−</span>
                    </button>
                    <input
                        id="day-count"
                        type="number"
                        inputMode="numeric"
                        min={least}
                        max={100_000}
                        value={Number.isNaN(count) ? "" : count}
                        onChange={(event) => setCount(event.target.valueAsNumber)}
                        required
                    />
                    <button type="button" aria-label={texts.more} onClick={() => step(1)}>
                        <span aria-hidden="true">+</span>
                    </button>
                </div>
            </div>
            <label className={styles.field}>
                {texts.note}
                <input
                    value={note}
                    maxLength={500}
                    onChange={(event) => setNote(event.target.value)}
                    autoComplete="off"
                />
            </label>
            <button type="submit" className="primary">
                {texts.save}
            </button>
        </form>
    );
}
