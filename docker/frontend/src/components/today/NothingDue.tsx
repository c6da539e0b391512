import Link from "next/link";

import { useApi } from "@/hooks/useApi";
import type { Habit } from "@/lib/types";

import styles from "./HabitList.module.css";

/** In place of the list: tells a newcomer how to begin, and everybody else that they are free today. */
export function NothingDue() {
    const { data: some } = useApi<Habit[]>("/api/v1/habits?limit=1");
    if (!some) return <div className={styles.empty} aria-busy="true" />;

    return some.length > 0 ? (
        <div className={styles.empty}>
            <p className={styles.lead}>Nothing is due today.</p>
            <p>
                Enjoy the day off, or look at <Link href="/habits">all your habits</Link>.
            </p>
        </div>
    ) : (
        <div className={styles.empty}>
            <p className={styles.lead}>No habits yet.</p>
            <p>
                Name something small above that you can do every day, such as “Read ten pages”, and
                press Add. Then tick it here each day: one tap, and the streak grows.
            </p>
            <p>
                It need not be every day: <Link href="/habits">Habits</Link> has weekdays and times
                a week. Or tell the <Link href="/chat">assistant</Link> what you have in mind.
            </p>
        </div>
    );
}
