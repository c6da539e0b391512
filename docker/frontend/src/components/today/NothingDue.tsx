import { useApi } from "@/hooks/useApi";
import type { Habit } from "@/lib/types";

import { ScreenLink } from "../shared/ScreenLink";
import styles from "./HabitList.module.css";

/** In place of the list: tells a newcomer how to begin, and everybody else that they are free today. */
export function NothingDue() {
    const { data: some } = useApi<Habit[]>("/api/v1/habits?limit=1");
    if (!some) return <div className={styles.empty} aria-busy="true" />;

    return some.length > 0 ? (
        <div className={styles.empty}>
            <p className={styles.lead}>Nothing is due today.</p>
            <p>
                Enjoy the day off, or look at{" "}
                <ScreenLink href="/habits">all your habits</ScreenLink>.
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
                It need not be every day: <ScreenLink href="/habits">Habits</ScreenLink> has
                weekdays and times a week. Or tell the{" "}
                <ScreenLink href="/chat">assistant</ScreenLink> what you have in mind.
            </p>
        </div>
    );
}
