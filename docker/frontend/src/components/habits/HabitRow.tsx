import { useState, type CSSProperties } from "react";

import { streakText } from "@/lib/habits";
import { scheduleText } from "@/lib/schedules";
import type { Habit, HabitFields } from "@/lib/types";

import { ScreenLink } from "../shared/ScreenLink";
import { HabitForm } from "./HabitForm";
import styles from "./HabitsScreen.module.css";

interface HabitRowProps {
    habit: Habit;
    busy: boolean;
    onMoveUp?: () => void;
    onMoveDown?: () => void;
    onEdit: (fields: HabitFields) => Promise<unknown>;
    onArchive: (away: boolean) => void;
    onDelete: () => void;
}

/** One habit, with all that can be done with it. */
export function HabitRow({
    habit,
    busy,
    onMoveUp,
    onMoveDown,
    onEdit,
    onArchive,
    onDelete,
}: HabitRowProps) {
    const [mode, setMode] = useState<"shown" | "edited" | "deleting">("shown");
    const { name, archived } = habit;

    return (
        <li className={styles.row} style={{ "--habit": habit.color } as CSSProperties}>
            <div className={styles.summary}>
                <ScreenLink href={`/habits/${habit.id}`} className={styles.name}>
                    {name}
                </ScreenLink>
                <span className={styles.muted}>
                    {scheduleText(habit.schedule)} · {streakText(habit)}
                </span>
            </div>
            <div className={styles.actions}>
                {!archived && (
                    <>
                        <button
                            type="button"
                            className="quiet"
                            aria-label={`Move ${name} up`}
                            disabled={busy || !onMoveUp}
                            onClick={onMoveUp}
                        >
                            <span aria-hidden="true">↑</span>
                        </button>
                        <button
                            type="button"
                            className="quiet"
                            aria-label={`Move ${name} down`}
                            disabled={busy || !onMoveDown}
                            onClick={onMoveDown}
                        >
                            <span aria-hidden="true">↓</span>
                        </button>
                        <button
                            type="button"
                            className="quiet"
                            aria-label={`Edit ${name}`}
                            aria-expanded={mode === "edited"}
                            onClick={() => setMode(mode === "edited" ? "shown" : "edited")}
                        >
                            Edit
                        </button>
                    </>
                )}
                <button
                    type="button"
                    className="quiet"
                    aria-label={archived ? `Bring ${name} back` : `Archive ${name}`}
                    disabled={busy}
                    onClick={() => onArchive(!archived)}
                >
                    {archived ? "Bring back" : "Archive"}
                </button>
                {archived && mode === "shown" && (
                    <button
                        type="button"
                        className="quiet"
                        aria-label={`Delete ${name}`}
                        onClick={() => setMode("deleting")}
                    >
                        Delete
                    </button>
                )}
            </div>
            {mode === "edited" && (
                <HabitForm
                    label={`Edit ${name}`}
                    initial={habit}
                    submitText="Save"
                    onSubmit={onEdit}
                    onDone={() => setMode("shown")}
                />
            )}
            {mode === "deleting" && (
                <div
                    className={styles.confirm}
                    role="group"
                    aria-label={`Delete ${name} and its history?`}
                >
                    <p>Its history goes with it. This cannot be undone.</p>
                    <button
                        type="button"
                        className="danger"
                        disabled={busy}
                        onClick={onDelete}
                        aria-label={`Yes, delete ${name}`}
                    >
                        Delete for good
                    </button>
                    <button
                        type="button"
                        autoFocus
                        onClick={() => setMode("shown")}
                        aria-label={`Keep ${name}`}
                    >
                        Keep
                    </button>
                </div>
            )}
        </li>
    );
}
