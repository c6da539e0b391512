import { useState, type CSSProperties } from "react";

import type { Day, Habit } from "@/lib/types";

import styles from "./HabitItem.module.css";
import { WeekDots } from "./WeekDots";

interface HabitItemProps {
    habit: Habit;
    today: Day;
    onCheck: (checked: boolean) => void;
    onDelete: () => void;
}

export function HabitItem({ habit, today, onCheck, onDelete }: HabitItemProps) {
    const [confirming, setConfirming] = useState(false);
    const color = { "--habit": habit.color } as CSSProperties;

    return (
        <li className={styles.item} style={color}>
            <label className={styles.name}>
                <input
                    type="checkbox"
                    checked={habit.checked_today}
                    onChange={(event) => onCheck(event.target.checked)}
                />
                <span>{habit.name}</span>
            </label>
            <span className={styles.streak}>{streakText(habit.streak)}</span>
            <span className={styles.week}>
                <WeekDots checkins={habit.checkins} today={today} />
            </span>
            {confirming ? (
                <span
                    className={styles.confirm}
                    role="group"
                    aria-label={`Delete ${habit.name} and its history?`}
                >
                    <button
                        type="button"
                        className="danger"
                        onClick={onDelete}
                        aria-label={`Yes, delete ${habit.name}`}
                    >
                        Delete
                    </button>
                    <button
                        type="button"
                        autoFocus
                        onClick={() => setConfirming(false)}
                        aria-label={`Keep ${habit.name}`}
                    >
                        Keep
                    </button>
                </span>
            ) : (
                <button
                    type="button"
                    className="quiet"
                    onClick={() => setConfirming(true)}
                    aria-label={`Delete ${habit.name}`}
                >
                    <span aria-hidden="true">✕</span>
                </button>
            )}
        </li>
    );
}

function streakText(days: number): string {
    return days === 0 ? "No streak yet" : `${days}-day streak`;
}
