import { useId, useState, type FormEvent } from "react";

import { useTask } from "@/hooks/useTask";
import { COLORS } from "@/lib/habits";
import { WEEKDAYS, weekdayName } from "@/lib/schedules";
import type { HabitFields, Schedule, Weekday } from "@/lib/types";

import { Failure } from "../shared/Failure";
import styles from "./HabitForm.module.css";

interface HabitFormProps {
    /** The form's name, for assistive technology. */
    label: string;
    initial: HabitFields;
    submitText: string;
    onSubmit: (fields: HabitFields) => Promise<unknown>;
    onDone: () => void;
}

/** A habit's name, colour and schedule. */
export function HabitForm({ label, initial, submitText, onSubmit, onDone }: HabitFormProps) {
    const id = useId();
    const { busy, failure, run } = useTask();
    const [name, setName] = useState(initial.name);
    const [color, setColor] = useState(initial.color);
    const [kind, setKind] = useState(initial.schedule.kind);
    const [weekdays, setWeekdays] = useState<Weekday[]>(
        initial.schedule.kind === "weekdays" ? initial.schedule.weekdays : [1, 2, 3, 4, 5],
    );
    const [times, setTimes] = useState(
        initial.schedule.kind === "weekly" ? initial.schedule.times : 3,
    );
    // Colours may have come from elsewhere, by import for instance.
    const colors = COLORS.some(({ value }) => value === initial.color)
        ? COLORS
        : [...COLORS, { name: "Own", value: initial.color }];

    async function submit(event: FormEvent) {
        event.preventDefault();
        const fields = { name: name.trim(), color, schedule: schedule({ kind, weekdays, times }) };
        const saved = await run(async () => {
            if (fields.name === "") throw new Error("Give the habit a name.");
            if (kind === "weekdays" && weekdays.length === 0)
                throw new Error("Choose at least one weekday.");
            await onSubmit(fields);
        });
        if (saved) onDone();
    }

    return (
        <form className={`card ${styles.form}`} aria-label={label} onSubmit={submit}>
            <div className={styles.field}>
                <label htmlFor={`${id}-name`}>Name</label>
                <input
                    id={`${id}-name`}
                    value={name}
                    onChange={(event) => setName(event.target.value)}
                    autoComplete="off"
                    maxLength={100}
                    required
                    autoFocus
                />
            </div>
            <fieldset className={styles.colors}>
                <legend>Colour</legend>
                {colors.map(({ name: colorName, value }) => (
                    <label key={value}>
                        <input
                            type="radio"
                            name={`${id}-color`}
                            checked={color === value}
                            onChange={() => setColor(value)}
                        />
                        <span
                            className={styles.swatch}
                            style={{ background: value }}
                            aria-hidden="true"
                        />
                        {colorName}
                    </label>
                ))}
            </fieldset>
            <div className={styles.field}>
                <label htmlFor={`${id}-schedule`}>Schedule</label>
                <select
                    id={`${id}-schedule`}
                    value={kind}
                    onChange={(event) => setKind(event.target.value as Schedule["kind"])}
                >
                    <option value="daily">Every day</option>
                    <option value="weekdays">On certain weekdays</option>
                    <option value="weekly">Some times a week</option>
                </select>
            </div>
            {kind === "weekdays" && (
                <fieldset className={styles.weekdays}>
                    <legend>Weekdays</legend>
                    {WEEKDAYS.map((weekday) => (
                        <label key={weekday}>
                            <input
                                type="checkbox"
                                checked={weekdays.includes(weekday)}
                                onChange={() => setWeekdays(toggled(weekdays, weekday))}
                            />
                            {weekdayName(weekday)}
                        </label>
                    ))}
                </fieldset>
            )}
            {kind === "weekly" && (
                <div className={styles.field}>
                    <label htmlFor={`${id}-times`}>Times a week</label>
                    <input
                        id={`${id}-times`}
                        type="number"
                        min={1}
                        max={7}
                        value={times}
                        onChange={(event) => setTimes(event.target.valueAsNumber)}
                        required
                    />
                </div>
            )}
            <Failure text={failure} />
            <div className={styles.buttons}>
                <button type="submit" className="primary" disabled={busy}>
                    {submitText}
                </button>
                <button type="button" onClick={onDone}>
                    Cancel
                </button>
            </div>
        </form>
    );
}

interface ScheduleFields {
    kind: Schedule["kind"];
    weekdays: Weekday[];
    times: number;
}

function schedule({ kind, weekdays, times }: ScheduleFields): Schedule {
    switch (kind) {
        case "daily":
            return { kind };
        case "weekdays":
            return { kind, weekdays };
        case "weekly":
            return { kind, times };
    }
}

function toggled(weekdays: Weekday[], weekday: Weekday): Weekday[] {
    return WEEKDAYS.filter((day) => weekdays.includes(day) !== (day === weekday));
}
