import type { CSSProperties } from "react";

import { streakText } from "@/lib/habits";
import type { CheckInStatus, Day, Habit } from "@/lib/types";

import { ScreenLink } from "../shared/ScreenLink";
import styles from "./HabitItem.module.css";
import { WeekDots } from "./WeekDots";

interface HabitItemProps {
    habit: Habit;
    today: Day;
    onCheck: (status: CheckInStatus | null) => void;
}

export function HabitItem({ habit, today, onCheck }: HabitItemProps) {
    const color = { "--habit": habit.color } as CSSProperties;
    const skipped = habit.today?.status === "skip";

    return (
        <li className={styles.item} style={color}>
            <label className={styles.name}>
                <input
                    type="checkbox"
                    checked={habit.checked_today}
                    onChange={(event) => onCheck(event.target.checked ? "done" : null)}
                />
                <span>{habit.name}</span>
            </label>
            <span className={styles.detail}>
                <span>{skipped ? "Skipped today" : streakText(habit)}</span>
                <WeekDots checkins={habit.checkins} today={today} />
            </span>
            <span className={styles.actions}>
                <button
                    type="button"
                    className="quiet"
                    aria-pressed={skipped}
                    aria-label={`Skip ${habit.name}`}
                    onClick={() => onCheck(skipped ? null : "skip")}
                >
                    Skip
                </button>
                <ScreenLink
                    href={`/habits/${habit.id}`}
                    className={styles.more}
                    aria-label={`Details of ${habit.name}`}
                >
                    <span aria-hidden="true">›</span>
                </ScreenLink>
            </span>
        </li>
    );
}
