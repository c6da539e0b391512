import { useState, type CSSProperties } from "react";

import { late } from "@/lib/late";
import type { Habit } from "@/lib/types";
import { streakText } from "@/texts/en/habits";
import { texts } from "@/texts/en/manage";
import { goalText, scheduleText } from "@/texts/en/schedule";

import { Part } from "../shared/Part";
import { ScreenLink } from "../shared/ScreenLink";
import styles from "./HabitsScreen.module.css";

const HabitEditor = late(() => import("./HabitEditor"));

interface HabitRowProps {
    habit: Habit;
    busy: boolean;
    onMoveUp?: () => void;
    onMoveDown?: () => void;
    onPause: (paused: boolean) => void;
    onArchive: (away: boolean) => void;
    onDelete: () => void;
}

/** One habit, with all that can be done with it. */
export function HabitRow({
    habit,
    busy,
    onMoveUp,
    onMoveDown,
    onPause,
    onArchive,
    onDelete,
}: HabitRowProps) {
    const [editing, setEditing] = useState(false);
    const { name, icon, archived, paused } = habit;

    return (
        <li className={styles.row} style={{ "--habit": habit.color } as CSSProperties}>
            <div className={styles.summary}>
                <span>
                    {icon && <span aria-hidden="true">{icon} </span>}
                    <ScreenLink href={`/habits/${habit.id}`} className={styles.name}>
                        {name}
                    </ScreenLink>
                </span>
                <span className={styles.muted}>
                    {[
                        scheduleText(habit.schedule),
                        habit.goal && goalText(habit.goal),
                        paused ? texts.paused : streakText(habit),
                    ]
                        .filter(Boolean)
                        .join(" · ")}
                </span>
            </div>
            <div className={styles.actions}>
                {!archived && (
                    <>
                        <button
                            type="button"
                            className="quiet"
                            aria-label={texts.moveUp(name)}
                            disabled={busy || !onMoveUp}
                            onClick={onMoveUp}
                        >
                            <span aria-hidden="true">↑</span>
                        </button>
                        <button
                            type="button"
                            className="quiet"
                            aria-label={texts.moveDown(name)}
                            disabled={busy || !onMoveDown}
                            onClick={onMoveDown}
                        >
                            <span aria-hidden="true">↓</span>
                        </button>
                        <button
                            type="button"
                            className="quiet"
                            aria-label={texts.editHabit(name)}
                            aria-expanded={editing}
                            onClick={() => setEditing(!editing)}
                        >
                            {texts.edit}
                        </button>
                        <button
                            type="button"
                            className="quiet"
                            aria-label={paused ? texts.resumeHabit(name) : texts.pauseHabit(name)}
                            disabled={busy}
                            onClick={() => onPause(!paused)}
                        >
                            {paused ? texts.resume : texts.pause}
                        </button>
                    </>
                )}
                <button
                    type="button"
                    className="quiet"
                    aria-label={archived ? texts.bringHabitBack(name) : texts.archiveHabit(name)}
                    disabled={busy}
                    onClick={() => onArchive(!archived)}
                >
                    {archived ? texts.bringBack : texts.archive}
                </button>
                {archived && (
                    <button
                        type="button"
                        className="quiet"
                        aria-label={texts.removeHabit(name)}
                        disabled={busy}
                        onClick={onDelete}
                    >
                        {texts.remove}
                    </button>
                )}
            </div>
            {editing && (
                <Part>
                    <HabitEditor habit={habit} onDone={() => setEditing(false)} />
                </Part>
            )}
        </li>
    );
}
