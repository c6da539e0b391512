import { useId, useState, type FormEvent } from "react";

import { useTask } from "@/hooks/useTask";
import { useUser } from "@/hooks/UserContext";
import { COLORS } from "@/lib/habits";
import type { Goal, HabitFields, Schedule, Weekday } from "@/lib/types";
import { weekFrom } from "@/lib/week";
import { weekdayName } from "@/texts/en/schedule";
import { texts } from "@/texts/en/manage";

import { Failure } from "../shared/Failure";
import styles from "./HabitForm.module.css";

interface HabitFormProps {
    /** Its id, for a button outside that submits it. */
    form?: string;
    /** The form's name, for assistive technology. */
    label: string;
    /** What it starts from; what changes there later does not touch what was typed. */
    initial: HabitFields;
    submitText: string;
    onSubmit: (fields: HabitFields) => Promise<unknown>;
    onDone: () => void;
}

/** A habit's name, look, schedule and goal. */
export default function HabitForm({
    form,
    label,
    initial,
    submitText,
    onSubmit,
    onDone,
}: HabitFormProps) {
    const id = useId();
    const { week_start: start } = useUser();
    const { busy, failure, run } = useTask();
    const [name, setName] = useState(initial.name);
    const [icon, setIcon] = useState(initial.icon ?? "");
    const [color, setColor] = useState(initial.color);
    const [schedule, setSchedule] = useState(() => parts(initial.schedule));
    const [goal, setGoal] = useState<GoalParts>(
        initial.goal ?? { kind: "none", target: 8, unit: "" },
    );
    // Colours may have come from elsewhere, by import for instance.
    const colors = [...new Set([...COLORS, initial.color])];

    async function submit(event: FormEvent) {
        event.preventDefault();
        const saved = await run(async () => {
            const fields = {
                name: name.trim(),
                icon: icon.trim() || null,
                color,
                schedule: scheduleOf(schedule),
                goal: goalOf(goal),
            };
            if (fields.name === "") throw new Error(texts.noName);
            if (schedule.kind === "weekdays" && schedule.weekdays.length === 0)
                throw new Error(texts.noWeekday);
            if (fields.goal?.unit === "") throw new Error(texts.noUnit);
            await onSubmit(fields);
        });
        if (saved) onDone();
    }

    const number = (
        key: string,
        text: string,
        value: number,
        [min, max]: [number, number],
        onChange: (value: number) => void,
    ) => (
        <div className={styles.field}>
            <label htmlFor={`${id}-${key}`}>{text}</label>
            <input
                id={`${id}-${key}`}
                type="number"
                min={min}
                max={max}
                value={Number.isNaN(value) ? "" : value}
                onChange={(event) => onChange(event.target.valueAsNumber)}
                required
            />
        </div>
    );

    return (
        <form id={form} className={`card ${styles.form}`} aria-label={label} onSubmit={submit}>
            <div className={styles.pair}>
                <div className={styles.field}>
                    <label htmlFor={`${id}-name`}>{texts.name}</label>
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
                <div className={styles.field}>
                    <label htmlFor={`${id}-icon`}>{texts.icon}</label>
                    <input
                        id={`${id}-icon`}
                        value={icon}
                        onChange={(event) => setIcon(event.target.value)}
                        autoComplete="off"
                        maxLength={16}
                    />
                </div>
            </div>
            <fieldset className={styles.colors}>
                <legend>{texts.color}</legend>
                {colors.map((value) => (
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
                        {texts.colors[value] ?? texts.ownColor}
                    </label>
                ))}
            </fieldset>
            <div className={styles.field}>
                <label htmlFor={`${id}-schedule`}>{texts.schedule}</label>
                <select
                    id={`${id}-schedule`}
                    value={schedule.kind}
                    onChange={(event) =>
                        setSchedule({ ...schedule, kind: event.target.value as Schedule["kind"] })
                    }
                >
                    {Object.entries(texts.schedules).map(([kind, text]) => (
                        <option key={kind} value={kind}>
                            {text}
                        </option>
                    ))}
                </select>
            </div>
            {schedule.kind === "weekdays" && (
                <fieldset className={styles.weekdays}>
                    <legend>{texts.weekdays}</legend>
                    {weekFrom(start).map((weekday) => (
                        <label key={weekday}>
                            <input
                                type="checkbox"
                                checked={schedule.weekdays.includes(weekday)}
                                onChange={() =>
                                    setSchedule({
                                        ...schedule,
                                        weekdays: toggled(schedule.weekdays, weekday),
                                    })
                                }
                            />
                            {weekdayName(weekday)}
                        </label>
                    ))}
                </fieldset>
            )}
            {schedule.kind === "weekly" &&
                number("times", texts.times, schedule.times, [1, 7], (times) =>
                    setSchedule({ ...schedule, times }),
                )}
            {schedule.kind === "interval" &&
                number("days", texts.days, schedule.days, [2, 365], (days) =>
                    setSchedule({ ...schedule, days }),
                )}
            <div className={styles.pair}>
                <div className={styles.field}>
                    <label htmlFor={`${id}-goal`}>{texts.goal}</label>
                    <select
                        id={`${id}-goal`}
                        value={goal.kind}
                        onChange={(event) =>
                            setGoal({ ...goal, kind: event.target.value as GoalParts["kind"] })
                        }
                    >
                        {Object.entries(texts.goals).map(([kind, text]) => (
                            <option key={kind} value={kind}>
                                {text}
                            </option>
                        ))}
                    </select>
                </div>
                {goal.kind !== "none" && (
                    <>
                        {number("target", texts.target, goal.target, [1, 100_000], (target) =>
                            setGoal({ ...goal, target }),
                        )}
                        <div className={styles.field}>
                            <label htmlFor={`${id}-unit`}>{texts.unit}</label>
                            <input
                                id={`${id}-unit`}
                                value={goal.unit}
                                placeholder={texts.unitExample}
                                onChange={(event) => setGoal({ ...goal, unit: event.target.value })}
                                autoComplete="off"
                                maxLength={20}
                                required
                            />
                        </div>
                    </>
                )}
            </div>
            <Failure text={failure} />
            <div className={styles.buttons}>
                <button type="submit" className="primary" disabled={busy}>
                    {submitText}
                </button>
                <button type="button" onClick={onDone}>
                    {texts.cancel}
                </button>
            </div>
        </form>
    );
}

/** What the form remembers of every kind, so that choosing one and going back loses nothing. */
interface ScheduleParts {
    kind: Schedule["kind"];
    weekdays: Weekday[];
    times: number;
    days: number;
}

function parts(schedule: Schedule): ScheduleParts {
    return { weekdays: [1, 2, 3, 4, 5], times: 3, days: 3, ...schedule };
}

function scheduleOf({ kind, weekdays, times, days }: ScheduleParts): Schedule {
    switch (kind) {
        case "daily":
            return { kind };
        case "weekdays":
            return { kind, weekdays };
        case "weekly":
            return { kind, times };
        case "interval":
            return { kind, days };
    }
}

type GoalParts = Omit<Goal, "kind"> & { kind: Goal["kind"] | "none" };

function goalOf({ kind, target, unit }: GoalParts): Goal | null {
    return kind === "none" ? null : { kind, target, unit: unit.trim() };
}

function toggled(weekdays: Weekday[], weekday: Weekday): Weekday[] {
    return [1, 2, 3, 4, 5, 6, 7].filter((day) => weekdays.includes(day) !== (day === weekday));
}
