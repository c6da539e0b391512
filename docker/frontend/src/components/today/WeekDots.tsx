import { lastDays } from "@/lib/dates";
import type { Day } from "@/lib/types";

import styles from "./WeekDots.module.css";

interface WeekDotsProps {
    checkins: Day[];
    today: Day;
}

/** The last seven days, today rightmost. */
export function WeekDots({ checkins, today }: WeekDotsProps) {
    const days = lastDays(today, 7).map((day) => ({ day, done: checkins.includes(day) }));
    const count = days.filter(({ done }) => done).length;

    return (
        <span className={styles.week} role="img" aria-label={`Last 7 days: ${count} of 7 done`}>
            {days.map(({ day, done }) => (
                <span key={day} className={done ? styles.done : styles.open} title={day} />
            ))}
        </span>
    );
}
